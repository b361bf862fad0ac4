// Byte-pair merging of one word: the pair of the lowest rank joins first, the leftmost among equals. A list linked by index and a
// heap keep it at n log n, because SentencePiece merges a whole text at once.

/** Ranked merges by the ids of their two pieces. */
export class MergeTable {
  readonly #vocabSize: number;
  readonly #merges = new Map<number, { readonly rank: number; readonly id: number }>();

  constructor(vocabSize: number) {
    this.#vocabSize = vocabSize;
  }

  /** Both ids are below `vocabSize`, at most 2^20, so the key is exact. */
  add(left: number, right: number, rank: number, id: number): void {
    this.#merges.set(left * this.#vocabSize + right, { rank, id });
  }

  find(left: number, right: number): { readonly rank: number; readonly id: number } | null {
    return this.#merges.get(left * this.#vocabSize + right) ?? null;
  }
}

type Candidate = { readonly rank: number; readonly at: number; readonly right: number; readonly id: number };

/** Merges `ids`, the pieces of one word, as far as the table goes. */
export function mergePieces(ids: readonly number[], table: MergeTable): number[] {
  const GONE = -1;
  const symbols = [...ids];
  const next = symbols.map((_, at) => at + 1);
  const previous = symbols.map((_, at) => at - 1);
  const heap: Candidate[] = [];
  const offer = (at: number) => {
    const right = next[at] as number;
    if (at < 0 || right >= symbols.length) return;
    const merge = table.find(symbols[at] as number, symbols[right] as number);
    if (merge) push(heap, { rank: merge.rank, at, right, id: merge.id });
  };
  for (let at = 0; at + 1 < symbols.length; at++) offer(at);
  for (let best = pop(heap); best; best = pop(heap)) {
    const { at, right, id } = best;
    // Either side may have changed since the pair was offered.
    if (symbols[at] === GONE || next[at] !== right || symbols[right] === GONE) continue;
    if (table.find(symbols[at] as number, symbols[right] as number)?.id !== id) continue;
    symbols[at] = id;
    symbols[right] = GONE;
    const after = next[right] as number;
    next[at] = after;
    if (after < symbols.length) previous[after] = at;
    if ((previous[at] as number) >= 0) offer(previous[at] as number);
    offer(at);
  }
  return symbols.filter((id) => id !== GONE);
}

const isBefore = (a: Candidate, b: Candidate): boolean => a.rank < b.rank || (a.rank === b.rank && a.at < b.at);

function push(heap: Candidate[], candidate: Candidate): void {
  let at = heap.push(candidate) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(candidate, heap[parent] as Candidate)) break;
    heap[at] = heap[parent] as Candidate;
    at = parent;
  }
  heap[at] = candidate;
}

function pop(heap: Candidate[]): Candidate | null {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last) return null;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    const left = at * 2 + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const child = right < heap.length && isBefore(heap[right] as Candidate, heap[left] as Candidate) ? right : left;
    if (!isBefore(heap[child] as Candidate, last)) break;
    heap[at] = heap[child] as Candidate;
    at = child;
  }
  heap[at] = last;
  return first;
}
