import { mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import '#lib/ui/theme.css';
import Markdown from '#lib/ui/Markdown.svelte';
import { MarkdownView } from '#markdown/markdown-view.ts';
import { PageEnd } from '#lib/ui/page-end.svelte.ts';
import { longAnswer, tokensOf } from '#tests/support/markdown/long-answer.ts';
import { render } from '../ui/render.ts';

/** Chunks are fetched, and a grammar is prepared, on a machine that does other things too. */
const PATIENCE = { timeout: 20_000 };
const tools = { label: (language: string) => `Code ${language}`, tableLabel: 'Table', mount: () => () => undefined };
const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));

let root: HTMLElement;
beforeEach(() => {
  root = document.createElement('div');
  root.className = 'md';
  document.body.append(root);
});
afterEach(() => document.body.replaceChildren());

/** Shows a finished text through the component. */
async function show(text: string): Promise<HTMLElement> {
  root.remove();
  render(Markdown, { text });
  const shown = (): HTMLElement | null => document.querySelector('.md:not([hidden])');
  await expect.poll(shown, PATIENCE).not.toBeNull();
  return shown()!;
}

/** A view of an answer that is written; `write` waits until what it got is shown. */
function begin(): { view: MarkdownView; write(text: string, ended?: boolean): Promise<void> } {
  const view = new MarkdownView(root, tools, () => undefined);
  return {
    view,
    async write(text, ended = false) {
      view.update(text, ended);
      await frame();
      await frame();
    },
  };
}

test('shows headings, lists, tasks, tables and emphasis', async () => {
  const md = await show(
    '# Title\n\nSome **bold**, *soft*, ~~gone~~ and `code`.\nNext line\n\n3. three\n4. four\n   - nested\n\n- [x] done\n- [ ] open\n\n| a | b |\n|---|--:|\n| 1 | 2<br>3 |\n\n> quoted\n\n---',
  );
  expect(page.getByRole('heading', { name: 'Title', level: 3 }).elements()).toHaveLength(1);
  expect(md.querySelector('p')!.innerHTML).toBe(
    'Some <strong>bold</strong>, <em>soft</em>, <del>gone</del> and <code dir="ltr">code</code>.<br>Next line',
  );
  expect(md.querySelector('ol')!.start).toBe(3);
  expect(md.querySelectorAll('ol > li > ul > li')).toHaveLength(1);
  expect([...md.querySelectorAll('.md > ul > li')].map((item) => item.textContent)).toEqual(['☑ done', '☐ open']);
  expect(
    page
      .getByRole('columnheader')
      .elements()
      .map((cell) => cell.textContent),
  ).toEqual(['a', 'b']);
  expect(md.querySelector('td[align=right]')!.innerHTML).toBe('2<br>3');
  expect(md.querySelector('blockquote')!.textContent).toBe('quoted');
  expect(md.querySelectorAll('hr')).toHaveLength(1);
});

test('colours code when its language has come, and copies exactly what it says', async () => {
  const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
  const code = 'let x = 1; // one\n\n  <b>y</b>';
  const md = await show(`\`\`\`js\n${code}\n\`\`\`\n\n1. In a list:\n   \`\`\`unheard\n   plain\n   \`\`\``);
  expect(page.getByRole('region', { name: 'Code, js' }).element().textContent).toBe(code);
  await expect.poll(() => md.querySelector('.md-comment')?.textContent, PATIENCE).toBe('// one');
  expect(page.getByRole('region', { name: 'Code, js' }).element().textContent).toBe(code);
  await page.getByRole('button', { name: 'Copy code' }).first().click();
  expect(write).toHaveBeenCalledWith(code);
  expect(page.getByRole('region', { name: 'Code, unheard' }).element().innerHTML).toBe('<code>plain</code>');
  write.mockRestore();
});

test('typesets formulas, leaves prices alone, and shows what is no formula as it is written', async () => {
  const md = await show('Then \\(x^2\\) costs $5 and $10.\n\n$$\\frac{1}{2}$$\n\n$\\nonsense{x}$ and $\\def\\a{x}\\a$');
  await expect.poll(() => md.querySelectorAll('.katex').length, PATIENCE).toBe(2);
  expect(md.querySelectorAll('.katex-display')).toHaveLength(1);
  expect(md.textContent).toContain('costs $5 and $10.');
  expect([...md.querySelectorAll('.md-source')].map((one) => one.textContent)).toEqual([
    '\\nonsense{x}',
    '\\def\\a{x}\\a',
  ]);
  expect(md.querySelector('math')).not.toBeNull(); // for screen readers
});

test('names where a link leads when its text does not say, and refuses what leads nowhere', async () => {
  const md = await show(
    '[here](https://example.org/x) https://example.org/y [example.org](https://evil.example/) [me](mailto:a@b.example) [no](javascript:1) [in](/models) ![alt](https://example.org/i.png)',
  );
  const links = [...md.querySelectorAll('a')];
  expect(links.map((link) => link.textContent)).toEqual([
    'here (example.org)',
    'https://example.org/y',
    'example.org (evil.example)',
    'me (a@b.example)',
  ]);
  for (const link of links) expect([link.rel, link.target]).toEqual(['noopener noreferrer nofollow', '_blank']);
  expect(md.textContent).toContain('no in alt https://example.org/i.png');
  expect(md.querySelector('img')).toBeNull();
});

test('HTML is the characters it is written with', async () => {
  const md = await show(
    '<b onclick="x">bold</b> <script>1</script>\n\n<div style="color:red">\n\n&lt;i&gt; &amp; &copy;',
  );
  expect(md.textContent).toBe('<b onclick="x">bold</b> <script>1</script><div style="color:red"><i> & ©');
});

test('an Arabic message runs from right to left, with code and formulas from left to right', async () => {
  const md = await show(
    'React هي مكتبة جافاسكربت لبناء واجهات المستخدم `let x` و \\(a+b\\)\n\n```js\nlet x = 1;\n```\n\nEnglish words',
  );
  const directionOf = (selector: string): string => getComputedStyle(md.querySelector(selector)!).direction;
  expect(getComputedStyle(md).direction).toBe('rtl');
  expect([directionOf('p code'), directionOf('data'), directionOf('pre'), directionOf('p')]).toEqual([
    'ltr',
    'ltr',
    'ltr',
    'rtl',
  ]);
});

test('what is settled is never touched again while an answer is written', async () => {
  const { view, write } = begin();
  const tokens = tokensOf(longAnswer());
  const touched: string[] = [];
  let settled = new Set<Element>();
  let text = '';
  const observer = new MutationObserver((records) => {
    for (const { target, type } of records) {
      if (![...settled].some((one) => one.contains(target))) continue;
      // Colours and formulas come when they are ready, and change nothing that is read.
      const element = target instanceof Element ? target : target.parentElement!;
      if (element.closest('pre, data') === null) touched.push(`${type} in ${element.outerHTML.slice(0, 80)}`);
    }
  });
  observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
  const first = new Set<Element>();
  let updates = 0;
  for (let at = 0; at < tokens.length; at += 30) {
    settled = new Set([...root.children].slice(0, -2));
    text += tokens.slice(at, at + 30).join('');
    updates++;
    view.update(text, at + 30 >= tokens.length);
    await frame();
    for (const element of [...root.children].slice(0, -3)) first.add(element);
  }
  await write(text, true);
  observer.disconnect();
  expect(touched).toEqual([]);
  for (const element of first) expect(element.parentElement).toBe(root); // the same nodes as when they came
  expect(root.children.length).toBeGreaterThan(100);
  // The work of an update is that of the block it changes, and of those it completes.
  expect(view.shownBlocks).toBeLessThan(updates * 3 + root.children.length);
  expect(view.lexedChars).toBeLessThan(text.length * 5);
});

test('an answer that ended and goes on keeps what it shows', async () => {
  const { write } = begin();
  const text = '# Title\n\nWords\n\n1. one\n2. two';
  await write(text, true);
  const [title, , list] = root.children;
  const changes: MutationRecord[] = [];
  const observer = new MutationObserver((records) => changes.push(...records));
  observer.observe(title!, { subtree: true, childList: true, characterData: true });
  await write(`${text} and more\n3. three`);
  expect([...root.children]).toEqual([title, root.children[1], list]);
  expect([...list!.children].map((item) => item.textContent)).toEqual(['one', 'two and more', 'three']);
  await write('Something else', true);
  expect(root.textContent).toBe('Something else');
  expect(changes).toEqual([]);
  observer.disconnect();
});

test('a selection in the paragraph that is written stays', async () => {
  const { write } = begin();
  await write('Some words that are **bold** and more');
  const words = root.querySelector('p')!.firstChild as Text;
  getSelection()!.setBaseAndExtent(words, 5, words, 10);
  await write('Some words that are **bold** and more of them');
  await write('Some words that are **bold** and more of them, `code`');
  expect(String(getSelection())).toBe('words');
});

test('a fence, a table and a formula that are not closed yet are shown as what they become', async () => {
  const { write } = begin();
  await write('```py\nprint(1)');
  expect(root.querySelector('pre')!.textContent).toBe('print(1)');
  const pre = root.querySelector('pre');
  await write('```py\nprint(1)\n```\n\n| a | b');
  expect(root.querySelector('pre')).toBe(pre);
  expect(root.querySelectorAll('th')).toHaveLength(2);
  await write('```py\nprint(1)\n```\n\n| a | b |\n|--');
  expect(root.querySelectorAll('th')).toHaveLength(2);
  await write('```py\nprint(1)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nThen \\(x +');
  expect(root.querySelector('.md-source')!.textContent).toBe('x +');
  expect(root.textContent).not.toContain('\\(');
});

test('a reader who scrolled up sees nothing move while an answer is written', async () => {
  const end = new PageEnd();
  addEventListener('scroll', end.onscroll);
  const stop = end.follow(root);
  const { write } = begin();
  const text = longAnswer();
  await write(text.slice(0, 6000));
  await expect.poll(() => end.isNear).toBe(true);
  await expect.poll(() => root.querySelectorAll('.katex').length, PATIENCE).toBeGreaterThan(5);
  await document.fonts.ready;
  const scrollUp = (): boolean => {
    document.documentElement.scrollTop = 300;
    return end.isNear;
  };
  await expect.poll(scrollUp).toBe(false);
  const watched = [...root.children].find((one) => one.getBoundingClientRect().top > 0)!;
  const top = watched.getBoundingClientRect().top;
  for (let length = 6000; length < text.length; length += 400) {
    await write(text.slice(0, length));
    expect(watched.getBoundingClientRect().top).toBe(top);
  }
  stop();
  removeEventListener('scroll', end.onscroll);
});

test('a million characters in one line neither hang the page nor are lost', async () => {
  const { view } = begin();
  const text = 'x'.repeat(1_000_000);
  let longest = 0;
  let last = performance.now();
  view.update(text, true);
  while (root.textContent!.length < text.length) {
    await frame();
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }
  expect(longest).toBeLessThan(2000);
});

test('buttons of code are gone with the component', async () => {
  root.remove();
  const component = mount(Markdown, { target: document.body, props: { text: '```js\nx\n```' } });
  await expect.element(page.getByRole('button', { name: 'Copy code' })).toBeInTheDocument();
  await unmount(component);
  expect(document.querySelector('.md')).toBeNull();
});
