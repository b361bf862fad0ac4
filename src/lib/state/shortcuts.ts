// Which key does what. Pure: an event comes in as the few properties that are read of it.
// No browser or screen reader has these chords in a page: letters with Ctrl and Shift are nearly all taken, Ctrl with Alt
// types letters on many keyboards, and Alt opens menus. So most are single keys outside of fields, which can be turned off.

/** `key` is a character or the name of a key, as the event has it. `chord` is with Ctrl, or with ⌘ on Apple's systems. */
export type Shortcut = { readonly key: string; readonly chord: boolean; readonly shift: boolean };

/** What is read of a keyboard event. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

/** Where the layout's own characters are not Latin, the place of a key on the board decides. */
const PLACES: Readonly<Record<string, string>> = { '/': 'Slash', '?': 'Slash' };

/** Whether a key press is a shortcut. On every layout: by its character where that is Latin, otherwise by its place. */
export function isPressed({ key, chord, shift }: Shortcut, press: KeyPress, isApple: boolean): boolean {
  if (press.altKey) return false; // AltGr and Option type characters
  const [chords, others] = isApple ? [press.metaKey, press.ctrlKey] : [press.ctrlKey, press.metaKey];
  if (others || chords !== chord) return false;
  if (key.length > 1) return press.key === key && press.shiftKey === shift;
  // A mark may need Shift on this layout or not; a letter with Shift is another chord.
  if (isLatin(press.key)) return press.key.toLowerCase() === key && (!isLetter(key) || press.shiftKey === shift);
  // Arabic has a question mark of its own.
  if (press.key === '؟') return key === '?';
  const isTyping = press.key.length === 1 || press.key === 'Process' || press.key === 'Unidentified';
  return isTyping && press.code === placeOf(key) && press.shiftKey === (shift || key === '?');
}

const isLatin = (key: string): boolean => /^[\x21-\x7e]$/.test(key);
const isLetter = (key: string): boolean => /^[a-z]$/.test(key);
const placeOf = (key: string): string => PLACES[key] ?? `Key${key.toUpperCase()}`;

/** Where a single key has another meaning: text is typed there, or a list is gone through by its letters. */
const TAKES_KEYS =
  'input, textarea, select, [contenteditable], [role=textbox], [role=listbox], [role=menu], [role=combobox], [role=tree], [role=grid]';

/** Whether an element takes typed characters itself. */
export function takesKeys(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(TAKES_KEYS) !== null;
}
