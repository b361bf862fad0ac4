// Texts to ids and back, by the tokenizer.json that WebLLM is given: the GPU engine runs it in Hugging Face's WebAssembly
// (4.8 MB), this is the same in little. It knows exactly the parts that formats/tokenizer writes, and refuses any other.
import { AppError } from '#base/errors.ts';
import { MergeTable, mergePieces } from '#engine/cpu/merge-pieces.ts';
import { SENTINEL_PATTERN } from '#formats/tokenizer/sentinels.ts';

type Pattern = { readonly Regex: string } | { readonly String: string };
type Step =
  | { readonly type: 'Sequence'; readonly normalizers?: readonly Step[]; readonly pretokenizers?: readonly Step[] }
  | { readonly type: 'Prepend'; readonly prepend: string }
  | { readonly type: 'Replace'; readonly pattern: Pattern; readonly content: string }
  | { readonly type: 'Split'; readonly pattern: { readonly Regex: string }; readonly behavior: 'Isolated' | 'Removed' }
  | { readonly type: 'ByteLevel' };

type TokenizerJson = {
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  readonly normalizer: Step | null;
  readonly pre_tokenizer: Step | null;
  readonly model: {
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [string, string])[];
    readonly ignore_merges?: boolean;
    readonly byte_fallback: boolean;
  };
};

export class TextCodec {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #added: ReadonlyMap<string, number>;
  readonly #addedPattern: RegExp | null;
  readonly #normalize: (text: string) => string;
  readonly #split: (text: string) => string[];
  readonly #merges: MergeTable;
  readonly #ignoresMerges: boolean;
  readonly #bytePieces: readonly (number | null)[] | null;
  /** What each token adds to a text; control tokens add nothing. */
  readonly #bytes: readonly Uint8Array[];

  constructor(json: string) {
    const { added_tokens, normalizer, pre_tokenizer, model } = JSON.parse(json) as TokenizerJson;
    this.#ids = new Map(Object.entries(model.vocab));
    this.#added = new Map(added_tokens.map(({ content, id }) => [content, id]));
    const longestFirst = [...this.#added.keys()].sort((a, b) => b.length - a.length);
    this.#addedPattern = longestFirst.length > 0 ? new RegExp(longestFirst.map(escape).join('|'), 'gu') : null;
    this.#normalize = normalizerOf(normalizer);
    this.#split = splitterOf(pre_tokenizer);
    this.#ignoresMerges = model.ignore_merges ?? false;
    this.#merges = new MergeTable(this.#ids.size);
    model.merges.forEach(([left, right], rank) => {
      const [a, b, both] = [this.#ids.get(left), this.#ids.get(right), this.#ids.get(left + right)];
      if (a !== undefined && b !== undefined && both !== undefined) this.#merges.add(a, b, rank, both);
    });
    const byteName = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
    const bytes = Array.from({ length: 256 }, (_, byte) => this.#ids.get(byteName(byte)) ?? null);
    this.#bytePieces = model.byte_fallback ? bytes : null;
    this.#bytes = bytesOfPieces(this.#ids, this.#added, model.byte_fallback);
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Sentinels become control tokens; nothing is put in front. */
  encode(text: string): number[] {
    const ids: number[] = [];
    let at = 0;
    for (const { 0: content, index } of this.#addedPattern ? text.matchAll(this.#addedPattern) : []) {
      this.#encodeText(text.slice(at, index), ids);
      ids.push(this.#added.get(content) as number);
      at = index + content.length;
    }
    this.#encodeText(text.slice(at), ids);
    return ids;
  }

  /** The bytes that a token adds to a text: often only a part of a character. */
  bytesOf(id: number): Uint8Array {
    const bytes = this.#bytes[id];
    if (!bytes) throw new AppError('cpu-failed', { reason: `it wrote the token ${id} of ${this.#bytes.length}` });
    return bytes;
  }

  /** The text of these ids; U+FFFD stands for bytes that are no character. */
  decode(ids: readonly number[]): string {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return ids.map((id) => decoder.decode(this.bytesOf(id), { stream: true })).join('') + decoder.decode();
  }

  #encodeText(text: string, ids: number[]): void {
    if (text === '') return;
    for (const word of this.#split(this.#normalize(text))) {
      const whole = this.#ignoresMerges ? this.#ids.get(word) : undefined;
      if (whole !== undefined) ids.push(whole);
      else for (const id of mergePieces(this.#pieces(word), this.#merges)) ids.push(id);
    }
  }

  /** The characters of a word; one that is no piece is its bytes, or nothing. */
  #pieces(word: string): number[] {
    const pieces: number[] = [];
    for (const character of word) {
      const id = this.#ids.get(character);
      if (id !== undefined) pieces.push(id);
      else if (this.#bytePieces)
        for (const byte of new TextEncoder().encode(character)) pieces.push(this.#bytePieces[byte] as number);
    }
    return pieces;
  }
}

function normalizerOf(step: Step | null): (text: string) => string {
  if (step === null) return (text) => text;
  if (step.type === 'Sequence') {
    const steps = (step.normalizers ?? []).map(normalizerOf);
    return (text) => steps.reduce((done, normalize) => normalize(done), text);
  }
  if (step.type === 'Prepend') return (text) => (text === '' ? text : step.prepend + text);
  if (step.type === 'Replace') {
    const { pattern, content } = step;
    if ('String' in pattern) return (text) => text.replaceAll(pattern.String, content);
    const expression = javascriptPattern(pattern.Regex);
    return (text) => text.replace(expression, () => content);
  }
  throw unknownPart(step.type);
}

function splitterOf(step: Step | null): (text: string) => string[] {
  if (step === null) return (text) => [text];
  if (step.type === 'Sequence') {
    const steps = (step.pretokenizers ?? []).map(splitterOf);
    return (text) => steps.reduce((words, split) => words.flatMap(split), [text]);
  }
  if (step.type === 'ByteLevel') return (word) => [toAlphabet(word)];
  if (step.type === 'Split') {
    const expression = javascriptPattern(step.pattern.Regex);
    const keeps = step.behavior === 'Isolated';
    return (text) => splitAt(text, expression, keeps);
  }
  throw unknownPart(step.type);
}

/** Words between matches, and the matches themselves where they are kept. */
function splitAt(text: string, expression: RegExp, keeps: boolean): string[] {
  const words: string[] = [];
  let at = 0;
  for (const { 0: found, index } of text.matchAll(expression)) {
    if (index > at) words.push(text.slice(at, index));
    if (keeps && found !== '') words.push(found);
    at = index + found.length;
  }
  if (at < text.length) words.push(text.slice(at));
  return words;
}

/** An expression of tokenizer.json (Oniguruma's) as JavaScript's: white space is Unicode's, `\A` the beginning. */
function javascriptPattern(source: string): RegExp {
  const common = source
    .replaceAll('\\s', '\\p{White_Space}')
    .replaceAll('\\S', '\\P{White_Space}')
    .replace(/^\\A/, '^');
  // Intersections are only in the newer mode, where a class must escape more and each side be a class of its own.
  if (!common.includes('&&')) return new RegExp(common, 'gu');
  return new RegExp(common.replaceAll('/', '\\/').replace(/\[([^[\]]+)&&(\[[^\]]*\])\]/g, '[[$1]&&$2]'), 'gv');
}

/** GPT-2's alphabet, by byte: printable Latin-1 stands for itself, the other bytes for the characters from U+0100 on. */
const ALPHABET: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(isPrintable ? byte : next++);
  });
})();
const BYTES = new Map(ALPHABET.map((character, byte) => [character, byte]));

function toAlphabet(word: string): string {
  let text = '';
  for (const byte of new TextEncoder().encode(word)) text += ALPHABET[byte];
  return text;
}

function bytesOfPieces(
  ids: ReadonlyMap<string, number>,
  added: ReadonlyMap<string, number>,
  isSentencePiece: boolean,
): Uint8Array[] {
  const encoder = new TextEncoder();
  const sentinel = new RegExp(`^${SENTINEL_PATTERN}$`);
  const bytes: Uint8Array[] = [];
  for (const [piece, id] of [...ids, ...added]) {
    const byte = /^<0x([0-9A-F]{2})>$/.exec(piece)?.[1];
    if (sentinel.test(piece)) bytes[id] = new Uint8Array(0);
    else if (isSentencePiece && byte !== undefined) bytes[id] = Uint8Array.of(parseInt(byte, 16));
    else if (isSentencePiece) bytes[id] = encoder.encode(piece.replaceAll('\u2581', ' '));
    else {
      const each = Array.from(piece, (character) => BYTES.get(character));
      const isWritten = each.every((value) => value !== undefined);
      bytes[id] = isWritten ? Uint8Array.from(each) : encoder.encode(piece);
    }
  }
  return bytes;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function unknownPart(type: string): AppError {
  return new AppError('cpu-failed', { reason: `the tokenizer has the part ${type}` });
}
