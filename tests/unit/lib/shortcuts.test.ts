import { expect, test } from 'vitest';
import { isPressed } from '#lib/state/shortcuts.ts';
import type { KeyPress, Shortcut } from '#lib/state/shortcuts.ts';

const NEW: Shortcut = { key: 'n', chord: false, shift: false };
const FIND: Shortcut = { key: 'f', chord: true, shift: true };
const HELP: Shortcut = { key: '/', chord: true, shift: false };
const ASK: Shortcut = { key: '?', chord: false, shift: false };
const START: Shortcut = { key: 'Enter', chord: true, shift: true };

const press = (key: string, code: string, held = ''): KeyPress => ({
  key,
  code,
  ctrlKey: held.includes('C'),
  metaKey: held.includes('M'),
  shiftKey: held.includes('S'),
  altKey: held.includes('A'),
});

test.each<[string, Shortcut, KeyPress]>([
  ['a letter', NEW, press('n', 'KeyN')],
  ['a letter with caps lock', NEW, press('N', 'KeyN')],
  ['a letter where the layout has it', NEW, press('n', 'KeyL')],
  ['a letter on an Arabic keyboard', NEW, press('ى', 'KeyN')],
  ['a letter on a Korean keyboard', NEW, press('ㅜ', 'KeyN')],
  ['a letter while a Korean input method waits', NEW, press('Process', 'KeyN')],
  ['a chord on a Russian keyboard', FIND, press('А', 'KeyF', 'CS')],
  ['a slash on an American keyboard', HELP, press('/', 'Slash', 'C')],
  ['a slash on a German keyboard', HELP, press('/', 'Digit7', 'CS')],
  ['a slash on an Arabic keyboard', HELP, press('ظ', 'Slash', 'C')],
  ['a question mark', ASK, press('?', 'Slash', 'S')],
  ['a question mark on a German keyboard', ASK, press('?', 'Minus', 'S')],
  ['an Arabic question mark', ASK, press('؟', 'Slash', 'S')],
  ['a named key', START, press('Enter', 'Enter', 'CS')],
])('knows %s', (_, shortcut, event) => {
  expect(isPressed(shortcut, event, false)).toBe(true);
});

test.each<[string, Shortcut, KeyPress]>([
  ['zooming out on a German keyboard, whose key is where others have the slash', HELP, press('-', 'Slash', 'C')],
  ['another letter of a layout at the same place', NEW, press('b', 'KeyN')],
  ['a letter with Ctrl', NEW, press('n', 'KeyN', 'C')],
  ['a letter with Shift', NEW, press('N', 'KeyN', 'S')],
  ['a chord without Shift', FIND, press('f', 'KeyF', 'C')],
  ['AltGr, which is Ctrl and Alt', HELP, press('/', 'Slash', 'CA')],
  ['the Windows key', HELP, press('/', 'Slash', 'CM')],
  ['an arrow at no letter', NEW, press('ArrowDown', 'ArrowDown')],
  ['a dead key', NEW, press('Dead', 'KeyN')],
  ['Enter alone', START, press('Enter', 'Enter')],
])('does not take %s', (_, shortcut, event) => {
  expect(isPressed(shortcut, event, false)).toBe(false);
});

test('takes the command key on Apple systems, and Ctrl nowhere there', () => {
  expect(isPressed(FIND, press('f', 'KeyF', 'MS'), true)).toBe(true);
  expect(isPressed(FIND, press('f', 'KeyF', 'CS'), true)).toBe(false);
  expect(isPressed(FIND, press('f', 'KeyF', 'MS'), false)).toBe(false);
});
