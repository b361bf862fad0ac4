import { expect, test } from 'vitest';
import { BlockStream } from '#markdown/block-stream.ts';
import type { Block } from '#markdown/block-stream.ts';
import { WINDOW } from '#markdown/block-bounds.ts';
import { blocksToHtml, itemToHtml, rowToHtml } from '#markdown/to-html.ts';
import type { Insert } from '#markdown/to-html.ts';
import { Random } from '#tests/support/gguf/random.ts';

function htmlOf(block: Block): string {
  const inserts: Insert[] = [];
  const show = (): string => {
    switch (block.kind) {
      case 'flow':
        return blocksToHtml([block.token], inserts);
      case 'list':
        return `list ${block.ordered ? block.start : block.mark} ${block.items.map((item) => `‹${itemToHtml(item, inserts)}›`).join('')}`;
      case 'table':
        return [block.head.header, ...block.rows].map((row) => rowToHtml(row, inserts)).join('');
      case 'code':
        return `code ${block.language}${block.open ? ' open' : ''}: ${block.text}`;
      case 'plain':
        return `plain: ${block.text}`;
    }
  };
  return show().replace(/<data value="(\d+)">[^<]*<\/data>/g, (_, index: string) => {
    const insert = inserts[Number(index)]!;
    return insert.kind === 'code' ? `{${insert.language}: ${insert.text}}` : `{${insert.source}}`;
  });
}

/** All blocks of a text that came in the given pieces; `onStep` sees what is shown after each. */
function streamed(
  pieces: readonly string[],
  onStep?: (shown: string) => void,
): { html: string[]; stream: BlockStream } {
  const stream = new BlockStream();
  let text = '';
  for (const [index, piece] of pieces.entries()) {
    text += piece;
    stream.extend(text, index === pieces.length - 1);
    for (let turns = 0; stream.advance(); turns++) if (turns > 10_000) throw new Error('It comes to no end.');
    stream.showTail();
    onStep?.(stream.blocks.map(htmlOf).join('\n'));
  }
  return { html: stream.blocks.map(htmlOf), stream };
}

/** Cuts a text into pieces of one to `most` characters, as a model's words come. */
function pieces(text: string, most: number, seed = 1): string[] {
  const all: string[] = [];
  const random = new Random(seed);
  for (let at = 0; at < text.length; at += all.at(-1)!.length) all.push(text.slice(at, at + 1 + random.integer(most)));
  return all;
}

const SAMPLE = `# Title

A paragraph with **bold**, \`code\` and \\(x^2\\).
Its second line.

1. First:

   \`\`\`py
   print(1)
   \`\`\`

2. Second
   - nested
   - more
3. Third
\`\`\`js
let x = 1;

let y;
\`\`\`
- a
- b

  still b
* another list

| a | b |
|---|---|
| 1 | **2** |
| 3 | 4 |
| 5 | 6 |

> quoted
> lines

$$
\\int_0^1 x
$$

End`;

test('divides a text into its blocks', () => {
  expect(streamed([SAMPLE]).html).toEqual([
    '<h3>Title</h3>',
    '<p>A paragraph with <strong>bold</strong>, <code>code</code> and {x^2}.<br>Its second line.</p>',
    'list 1 ‹First:{py: print(1)}›‹Second<ul><li>nested</li><li>more</li></ul>›‹Third›',
    'code js: let x = 1;\n\nlet y;',
    'list - ‹a›‹<p>b</p><p>still b</p>›',
    'list * ‹another list›',
    '<tr><th scope="col">a</th><th scope="col">b</th></tr><tr><td>1</td><td><strong>2</strong></td></tr><tr><td>3</td><td>4</td></tr><tr><td>5</td><td>6</td></tr>',
    '<blockquote><p>quoted<br>lines</p></blockquote>',
    '{\\int_0^1 x}',
    '<p>End</p>',
  ]);
});

test.each([1, 3, 8, 40])('comes to the same however the text is cut, in pieces of up to %d', (most) => {
  const whole = streamed([SAMPLE]).html;
  for (let seed = 1; seed <= 5; seed++) expect(streamed(pieces(SAMPLE, most, seed)).html).toEqual(whole);
});

test('never changes what is settled', () => {
  const stream = new BlockStream();
  const settled: string[] = [];
  for (let length = 1; length <= SAMPLE.length; length++) {
    stream.extend(SAMPLE.slice(0, length), length === SAMPLE.length);
    while (stream.advance());
    stream.showTail();
    for (let index = 0; index < stream.settled; index++) {
      const html = htmlOf(stream.blocks[index]!);
      expect(html).toBe((settled[index] ??= html));
    }
  }
  expect(settled).toHaveLength(10);
});

/** What a model writes most: lists, long and short. */
const item = (index: number): string =>
  `${index}. **Step ${index}**: do \`this\` and then that, with some words behind it.\n`;
const row = (index: number): string => `| ${index} | some words | **more** words | $x_${index}$ |\n`;
const LONG: Record<string, (size: number) => string> = {
  paragraphs: (size) => 'Some words with *emphasis* and `code` in them, twice a line.\n\n'.repeat(size / 60),
  'one list': (size) => Array.from({ length: size / 75 }, (_, index) => item(index + 1)).join(''),
  'one table': (size) =>
    `| a | b | c | d |\n|---|---|---|---|\n${Array.from({ length: size / 50 }, (_, index) => row(index)).join('')}`,
  'one code block': (size) => `\`\`\`js\n${'const words = [1, 2, 3]; // and words\n'.repeat(size / 36)}`,
  'one line': (size) => 'word '.repeat(size / 5),
};

test.each(Object.keys(LONG))('parses %s in time that grows with its length alone', (name) => {
  const costOf = (size: number): number => {
    const text = LONG[name]!(size);
    return streamed(pieces(text, name === 'one line' ? 200 : 7)).stream.lexedChars / text.length;
  };
  // A block is read again with each piece of it, so the factor is its length in pieces.
  const [short, long] = [costOf(8000), costOf(32_000)];
  expect(long).toBeLessThan(short * 1.3 + 5);
  if (name !== 'one line') expect(long).toBeLessThan(120);
});

test('settles the items of a list one by one, and the rows of a table', () => {
  for (const name of ['one list', 'one table']) {
    const stream = new BlockStream();
    const text = LONG[name]!(8000);
    stream.extend(text, false);
    while (stream.advance());
    stream.showTail();
    const block = stream.blocks.at(-1)! as Block & { kind: 'list' };
    const parts = (block.kind === 'list' ? block.items : (block as unknown as { rows: unknown[] }).rows).length;
    expect(stream.blocks).toHaveLength(1);
    expect(parts - block.settled).toBeLessThan(3);
  }
});

test('a long text comes in windows, each of which is bounded', () => {
  const stream = new BlockStream();
  stream.extend(LONG['paragraphs']!(1_000_000), true);
  let before = 0;
  let turns = 0;
  do {
    expect(stream.lexedChars - before).toBeLessThanOrEqual(WINDOW);
    before = stream.lexedChars;
    turns++;
  } while (stream.advance());
  expect(turns).toBeGreaterThan(100);
});

test.each([
  ['a line of a million letters', 'x'.repeat(1_000_000)],
  ['a paragraph without an end', 'words and words\n'.repeat(60_000)],
  ['brackets', '['.repeat(100_000)],
  ['half links', '[a]('.repeat(50_000)],
  ['emphasis', '**_a'.repeat(50_000)],
  ['quotes inside quotes', '>'.repeat(100_000)],
  ['quotes inside quotes, line by line', Array.from({ length: 300 }, (_, index) => '>'.repeat(index)).join('\n')],
  ['lists inside lists', '- '.repeat(50_000)],
  ['deeper and deeper lists', Array.from({ length: 500 }, (_, index) => `${'  '.repeat(index)}- a`).join('\n')],
  ['ticks', '`a``b'.repeat(30_000)],
  ['dollars', '$a '.repeat(40_000)],
  ['open formulas', '\\(a '.repeat(40_000)],
  ['open display formulas', '$$a\n'.repeat(40_000)],
  ['table cells', `|${'a|'.repeat(50_000)}\n|${'-|'.repeat(50_000)}\n`],
  ['definitions', '[a]: b\n'.repeat(20_000)],
  ['underlines', 'a\n='.repeat(40_000)],
  ['entities', '&#x41;&amp;'.repeat(20_000)],
  ['fences', '```\n'.repeat(30_000)],
  ['fences in lists', '- ```\n'.repeat(20_000)],
  ['exclamation marks', '!'.repeat(100_000)],
  ['addresses', 'http://a.b/(('.repeat(10_000)],
  ['mail addresses', 'a@b.c'.repeat(30_000)],
])('%s take no turn long', (_, text) => {
  const stream = new BlockStream();
  stream.extend(text, true);
  let slowestMs = 0;
  for (let more = true; more;) {
    const startMs = performance.now();
    more = stream.advance();
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
  }
  stream.showTail();
  const shown = stream.blocks.map(htmlOf).join('');
  expect(shown.length).toBeGreaterThan(0);
  // A quiet machine takes less than a tenth; what this is to find (squares, and worse) takes seconds.
  expect(slowestMs).toBeLessThan(500);
});

test('no mark of what is not finished flashes as a character', () => {
  const text =
    'Say **bold words** and `code here` and *soft ones* or [a link](https://a.example/x) and \\(x + y\\) now.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nText:\n- one\n- two\n\n```js\ncode\n```\n';
  streamed([...text], (shown) => {
    const seen = shown.replace(/<[^>]*>|\{[^}]*\}/g, '').replace(/^list \S+/gm, '');
    expect(seen).not.toMatch(/[*`|[\]]|\\\(|---/);
    expect(shown).not.toMatch(/<h[3-6]>/); // a dash below words is a list that begins
  });
});

test('the address behind a reference is shown, wherever the reference stands', () => {
  const { html } = streamed(['See [the page][1].\n\nMore words.\n\n', '[1]: https://example.org/x\n']);
  expect(html.at(-1)).toBe('<p>[1]: <a href="https://example.org/x">https://example.org/x</a></p>');
});

test('an open fence is code from its first line', () => {
  const seen = new Set<string>();
  streamed([...'```py\nprint(1)\n```\nAfter'], (shown) => seen.add(shown));
  expect([...seen].filter((shown) => shown.includes('print(1)'))).toEqual([
    'code py open: print(1)',
    'code py open: print(1)\n',
    'code py: print(1)',
    ...['A', 'Af', 'Aft', 'Afte', 'After'].map((word) => `code py: print(1)\n<p>${word}</p>`),
  ]);
});
