import { expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import type { AssistantMessage, Message } from '#chat/conversation.ts';
import MessageItem from '#lib/ui/MessageItem.svelte';
import { answer, question } from '#tests/support/chat/messages.ts';
import { render } from './render.ts';
import { STATS } from './scripted-engine.ts';

function show(message: Message, canRegenerate = false): () => void {
  const onregenerate = vi.fn();
  render(MessageItem, { message, canRegenerate, onregenerate });
  return onregenerate;
}

const asked = (text: string): Message => question('u', text);
const answered = (more: Partial<AssistantMessage> = {}): Message => answer('1', 'Hi', { model: 'Model X', ...more });

const styleOf = (text: string): CSSStyleDeclaration => getComputedStyle(page.getByText(text).element());

test('what a person writes stays text, whatever it looks like', () => {
  const text = '<img src=x onerror="document.title=1"><b>bold</b>\n```html\n<script>1</script>\n```';
  show(asked(text));
  expect(document.querySelector('article :is(img, b, script)')).toBeNull();
  expect(page.getByText('<b>bold</b>').element()).toBeTruthy();
  expect(page.getByRole('region', { name: 'Code, html' }).element().textContent).toBe('<script>1</script>');
});

test('line breaks are kept', () => {
  show(asked('one\n  two'));
  expect(styleOf('one').whiteSpace).toBe('pre-wrap');
  expect(page.getByText('one').element().textContent).toBe('one\n  two');
});

test('an Arabic message runs from right to left, with its code from left to right', () => {
  show(asked('مرحبا بك في هذه الصفحة\n\nEnglish words\n\n```js\nlet x = 1;\n```'));
  expect(styleOf('مرحبا بك').direction).toBe('rtl');
  expect(styleOf('English words').direction).toBe('rtl');
  expect(styleOf('let x = 1;').direction).toBe('ltr');
});

test('the speeds of reading and writing are told apart', async () => {
  show(answered({ stats: STATS }));
  await expect.element(page.getByText('20 tokens/s')).toBeInTheDocument();
  await expect.element(page.getByText('100 tokens/s')).toBeInTheDocument();
  await expect.element(page.getByText('0.1 sec', { exact: true })).toBeInTheDocument();
});

test('a streaming answer offers nothing to press, an ended one copying and answering again', async () => {
  show(answered({ state: 'streaming', text: 'Hi' }), true);
  expect(page.getByRole('button').elements()).toHaveLength(0);
  const onregenerate = show(answered({ state: 'stopped' }), true);
  await expect.element(page.getByText('You stopped this answer.')).toBeInTheDocument();
  await page.getByRole('button', { name: 'Answer again' }).click();
  expect(onregenerate).toHaveBeenCalledOnce();
});

test('copying puts exactly the answer on the clipboard', async () => {
  const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
  show(answered({ text: 'a  b\n```\nc\n```' }));
  await page.getByRole('button', { name: 'Copy answer' }).click();
  expect(write).toHaveBeenCalledWith('a  b\n```\nc\n```');
  await expect.element(page.getByRole('status').filter({ hasText: 'Copied' })).toBeInTheDocument();
  write.mockRestore();
});

test('each message says who speaks', async () => {
  show(asked('Hello'));
  await expect.element(page.getByRole('heading', { name: 'You said' })).toBeInTheDocument();
  show(answered());
  await expect.element(page.getByRole('heading', { name: 'Model X answered' })).toBeInTheDocument();
});
