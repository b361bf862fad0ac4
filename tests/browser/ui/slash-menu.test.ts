import { beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { COMMANDS } from '#lib/state/commands.ts';
import type { CommandId } from '#lib/state/commands.ts';
import type { Suggestion } from '#lib/state/slash.ts';
import Composer from '#lib/ui/Composer.svelte';
import { render } from './render.ts';

const onsend = vi.fn();
const onpick = vi.fn();

const command = (id: CommandId, name: string): Suggestion => ({
  kind: 'command',
  id: `command-${id}`,
  name,
  command: COMMANDS.find((one) => one.id === id)!,
});
const OFFER: Suggestion[] = [
  command('new', 'New chat'),
  command('help', 'Keyboard and commands'),
  { kind: 'prompt', id: 'prompt-1', name: 'اشرح', prompt: { id: '1', name: 'اشرح', text: 'x', updatedAt: 0 } },
];

function show(suggestions: readonly Suggestion[] = OFFER): HTMLTextAreaElement {
  const above = document.createElement('div');
  above.style.blockSize = '25rem'; // the list opens upwards
  document.body.append(above);
  const props = { text: '/', busy: false, canSend: true, placeholder: 'Write', suggestions };
  render(Composer, { ...props, onsend, onpick, onstop: () => undefined, oninput: () => undefined });
  const field = page.getByRole('textbox', { name: 'Your message' }).element() as HTMLTextAreaElement;
  field.focus();
  return field;
}

/** What a screen reader reads out: the marked option that the field names. */
const marked = (field: HTMLElement): string | null | undefined =>
  document
    .getElementById(field.getAttribute('aria-activedescendant') ?? '')
    ?.textContent?.replace(/\s+/g, ' ')
    .trim();

beforeEach(() => {
  vi.clearAllMocks();
});

test('a slash offers commands and prompts, and names the marked one to screen readers', async () => {
  const field = show();
  await expect.element(page.getByRole('listbox', { name: 'Commands and saved prompts' })).toBeVisible();
  expect(page.getByRole('option').elements()).toHaveLength(3);
  expect(document.getElementById(field.getAttribute('aria-controls')!)!.getAttribute('role')).toBe('listbox');
  await expect.element(page.getByRole('status')).toHaveTextContent('Found: 3');
  expect(marked(field)).toBe('/new New chat');
  await userEvent.keyboard('{ArrowDown}');
  expect(marked(field)).toBe('/help Keyboard and commands');
  await userEvent.keyboard('{ArrowUp}{ArrowUp}');
  expect(marked(field)).toBe('اشرح');
  await expect.element(page.getByRole('option', { selected: true })).toHaveTextContent('اشرح');
  expect(document.activeElement).toBe(field);
});

test('Enter takes the marked one and sends nothing', async () => {
  show();
  await userEvent.keyboard('{ArrowDown}{Enter}');
  expect(onpick).toHaveBeenCalledExactlyOnceWith(OFFER[1]);
  expect(onsend).not.toHaveBeenCalled();
});

test('a click takes one, and the focus stays in the text', async () => {
  const field = show();
  await page.getByRole('option', { name: 'اشرح' }).click();
  expect(onpick).toHaveBeenCalledExactlyOnceWith(OFFER[2]);
  expect(document.activeElement).toBe(field);
});

test('Escape closes the list and nothing more; Enter sends the text then', async () => {
  show();
  const outside = vi.fn();
  addEventListener('keydown', outside);
  await userEvent.keyboard('{Escape}');
  removeEventListener('keydown', outside);
  expect((outside.mock.calls[0]![0] as KeyboardEvent).defaultPrevented).toBe(true);
  await expect.element(page.getByRole('listbox')).not.toBeInTheDocument();
  await userEvent.keyboard('{Enter}');
  expect(onpick).not.toHaveBeenCalled();
  expect(onsend).toHaveBeenCalledOnce();
});

test('an input method keeps its keys', async () => {
  const field = show();
  await expect.element(page.getByRole('listbox')).toBeVisible();
  for (const key of ['Enter', 'ArrowDown', 'Escape']) {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, isComposing: true });
    field.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
  }
  expect(onpick).not.toHaveBeenCalled();
  expect(marked(field)).toBe('/new New chat');
});

test('without an offer a slash is an ordinary message', async () => {
  const field = show([]);
  expect(page.getByRole('listbox').elements()).toHaveLength(0);
  expect(field.hasAttribute('aria-activedescendant')).toBe(false);
  await userEvent.keyboard('{Enter}');
  expect(onsend).toHaveBeenCalledOnce();
});

test('the list goes when the focus leaves the text', async () => {
  const field = show();
  await expect.element(page.getByRole('listbox')).toBeVisible();
  field.blur();
  await expect.element(page.getByRole('listbox')).not.toBeInTheDocument();
});
