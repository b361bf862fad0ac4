// From a key press to what it asks for. Pure: where the focus is and what is open comes in with it.
import type { App } from './app.svelte.ts';
import { COMMANDS } from './commands.ts';
import type { Command } from './commands.ts';
import { isPressed } from './shortcuts.ts';
import type { KeyPress, Shortcut } from './shortcuts.ts';

export type Surroundings = {
  /** What has the focus takes typed characters itself. */
  readonly isInField: boolean;
  readonly isInDialog: boolean;
  readonly isApple: boolean;
  /** Keys without Ctrl or ⌘ may do something; a person can turn that off. */
  readonly singleKeys: boolean;
};

type Press = KeyPress & Pick<KeyboardEvent, 'repeat' | 'defaultPrevented' | 'isComposing' | 'keyCode'>;

/** Escape types nothing, so it works in fields, and is not turned off with the keys that do. */
const isSingle = ({ key, chord }: Shortcut): boolean => !chord && key !== 'Escape';

/** The command that a key press asks for and that can be done now; null for none. */
export function commandOf(press: Press, where: Surroundings, app: App): Command | null {
  if (press.defaultPrevented || press.repeat || where.isInDialog) return null;
  // While an input method composes, keys are its own. Safari reports its last one after that as 229.
  if (where.isInField && (press.isComposing || press.keyCode === 229)) return null;
  const isMeant = (shortcut: Shortcut): boolean =>
    !(isSingle(shortcut) && (where.isInField || !where.singleKeys)) && isPressed(shortcut, press, where.isApple);
  return COMMANDS.find(({ keys, isAvailable }) => keys.some(isMeant) && isAvailable(app)) ?? null;
}
