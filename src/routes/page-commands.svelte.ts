import { tick } from 'svelte';
import type { SavedPrompt } from '#chat/records.ts';
import { nameFor, variablesOf } from '#chat/saved-prompt.ts';
import { groupConversations } from '#chat/shelf-groups.ts';
import type { App } from '#lib/state/app.svelte.ts';
import type { Page, Panel } from '#lib/state/commands.ts';
import { commandOf } from '#lib/state/keyboard.ts';
import { takesKeys } from '#lib/state/shortcuts.ts';
import { m } from '#lib/text/paraglide/messages.js';

/** What the prompts dialog begins with: the list, a prompt whose places are filled, or a text to save as a new one. */
export type PromptsBegin = 'list' | SavedPrompt | { readonly name: string; readonly text: string };

/** What a page hands over: how it does what only it can do. */
type Doer = Pick<Page, 'startNew' | 'regenerate' | 'continueAnswer'> & {
  open: (id: string) => void;
  /** Shows what is about the context, where sums of older turns are written. */
  showContext: () => void;
  show: (panel: Exclude<Panel, 'help' | 'prompts'>) => void;
};

/** The commands of the chat page: its keys, and the two dialogs that belong to them. */
export class PageCommands implements Page {
  help = $state(false);
  /** Null while the prompts are not shown. */
  prompts = $state.raw<PromptsBegin | null>(null);
  readonly #app: App;
  readonly #do: Doer;
  #focus: () => void = () => undefined;
  #choose: () => void = () => undefined;

  constructor(app: App, doer: Doer) {
    this.#app = app;
    this.#do = doer;
  }

  get isApple(): boolean {
    const { system } = this.#app.device ?? {};
    return system === 'mac' || system === 'ios';
  }

  /** For the composer, which hands over how it gets the focus. */
  oncomposer = (focus: () => void): void => {
    this.#focus = focus;
  };

  /** For the composer, which hands over how it lets a person choose files. */
  onchooser = (choose: () => void): void => {
    this.#choose = choose;
  };

  /** For the window. */
  onkeydown = (event: KeyboardEvent): void => {
    const where = {
      isInField: takesKeys(event.target),
      isInDialog: document.querySelector('dialog[open]') !== null,
      isApple: this.isApple,
      singleKeys: this.#app.singleKeys,
    };
    const command = commandOf(event, where, this.#app);
    if (command === null) return;
    event.preventDefault(); // a key that leads into a field must not be typed there
    command.run(this.#app, this);
  };

  focusComposer(): void {
    this.#focus();
  }

  beginCommand(): void {
    if (this.#app.session.draft === '') this.#app.write('/');
    this.#focus();
  }

  startNew(): void {
    this.#do.startNew();
  }

  step(by: 1 | -1): void {
    const groups = groupConversations(this.#app.shelf.conversations, this.#app.now());
    const conversations = groups.flatMap((group) => group.conversations);
    const at = conversations.findIndex(({ id }) => id === this.#app.session.conversation?.id);
    const to = conversations[at < 0 ? 0 : at + by];
    if (to !== undefined) this.#do.open(to.id);
  }

  regenerate(): void {
    this.#do.regenerate();
  }

  continueAnswer(): void {
    this.#do.continueAnswer();
  }

  copyAnswer(): void {
    const text = this.#app.session.messages.findLast(({ role }) => role === 'assistant')?.text ?? '';
    void navigator.clipboard.writeText(text).then(
      () => this.#app.announcer.say(m['commands.copied']()),
      () => undefined, // the browser forbids it; the text can still be selected
    );
  }

  summarise(): void {
    this.#do.showContext();
    void this.#app.compress();
  }

  attach(): void {
    this.#choose();
  }

  show(panel: Parameters<Page['show']>[0]): void {
    if (panel === 'help') this.help = true;
    else if (panel === 'prompts') this.prompts = 'list';
    else this.#do.show(panel);
  }

  usePrompt(prompt: SavedPrompt): void {
    if (variablesOf(prompt.text).length > 0) this.prompts = prompt;
    else void this.insert(prompt.text);
  }

  /** Lets the person keep a text as a prompt. */
  keep(text: string): void {
    this.prompts = { name: nameFor(text), text };
  }

  /** Puts a text into the composer, below what stands there. */
  insert = async (text: string): Promise<void> => {
    this.prompts = null;
    const before = this.#app.session.draft.trimEnd();
    this.#app.write(before === '' ? text : `${before}\n\n${text}`);
    await tick();
    this.#focus();
  };
}
