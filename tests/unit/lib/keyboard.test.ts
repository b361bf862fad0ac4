import { expect, test } from 'vitest';
import type { App } from '#lib/state/app.svelte.ts';
import { COMMANDS } from '#lib/state/commands.ts';
import { commandOf } from '#lib/state/keyboard.ts';
import type { Surroundings } from '#lib/state/keyboard.ts';
import { commandName, keyCaps } from '#lib/text/commands.ts';

type Press = Parameters<typeof commandOf>[0];

/** What the table reads of the app; a conversation with an answer lies open. */
const app = (busy = false): App =>
  ({
    model: { status: 'ready' },
    session: { busy, messages: [{ role: 'assistant', text: 'x' }], canRegenerate: !busy, unfinished: null },
    shelf: { conversations: [{}] },
    compressor: { canRun: () => false },
  }) as unknown as App;

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  repeat: false,
  defaultPrevented: false,
  isComposing: false,
  keyCode: 0,
  ...more,
});

const OUTSIDE: Surroundings = { isInField: false, isInDialog: false, isApple: false, singleKeys: true };
const IN_FIELD = { ...OUTSIDE, isInField: true };
const idOf = (event: Press, where = OUTSIDE, busy = false): string | null =>
  commandOf(event, where, app(busy))?.id ?? null;

test('single keys work outside of fields, not in them and not when they are turned off', () => {
  expect(idOf(press('n'))).toBe('new');
  expect(idOf(press('?', { shiftKey: true }))).toBe('help');
  expect(idOf(press('n'), IN_FIELD)).toBeNull();
  expect(idOf(press('?', { shiftKey: true }), IN_FIELD)).toBeNull();
  expect(idOf(press('n'), { ...OUTSIDE, singleKeys: false })).toBeNull();
});

test('chords work everywhere but in dialogs, also when single keys are turned off', () => {
  const help = press('/', { ctrlKey: true });
  for (const where of [OUTSIDE, IN_FIELD, { ...IN_FIELD, singleKeys: false }]) expect(idOf(help, where)).toBe('help');
  expect(idOf(help, { ...OUTSIDE, isInDialog: true })).toBeNull();
  expect(idOf(press('Enter', { ctrlKey: true, shiftKey: true }), IN_FIELD)).toBe('new');
});

test('Escape stops an answer from within the field, and asks for nothing when none is written', () => {
  expect(idOf(press('Escape'), { ...IN_FIELD, singleKeys: false }, true)).toBe('stop');
  expect(idOf(press('Escape'), IN_FIELD)).toBeNull();
});

test.each([
  ['an input method composes', { isComposing: true }],
  ['Safari ends composing', { keyCode: 229 }],
])('nothing is taken in a field while %s', (_, more) => {
  expect(idOf(press('Escape', more), IN_FIELD, true)).toBeNull();
});

test('a held key and one that something took already ask for nothing', () => {
  expect(idOf(press('j', { repeat: true }))).toBeNull();
  expect(idOf(press('Escape', { defaultPrevented: true }), IN_FIELD, true)).toBeNull();
});

test('what cannot be done now is not asked for', () => {
  expect(idOf(press('r'))).toBe('again');
  expect(idOf(press('r'), OUTSIDE, true)).toBeNull();
});

test('no two commands share a key, and each has a name', () => {
  const keys = COMMANDS.flatMap((one) => one.keys.map((key) => JSON.stringify(key)));
  expect(new Set(keys).size).toBe(keys.length);
  for (const { id } of COMMANDS) expect(commandName(id)).toMatch(/\S/);
});

test('keys are called as they are on the keyboard', () => {
  const chord = { key: 'Enter', chord: true, shift: true };
  expect(keyCaps(chord, false)).toEqual(['Ctrl', 'Shift', 'Enter']);
  expect(keyCaps(chord, true)).toEqual(['⇧', '⌘', '⏎']);
  expect(keyCaps({ key: 'n', chord: false, shift: false }, false)).toEqual(['N']);
});
