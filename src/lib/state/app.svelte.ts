import type { AppError } from '#base/errors.ts';
import type { ContextBudget } from '#chat/context-budget.ts';
import type { ChatStore } from '#chat/store.ts';
import type { Engine } from '#engine/client/engine.ts';
import type { ModelInfo } from '#engine/protocol/info.ts';
import { en } from '#lib/text/en.ts';
import { Announcer } from './announcer.svelte.ts';
import { ChatSession } from './chat-session.svelte.ts';
import type { Speaker } from './chat-session.svelte.ts';
import { ContextMeter } from './context-meter.svelte.ts';
import { ConversationShelf } from './conversation-shelf.svelte.ts';
import type { Device } from './device.ts';
import { EMBEDDED_CHOICE, isEmbedded } from './embedded.ts';
import type { ModelChoice } from './model-choice.ts';
import { partOf } from './load-view.ts';
import type { LoadView } from './load-view.ts';
import { ModelSession } from './model-session.svelte.ts';
import { asAppError, detailsOf } from './problem.ts';

/** The browser, as far as the page needs it. */
export type Outside = {
  connect: () => Promise<Engine>;
  openStore: () => Promise<ChatStore>;
  /** Whether a model may be stored here; asked so that a first visit need not start the engine. */
  hasStoredModels: () => Promise<boolean>;
  checkDevice: () => Promise<Device>;
  persist: () => Promise<unknown>;
  /** Makes the page itself available without a network; hands over what changes to a newer build once one waits. */
  keepShell: (onUpdate: (takeOver: () => void) => void) => void;
  userAgent: () => string;
  now: () => number;
  newId: () => string;
};

/** A person who types is not measured at every key. */
const MEASURE_AFTER_MS = 250;
/** Loading is told aloud when its stage changes, and otherwise this often. */
const SPEAK_EVERY_MS = 15_000;

/** Everything the chat page holds: one engine, the kept conversations, the open one, and how they meet. */
export class App {
  readonly model: ModelSession;
  readonly meter = new ContextMeter();
  readonly announcer = new Announcer();
  shelf: ConversationShelf;
  session: ChatSession;
  device = $state.raw<Device | null>(null);
  /** False until the store was read, so that a kept conversation does not flash as a first visit. */
  started = $state(false);
  /** Send the draft as soon as the model is ready. */
  queued = $state(false);
  /** Conversations are not kept, or the last change was not. */
  keeping = $state.raw<'yes' | 'no' | 'failed'>('yes');
  /** Key of the model used last on this device. */
  lastModel = $state.raw<string | null>(null);

  /** Changes to the newer build of the page that waits; null when none does. */
  update = $state.raw<(() => void) | null>(null);
  /** The stored model to go on with: the one used last, else any. */
  readonly resumable: ModelInfo | null = $derived.by(() => {
    const complete = this.model.stored.filter(({ state }) => state === 'complete');
    return complete.find(({ key }) => key === this.lastModel) ?? complete[0] ?? null;
  });

  readonly #outside: Outside;
  #measuring: ReturnType<typeof setTimeout> | undefined;
  #store: ChatStore | null = null;

  constructor(outside: Outside) {
    this.#outside = outside;
    this.model = new ModelSession({ ...outside, onProgress: (view) => this.#tell(view) });
    this.shelf = $state.raw(new ConversationShelf(null, outside.now));
    this.session = $state.raw(this.#newSession());
  }

  /** Opens what was kept. Loads no model and downloads nothing. */
  async start(): Promise<void> {
    const { openStore, checkDevice, hasStoredModels, now } = this.#outside;
    const device = checkDevice().then((found) => (this.device = found));
    try {
      this.#store = await openStore();
      await this.#store.erase(); // deletions of the last visit can no longer be undone
    } catch {
      this.keeping = 'no';
    }
    this.shelf = new ConversationShelf(this.#store, now);
    await this.shelf.refresh();
    this.lastModel = (await this.#store?.setting('last-model')) ?? null;
    await this.#show((await this.#store?.setting('open-conversation')) ?? null);
    this.started = true;
    await device;
    if (this.device?.problem === null && (await hasStoredModels())) {
      this.#keepShell();
      await this.model.refreshStored();
    }
  }

  /** Loads a model; true when it is ready. What was queued is sent then. */
  async load(choice: ModelChoice): Promise<boolean> {
    this.session.stop();
    this.#keepShell();
    const isReady = await this.model.load(choice);
    if (!isReady || this.model.loaded === null) {
      this.queued = false;
      return false;
    }
    this.announcer.say(en.loading.ready(this.model.loaded.name));
    this.lastModel = this.model.loaded.key;
    void this.#keep(this.#store?.writeSetting('last-model', this.lastModel));
    await this.measure();
    if (this.queued) void this.send();
    return true;
  }

  /** Loads the model that a kept conversation can go on with. */
  async resume(): Promise<boolean> {
    const model = this.resumable;
    if (model === null) return false;
    // The site's own model is asked for as such: then a damaged piece of it is fetched again.
    return this.load(isEmbedded(model) ? EMBEDDED_CHOICE : { kind: 'stored', key: model.key, name: model.name });
  }

  /** Takes what was typed, and sees soon whether it still fits. */
  write(text: string): void {
    this.session.draft = text;
    clearTimeout(this.#measuring);
    this.#measuring = setTimeout(() => void this.measure(), MEASURE_AFTER_MS);
  }

  /** Sends the draft now, or as soon as a model is ready; a stored one is loaded for it. */
  async send(): Promise<void> {
    if (this.session.draft.trim() === '') return;
    const speaker = this.#speaker;
    if (speaker === null) {
      this.queued = this.model.status === 'loading' || this.resumable !== null;
      if (this.queued && this.model.status !== 'loading') await this.resume();
      return;
    }
    this.queued = false;
    const session = this.session;
    const budget = await this.measure();
    if (budget === null || !budget.fits) return;
    if (session.conversation === null) void this.#keep(this.shelf.forget());
    await session.send(speaker, budget);
    await this.#ended(session);
  }

  async regenerate(): Promise<void> {
    const speaker = this.#speaker;
    if (speaker === null) return;
    const session = this.session;
    const budget = await this.measure();
    if (budget === null) return;
    await session.regenerate(speaker, budget);
    await this.#ended(session);
  }

  /** Counts the open conversation with its draft against the model's context. */
  async measure(): Promise<ContextBudget | null> {
    const speaker = this.#speaker;
    if (speaker === null) {
      this.meter.clear();
      return null;
    }
    try {
      return await this.meter.measure(this.session.turns, speaker.engine, speaker.model);
    } catch {
      return null; // the engine went away, which it tells itself
    }
  }

  async open(id: string): Promise<void> {
    if (this.session.conversation?.id === id) return;
    await this.#show(id);
    await this.#keep(this.#store?.writeSetting('open-conversation', id));
  }

  async startNew(): Promise<void> {
    if (this.session.conversation === null) return;
    await this.#show(null);
    await this.#keep(this.#store?.writeSetting('open-conversation', null));
  }

  async remove(id: string): Promise<void> {
    if (this.session.conversation?.id === id) await this.startNew();
    await this.#keep(this.shelf.remove(id));
  }

  async undoRemove(): Promise<void> {
    await this.#keep(this.shelf.undo());
  }

  async forgetRemoved(): Promise<void> {
    await this.#keep(this.shelf.forget());
  }

  /** Technical details of an error, without anything a person wrote. */
  detailsOf(error: AppError): string {
    return detailsOf(error, this.#surroundings);
  }

  surroundingsText(): string {
    return Object.entries({ problem: this.device?.problem ?? 'none', ...this.#surroundings })
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n');
  }

  get #surroundings(): Record<string, string> {
    const { adapter, choice, loaded } = this.model;
    return {
      browser: this.#outside.userAgent(),
      adapter: adapter === null ? 'unknown' : `${adapter.vendor} ${adapter.architecture} ${adapter.description}`.trim(),
      model: loaded?.name ?? choice?.name ?? 'none',
    };
  }

  #keepShell(): void {
    this.#outside.keepShell((takeOver) => (this.update = takeOver));
  }

  /** The page goes out of sight: it may never come back. */
  leave(): void {
    void this.session.flush();
  }

  /** The page is seen again: another tab may have had conversations meanwhile. */
  comeBack(): void {
    void this.#keep(this.shelf.refresh());
  }

  get #speaker(): Speaker | null {
    const { engine, loaded } = this.model;
    return engine !== null && loaded !== null ? { engine, model: loaded } : null;
  }

  /** Opens a conversation, or a new chat for null. An answer being written elsewhere is stopped and kept. */
  async #show(id: string | null): Promise<void> {
    this.queued = false;
    await this.session.close();
    const conversation = this.shelf.conversations.find((one) => one.id === id) ?? null;
    const messages = conversation === null ? [] : ((await this.#store?.messages(conversation.id)) ?? []);
    const draft = (await this.#store?.draft(conversation?.id ?? '')) ?? '';
    this.session = this.#newSession({ conversation, messages, draft });
    await this.measure();
  }

  #newSession(opened?: ConstructorParameters<typeof ChatSession>[1]): ChatSession {
    const { now, newId } = this.#outside;
    return new ChatSession(
      {
        store: this.#store,
        now,
        newId,
        onChange: (conversation) => {
          const isNew = !this.shelf.conversations.some(({ id }) => id === conversation.id);
          this.shelf.put(conversation);
          if (isNew) void this.#keep(this.#store?.writeSetting('open-conversation', conversation.id));
          this.keeping = this.#store === null ? 'no' : 'yes';
        },
        onSaveError: (error) => this.#notKept(error),
      },
      opened,
    );
  }

  async #ended(session: ChatSession): Promise<void> {
    if (session !== this.session || session.ended === null) return;
    const { state, text } = session.ended;
    if (state === 'stopped') this.announcer.say(en.message.stopped);
    else if (state !== 'failed') this.announcer.say(en.message.finished(text)); // a failure is an alert by itself
    await this.measure();
  }

  #tell({ current }: LoadView): void {
    if (current === null) return;
    const percent = current.totalBytes > 0 ? Math.round(partOf(current) * 100) : null;
    const { doing } = en.loading.stages[current.stage];
    this.announcer.sayRarely(current.stage, en.loading.spoken(doing, percent), this.#outside.now(), SPEAK_EVERY_MS);
  }

  async #keep(writing: Promise<void> | undefined): Promise<void> {
    try {
      await writing;
    } catch (error) {
      this.#notKept(asAppError(error));
    }
  }

  #notKept(_error: AppError): void {
    if (this.keeping === 'yes') this.keeping = 'failed';
  }
}
