import { beforeEach, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { COMMANDS } from '#lib/state/commands.ts';
import HelpSheet from '#lib/ui/HelpSheet.svelte';
import { render } from './render.ts';

const onsinglekeys = vi.fn();
const show = (isApple: boolean, singleKeys = true): void =>
  render(HelpSheet, { commands: COMMANDS, isApple, singleKeys, onsinglekeys, onprint: () => undefined });
const row = (name: string): string =>
  page.getByRole('row').filter({ hasText: name }).element().textContent!.replace(/\s+/g, ' ').trim();

beforeEach(() => {
  vi.clearAllMocks();
});

test('lists what can be done by keys and by typing, in groups', () => {
  show(false);
  const tables = page.getByRole('table').elements();
  expect(tables.map((one) => document.getElementById(one.getAttribute('aria-labelledby')!)!.textContent)).toEqual([
    'Conversations',
    'Answers',
    'This page',
    'While you write',
  ]);
  expect(row('New chat')).toBe('New chat Typed: /new Ctrl+Shift+Enter or N');
  expect(row('Stop the answer')).toContain('Esc');
});

test('names the keys of Apple keyboards there', () => {
  show(true);
  expect(row('New chat')).toBe('New chat Typed: /new ⇧+⌘+⏎ or N');
});

test('single keys can be turned off, and are not promised then', async () => {
  show(false);
  await page.getByRole('checkbox', { name: 'Single keys' }).click();
  expect(onsinglekeys).toHaveBeenCalledExactlyOnceWith(false);
  document.body.replaceChildren();
  show(false, false);
  expect(row('New chat')).toBe('New chat Typed: /new Ctrl+Shift+Enter');
  expect(row('Stop the answer')).toContain('Esc');
  expect(page.getByRole('row').filter({ hasText: 'Copy the last answer' }).elements()).toHaveLength(0);
});
