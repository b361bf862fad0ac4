import { expect, test } from 'vitest';
import { chunkDocument, passageText, type Passage } from '#documents/chunk.ts';
import type { SourceDocument } from '#documents/document.ts';
import { sentenceEnds } from '#base/sentences.ts';
import { sourceDocument } from '#tests/support/documents/source-document.ts';

const sentences = (text: string, isByLine = false): string[] =>
  sentenceEnds(text, isByLine).map((end, index, ends) => text.slice(ends[index - 1] ?? 0, end));

test.each([
  [['One. ', 'Two! ', '"Three?" ', 'Four… ', 'five'], 'no'],
  [['Dr. Kim met J. Smith at 3.14 p.m. today, e.g. here. ', 'Yes.'], 'no'],
  [['كيف حالك؟ ', 'أنا بخير. ', 'شكرا!'], 'no'],
  [['یہ ایک جملہ ہے۔ ', 'دوسرا۔'], 'no'],
  [['안녕하세요. ', '날씨가 좋네요! ', '그렇습니까?'], 'no'],
  [['今日は。', '「元気？」', 'はい！'], 'no'],
  [['A heading\n\n', 'A line\nand its next. ', 'End\n \n\t', 'of it'], 'no'],
  [['let a = 1.5;\n', '\n', 'call();\n', '}'], 'line'],
])('finds where sentences end in %j', (parts, by) => {
  expect(sentences(parts.join(''), by === 'line')).toEqual(parts);
});

/** mulberry32: the same numbers at every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const PIECES = [
  'Plain words. ',
  'A longer sentence, with a clause; and another: here it ends! ',
  'كيف حالك؟ ',
  '오늘은 날씨가 좋습니다. ',
  '今日は天気です。',
  '\n',
  '\n\n',
  '😀😀👩‍👩‍👧',
  'x'.repeat(90),
  '    ',
  '3.14',
  '“Quoted.” ',
];
function randomDocument(next: () => number): SourceDocument {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  const text = (): string => Array.from({ length: Math.floor(next() * 60) }, () => pick(PIECES)).join('');
  return sourceDocument(
    Array.from({ length: 1 + Math.floor(next() * 6) }, text),
    pick(['pdf', 'markdown', 'code'] as const),
  );
}

const COUNTERS: Record<string, (text: string) => number> = {
  words: (text) => text.split(/\s+/).filter(Boolean).length,
  'bytes by four': (text) => Math.ceil(new TextEncoder().encode(text).length / 4),
  'a token a letter': (text) => [...text].length,
  // Joined text may have more tokens than its parts together, and less than its beginning.
  'no sum': (text) => Math.ceil(text.length / 3) + (((text.length * 2654435761) >>> 0) % 7),
};

function checkWhole(document: SourceDocument, passages: readonly Passage[]): void {
  const texts = document.sections.map(() => '');
  let [section, at] = [0, 0];
  for (const { spans, text } of passages) {
    expect(spans.length).toBeGreaterThan(0);
    expect(text).toBe(passageText(document.sections, spans));
    for (const { sectionIndex, start, end } of spans) {
      if (sectionIndex !== section) [section, at] = [sectionIndex, 0];
      expect(start).toBe(at);
      expect(end).toBeGreaterThan(start);
      at = end;
      texts[sectionIndex] += document.sections[sectionIndex]!.text.slice(start, end);
    }
  }
  expect(texts).toEqual(document.sections.map(({ text }) => text));
}

test.each(Object.keys(COUNTERS))(
  'passages are the whole text, in order, and none over the limit, counting %s',
  async (name) => {
    const next = random(7);
    for (let round = 0; round < 60; round++) {
      const document = randomDocument(next);
      const maxTokens = 12 + Math.floor(next() * 200);
      const passages = await chunkDocument(document, { maxTokens, countTokens: COUNTERS[name]! });
      checkWhole(document, passages);
      for (const { text, tokenCount } of passages) {
        expect(tokenCount).toBe(COUNTERS[name]!(text));
        expect(tokenCount).toBeLessThanOrEqual(maxTokens);
        expect(/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(text)).toBe(false); // no character is cut
      }
    }
  },
);

test('cuts at sentences, rather at paragraphs, rather still between sections', async () => {
  const countTokens = COUNTERS['words']!;
  const long = 'One two three four. '.repeat(20).trim();
  const cut = await chunkDocument(sourceDocument([long]), { maxTokens: 30, countTokens });
  expect(cut.slice(0, -1).every(({ text }) => text.endsWith('four. '))).toBe(true);
  expect(cut.slice(0, -1).every(({ tokenCount }) => tokenCount === 28)).toBe(true);
  const paragraphs = `${'One two three four. '.repeat(6).trim()}\n\n`.repeat(3);
  const byParagraph = await chunkDocument(sourceDocument([paragraphs]), { maxTokens: 30, countTokens });
  expect(byParagraph.map(({ tokenCount }) => tokenCount)).toEqual([24, 24, 24]);
  const parts = ['# A\none two three four five six', '# B\none two three', '# C\none two three four five six'];
  const bySection = await chunkDocument(sourceDocument(parts, 'markdown'), { maxTokens: 15, countTokens });
  expect(bySection.map(({ spans }) => spans.map(({ sectionIndex }) => sectionIndex))).toEqual([[0, 1], [2]]);
});

test('refuses when one character is more than a passage may hold, and stops when cancelled', async () => {
  const tooSmall = chunkDocument(sourceDocument(['😀']), { maxTokens: 3, countTokens: () => 4 });
  await expect(tooSmall).rejects.toMatchObject({ code: 'document-passage', details: { tokens: 4, limit: 3 } });
  const controller = new AbortController();
  const countTokens = async (text: string): Promise<number> => {
    controller.abort(new Error('enough'));
    return text.length;
  };
  const options = { maxTokens: 10, countTokens, signal: controller.signal };
  await expect(chunkDocument(sourceDocument(['words '.repeat(99)]), options)).rejects.toThrow('enough');
});

test.each([
  [10, 'sentences', 'The quick brown fox jumps over the lazy dog, and again. '],
  [3, 'one word without end', 'x'],
  [3, 'full stops', '.'],
  [3, 'empty lines', '\n'],
])('takes time with the length alone: %i MB of %s', async (megabytes, _what, piece) => {
  const text = piece.repeat(Math.floor((megabytes * 1e6) / piece.length));
  let counted = 0;
  const countTokens = (part: string): number => {
    counted += part.length;
    return Math.ceil(part.length / 4);
  };
  const startedMs = performance.now();
  const passages = await chunkDocument(sourceDocument([text]), { maxTokens: 1000, countTokens });
  expect(performance.now() - startedMs).toBeLessThan(megabytes * 600);
  expect(counted).toBeLessThan(text.length * 5);
  expect(passages.length).toBeLessThan(text.length / 4 / 500);
});
