import { beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Composer from '#lib/ui/Composer.svelte';
import { render } from './render.ts';

const onsend = vi.fn();
const onstop = vi.fn();
const oninput = vi.fn();

function show(changes: { text?: string; busy?: boolean; canSend?: boolean } = {}): HTMLTextAreaElement {
  const props = { text: 'Hello', busy: false, canSend: true, placeholder: 'Write', ...changes };
  render(Composer, { ...props, onsend, onstop, oninput });
  return page.getByRole('textbox', { name: 'Your message' }).element() as HTMLTextAreaElement;
}

beforeEach(() => {
  vi.clearAllMocks();
});

test('Enter sends and begins no new line', async () => {
  show().focus();
  await userEvent.keyboard('{Enter}');
  expect(onsend).toHaveBeenCalledOnce();
  expect(oninput).not.toHaveBeenCalled();
});

test('Shift and Enter begins a new line and sends nothing', async () => {
  const field = show();
  field.focus();
  field.setSelectionRange(5, 5);
  await userEvent.keyboard('{Shift>}{Enter}{/Shift}');
  expect(onsend).not.toHaveBeenCalled();
  expect(oninput).toHaveBeenLastCalledWith('Hello\n');
});

test.each([
  ['while an input method composes', { isComposing: true }],
  ['as Safari reports the Enter that ends composing', { keyCode: 229 }],
])('Enter %s chooses a word and sends nothing', (_, init) => {
  const field = show({ text: 'にほん' });
  const event = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init });
  field.dispatchEvent(event);
  expect(onsend).not.toHaveBeenCalled();
  expect(event.defaultPrevented).toBe(false);
});

test.each([
  ['an empty message', { text: ' \n ' }],
  ['a message nothing can answer', { canSend: false }],
  ['a second message during an answer', { busy: true }],
])('does not send %s by Enter', async (_, changes) => {
  show(changes).focus();
  await userEvent.keyboard('{Enter}');
  expect(onsend).not.toHaveBeenCalled();
});

test('the one button sends, and stops while an answer streams', async () => {
  show({ busy: true });
  await page.getByRole('button', { name: 'Stop the answer' }).click();
  expect(onstop).toHaveBeenCalledOnce();
  expect(onsend).not.toHaveBeenCalled();
});

test('the button sends by click', async () => {
  show();
  await page.getByRole('button', { name: 'Send' }).click();
  expect(onsend).toHaveBeenCalledOnce();
});
