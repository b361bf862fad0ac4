// Everything that can be asked for by a key or by a word after a slash. One table: the keyboard, the menu in the composer
// and the sheet of keys read it, so none of them can promise what another does not know.
import type { SavedPrompt } from '#chat/records.ts';
import type { App } from './app.svelte.ts';
import type { Shortcut } from './shortcuts.ts';

export type Panel = 'settings' | 'prompts' | 'help' | 'models' | 'search' | 'export';

/** What a page does for commands that are about what is shown. */
export type Page = {
  focusComposer: () => void;
  /** Shows the commands in the composer. */
  beginCommand: () => void;
  startNew: () => void;
  /** Opens the conversation so many places further down the list. */
  step: (by: 1 | -1) => void;
  regenerate: () => void;
  continueAnswer: () => void;
  copyAnswer: () => void;
  /** Sums up older turns, where the person sees it. */
  summarise: () => void;
  attach: () => void;
  /** Puts a saved prompt into the composer; asks first what its places are to say. */
  usePrompt: (prompt: SavedPrompt) => void;
  show: (panel: Panel) => void;
};

export type CommandId =
  | 'new'
  | 'search'
  | 'export'
  | 'previous'
  | 'next'
  | 'again'
  | 'continue'
  | 'stop'
  | 'copy'
  | 'summarise'
  | 'write'
  | 'slash'
  | 'prompts'
  | 'attach'
  | 'settings'
  | 'models'
  | 'help';

export type Command = {
  readonly id: CommandId;
  readonly group: 'chats' | 'answers' | 'page';
  /** Whether `/id` in the composer does it. */
  readonly isTyped: boolean;
  readonly keys: readonly Shortcut[];
  readonly isAvailable: (app: App) => boolean;
  readonly run: (app: App, page: Page) => void;
};

const single = (key: string): Shortcut => ({ key, chord: false, shift: false });
const chord = (key: string, shift = false): Shortcut => ({ key, chord: true, shift });

const always = (): boolean => true;
const isReady = ({ model, session }: App): boolean => model.status === 'ready' && !session.busy;
const lastAnswer = ({ session }: App): string =>
  session.messages.findLast(({ role }) => role === 'assistant')?.text ?? '';
const canWrite = ({ session, model }: App): boolean =>
  session.messages.length > 0 || model.status === 'ready' || model.status === 'loading';

export const COMMANDS: readonly Command[] = [
  {
    id: 'new',
    group: 'chats',
    isTyped: true,
    keys: [chord('Enter', true), single('n')],
    isAvailable: always,
    run: (_, page) => page.startNew(),
  },
  {
    id: 'search',
    group: 'chats',
    isTyped: true,
    keys: [chord('f', true), single('f')],
    isAvailable: ({ shelf }) => shelf.conversations.length > 0,
    run: (_, page) => page.show('search'),
  },
  {
    id: 'export',
    group: 'chats',
    isTyped: true,
    keys: [single('e')],
    isAvailable: ({ shelf }) => shelf.conversations.length > 0,
    run: (_, page) => page.show('export'),
  },
  {
    id: 'previous',
    group: 'chats',
    isTyped: false,
    keys: [single('k')],
    isAvailable: ({ shelf }) => shelf.conversations.length > 0,
    run: (_, page) => page.step(-1),
  },
  {
    id: 'next',
    group: 'chats',
    isTyped: false,
    keys: [single('j')],
    isAvailable: ({ shelf }) => shelf.conversations.length > 0,
    run: (_, page) => page.step(1),
  },
  {
    id: 'again',
    group: 'answers',
    isTyped: true,
    keys: [single('r')],
    isAvailable: (app) => isReady(app) && app.session.canRegenerate,
    run: (_, page) => page.regenerate(),
  },
  {
    id: 'continue',
    group: 'answers',
    isTyped: true,
    keys: [single('g')],
    isAvailable: (app) => isReady(app) && app.session.unfinished !== null,
    run: (_, page) => page.continueAnswer(),
  },
  {
    id: 'stop',
    group: 'answers',
    isTyped: true,
    keys: [single('Escape')],
    isAvailable: ({ session }) => session.busy,
    run: ({ session }) => session.stop(),
  },
  {
    id: 'copy',
    group: 'answers',
    isTyped: false,
    keys: [single('c')],
    isAvailable: (app) => lastAnswer(app) !== '',
    run: (_, page) => page.copyAnswer(),
  },
  {
    id: 'summarise',
    group: 'answers',
    isTyped: true,
    keys: [],
    isAvailable: (app) => isReady(app) && app.context.compressor.canRun(app.session),
    run: (_, page) => page.summarise(),
  },
  {
    id: 'write',
    group: 'page',
    isTyped: false,
    keys: [single('w')],
    isAvailable: canWrite,
    run: (_, page) => page.focusComposer(),
  },
  {
    id: 'slash',
    group: 'page',
    isTyped: false,
    keys: [single('/')],
    isAvailable: canWrite,
    run: (_, page) => page.beginCommand(),
  },
  {
    id: 'prompts',
    group: 'page',
    isTyped: true,
    keys: [single('p')],
    isAvailable: canWrite,
    run: (_, page) => page.show('prompts'),
  },
  {
    id: 'attach',
    group: 'page',
    isTyped: true,
    keys: [single('a')],
    isAvailable: canWrite,
    run: (_, page) => page.attach(),
  },
  {
    id: 'settings',
    group: 'page',
    isTyped: true,
    keys: [single('s')],
    isAvailable: always,
    run: (_, page) => page.show('settings'),
  },
  {
    id: 'models',
    group: 'page',
    isTyped: true,
    keys: [single('m')],
    isAvailable: always,
    run: (_, page) => page.show('models'),
  },
  {
    id: 'help',
    group: 'page',
    isTyped: true,
    keys: [chord('/'), single('?')],
    isAvailable: always,
    run: (_, page) => page.show('help'),
  },
];
