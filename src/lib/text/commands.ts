// What commands and keys are called.
import { m } from './paraglide/messages.js';

/** Every command has words: another name does not compile. */
const NAMES = {
  new: m['commands.names.new'],
  search: m['commands.names.search'],
  export: m['commands.names.export'],
  previous: m['commands.names.previous'],
  next: m['commands.names.next'],
  again: m['commands.names.again'],
  continue: m['commands.names.continue'],
  stop: m['commands.names.stop'],
  copy: m['commands.names.copy'],
  summarise: m['commands.names.summarise'],
  write: m['commands.names.write'],
  slash: m['commands.names.slash'],
  prompts: m['commands.names.prompts'],
  attach: m['commands.names.attach'],
  settings: m['commands.names.settings'],
  models: m['commands.names.models'],
  help: m['commands.names.help'],
} as const;

/** What a command does, in a few words. */
export const commandName = (id: keyof typeof NAMES): string => NAMES[id]();

const APPLE_KEYS: Readonly<Record<string, string>> = { Enter: '⏎', Escape: 'esc' };

/** The caps of a shortcut, in the order in which they are pressed: "Ctrl", "Shift", "Enter", or "⇧", "⌘", "⏎". */
export function keyCaps(
  { key, chord, shift }: { readonly key: string; readonly chord: boolean; readonly shift: boolean },
  isApple: boolean,
): string[] {
  if (isApple) return [...(shift ? ['⇧'] : []), ...(chord ? ['⌘'] : []), APPLE_KEYS[key] ?? key.toUpperCase()];
  const words: Readonly<Record<string, string>> = {
    Enter: m['commands.keyNames.enter'](),
    Escape: m['commands.keyNames.escape'](),
  };
  return [
    ...(chord ? [m['commands.keyNames.control']()] : []),
    ...(shift ? [m['commands.keyNames.shift']()] : []),
    words[key] ?? key.toUpperCase(),
  ];
}
