import type { AppError } from '#base/errors.ts';
import type { Catalog, CatalogModel } from '#catalog/catalog.ts';
import type { ConversationSettings } from '#chat/conversation.ts';
import type { ChatStore } from '#chat/store.ts';
import type { Engine } from '#engine/client/engine.ts';
import type { ModelInfo } from '#engine/protocol/info.ts';
import { stageWords } from '#lib/text/stages.ts';
import { formatPercent } from '#lib/text/format.ts';
import { m } from '#lib/text/paraglide/messages.js';
import { Announcer } from './announcer.svelte.ts';
import { Attachments } from './attachments.svelte.ts';
import type { ReadFile } from './attachments.svelte.ts';
import type { ChatSession, Speaker } from './chat-session.svelte.ts';
import { ContextDesk } from './context-desk.svelte.ts';
import { ConversationDesk } from './conversation-desk.svelte.ts';
import type { ConversationShelf } from './conversation-shelf.svelte.ts';
import { DeviceCheck } from './device-check.svelte.ts';
import type { Surroundings } from './device-check.svelte.ts';
import type { Device } from './device.ts';
import { Downloads } from './downloads.svelte.ts';
import { EMBEDDED_CHOICE } from './embedded.ts';
import { partOf } from './load-view.ts';
import type { LoadView } from './load-view.ts';
import { isChoiceOf, storedChoice } from './model-choice.ts';
import type { ImportChoice, ModelChoice } from './model-choice.ts';
import { ModelSession } from './model-session.svelte.ts';
import { detailsOf } from './problem.ts';
import type { Readiness } from './readiness.ts';
import { SavedPrompts } from './saved-prompts.svelte.ts';
import { SiteCatalog } from './site-catalog.svelte.ts';
import type { Tabs } from './tabs.ts';
import { TitleWriter } from './title-writer.ts';
import { Storeroom } from './storeroom.svelte.ts';
import { Voice } from './voice.svelte.ts';
import type { VoiceOutside } from './voice.svelte.ts';

/** The browser, as far as the page needs it. */
export type Outside = {
  connect: () => Promise<Engine>;
  /** The engine for browsers without WebGPU. */
  connectCpu: () => Promise<Engine>;
  openStore: () => Promise<ChatStore>;
  /** The other tabs of this page. */
  tabs: Tabs;
  /** Whether a model may be stored here; asked so that a first visit need not start the engine. */
  hasStoredModels: () => Promise<boolean>;
  checkDevice: () => Promise<Device>;
  readSurroundings: (device: Device) => Promise<Surroundings>;
  measureThroughput: (url: string) => Promise<number | null>;
  readCatalog: () => Promise<Catalog>;
  persist: () => Promise<unknown>;
  /** Calls back whenever the browser loses the network, and when it has one again. */
  onNetwork: (act: (isOnline: boolean) => void) => void;
  /** Whether a page gets a folder to read and write; not every browser gives it. */
  canPickFolder: () => boolean;
  pickFolder: (mode: 'read' | 'readwrite') => Promise<FileSystemDirectoryHandle | null>;
  /** Makes the page itself available without a network; hands over what changes to a newer build once one waits. */
  keepShell: (onUpdate: (takeOver: () => void) => void) => void;
  /** Reads a file's text in a worker of its own. */
  readFile: ReadFile;
  voice: VoiceOutside;
  userAgent: () => string;
  now: () => number;
  newId: () => string;
};

/** Loading is told aloud when its stage changes, and otherwise this often. */
const SPEAK_EVERY_MS = 15_000;

/**
 * Everything the pages hold: one engine, what is stored and offered, the conversations, and how they meet. Each part is a class of its
 * own; what is long here is the list of them and the order in which one act passes through several.
 */
export class App {
  readonly model: ModelSession;
  readonly desk: ConversationDesk;
  readonly catalog: SiteCatalog;
  readonly check: DeviceCheck;
  readonly downloads: Downloads;
  readonly storeroom: Storeroom;
  readonly attachments: Attachments;
  readonly voice: Voice;
  readonly prompts: SavedPrompts;
  /** What the open conversation gives the model. */
  readonly context: ContextDesk;
  readonly announcer = new Announcer();
  /** False until the store was read, so that a kept conversation does not flash as a first visit. */
  started = $state(false);
  /** Send the draft as soon as the model is ready. */
  queued = $state(false);
  /** The person chose to compute on the processor, because there is no graphics card. */
  onProcessor = $state(false);
  /** Key of the model used last on this device. */
  lastModel = $state.raw<string | null>(null);
  /** Keys without Ctrl or ⌘ do something outside of fields. */
  singleKeys = $state(true);
  /** Changes to the newer build of the page that waits; null when none does. */
  update = $state.raw<(() => void) | null>(null);
  /** The stored model to go on with: the one used last, else any. */
  readonly resumable: ModelInfo | null = $derived.by(() => {
    const complete = this.model.stored.filter(({ state }) => state === 'complete');
    return complete.find(({ key }) => key === this.lastModel) ?? complete[0] ?? null;
  });

  readonly #titles = new TitleWriter({
    isQuiet: () =>
      this.model.status === 'ready' &&
      !this.session.busy &&
      this.session.draft === '' &&
      this.context.compressor.running === null,
    propose: (id, title) => this.desk.propose(id, title),
  });
  readonly #outside: Outside;
  #starting: Promise<void> | null = null;

  constructor(outside: Outside) {
    this.#outside = outside;
    const engine = () => this.model.connected();
    const connect = () => (this.onProcessor ? outside.connectCpu() : outside.connect());
    this.model = new ModelSession({ ...outside, connect, onProgress: (view) => this.#tell(view) });
    this.desk = new ConversationDesk({ ...outside, onShow: () => this.#shown() });
    this.attachments = new Attachments({
      ...outside,
      session: () => this.session,
      store: () => this.desk.store?.attachments ?? null,
      say: (text) => this.announcer.say(text),
      onChange: () => void this.context.measure(),
    });
    this.context = new ContextDesk({
      session: () => this.session,
      speaker: () => this.#speaker,
      restates: async () => {
        await this.catalog.load();
        return this.restates;
      },
      attachments: this.attachments,
      now: outside.now,
      say: (text) => this.announcer.say(text),
    });
    this.voice = new Voice({
      ...outside.voice,
      readSettings: () => this.desk.setting('voice'),
      writeSettings: (settings) => this.desk.write('voice', settings),
      write: (draft) => this.write(draft),
      say: (text) => this.announcer.say(text),
    });
    this.prompts = new SavedPrompts({
      ...outside,
      store: () => this.desk.store?.prompts ?? null,
      onSaveError: () => (this.desk.keeping = 'failed'),
    });
    this.catalog = new SiteCatalog(outside.readCatalog);
    this.check = new DeviceCheck({ ...outside, engine });
    this.downloads = new Downloads({
      ...outside,
      engine,
      onStored: () => this.#refreshStored(),
      onReady: ({ choice }) => this.announcer.say(m['downloads.ready']({ name: choice.name })),
      onRate: (bytesPerSecond) => (this.check.bytesPerSecond = bytesPerSecond),
    });
    this.storeroom = new Storeroom({ ...outside, model: this.model, check: this.check });
  }

  /** Whether the browser gives this page a folder that the person chooses. */
  get canPickFolder(): boolean {
    return this.#outside.canPickFolder();
  }

  now(): number {
    return this.#outside.now();
  }

  get shelf(): ConversationShelf {
    return this.desk.shelf;
  }

  get session(): ChatSession {
    return this.desk.session;
  }

  get device(): Device | null {
    return this.check.device;
  }

  /** Whether a model can be loaded: on a graphics card, or on the processor where the person chose that. */
  get canRun(): boolean {
    return this.device?.problem === null || this.onProcessor;
  }

  /** Computes on the processor from now on, also in later visits, and loads a small model there. */
  async useProcessor(choice: ModelChoice = EMBEDDED_CHOICE): Promise<boolean> {
    this.onProcessor = true;
    void this.desk.write('on-processor', 'yes');
    this.model.restart();
    return this.load(choice);
  }

  /** Opens what was kept. Loads no model and downloads nothing. Every page calls it, and the first call counts. */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const checked = this.check.start();
    await this.desk.start();
    this.lastModel = await this.desk.setting('last-model');
    this.started = true;
    void this.voice.start();
    void this.prompts.refresh();
    this.singleKeys = (await this.desk.setting('single-keys')) !== 'no';
    await checked;
    const { problem, hasProcessor } = this.device!;
    this.onProcessor = problem !== null && hasProcessor && (await this.desk.setting('on-processor')) !== null;
    if (this.onProcessor || (problem === null && (await this.#outside.hasStoredModels()))) {
      this.#keepShell();
      const stored = await this.model.refreshStored();
      if (!this.onProcessor) this.downloads.offer(stored);
    }
  }

  /** Loads a model; true when it is ready. What was queued is sent then. */
  async load(choice: ModelChoice): Promise<boolean> {
    this.#titles.stop();
    this.session.stop();
    this.#keepShell();
    const isReady = await this.model.load(choice);
    if (!isReady || this.model.loaded === null) {
      this.queued = false;
      return false;
    }
    this.announcer.say(m['loading.ready']({ name: this.model.loaded.name }));
    this.lastModel = this.model.loaded.key;
    void this.desk.write('last-model', this.lastModel);
    await this.context.measure();
    if (this.queued) void this.send();
    return true;
  }

  /** Loads the model that a kept conversation can go on with. */
  async resume(): Promise<boolean> {
    const model = this.resumable;
    if (model === null) return false;
    return this.load(storedChoice(model));
  }

  /** Whether a model will work here; null while too little is known. */
  report(entry: CatalogModel): Readiness | null {
    return this.check.report(entry, this.model.storedOf(entry.id)?.storedBytes ?? 0, this.catalog.models);
  }

  /** Tries what this device can hold for a model, and how fast it would come. */
  async checkDevice(entry: CatalogModel): Promise<void> {
    await this.check.run(entry, this.model.storedOf(entry.id)?.storedBytes ?? 0);
  }

  /** Brings a model here while another answers: where none is loaded, one that is stored, or else the included one. */
  async download(choice: ImportChoice): Promise<void> {
    this.#keepShell();
    this.downloads.start(choice);
    if (this.model.status === 'none' && !(await this.resume())) await this.load(EMBEDDED_CHOICE);
  }

  /** Whether a choice comes over the network and can come beside a model that answers meanwhile. */
  bringsBeside(choice: ModelChoice): choice is ImportChoice {
    return choice.kind === 'urls' && this.model.loaded !== null && !this.downloads.isBusy;
  }

  /** Deletes stored models; a download of one of them is given up first. */
  async deleteModels(models: readonly ModelInfo[]): Promise<void> {
    const { current } = this.downloads;
    if (current && models.some((model) => isChoiceOf(current.choice, model))) {
      if (current.status === 'ready') this.downloads.dismiss();
      else await this.downloads.discard();
    }
    const isStored = (key: string): boolean => this.model.stored.some((model) => model.key === key);
    await this.storeroom.remove(models.map(({ key }) => key).filter(isStored));
  }

  /** Puts the model that has arrived in place of the loaded one. The conversation and the draft stay. */
  async switchToDownloaded(): Promise<boolean> {
    const ready = this.downloads.current;
    if (ready?.status !== 'ready' || ready.model === null) return false;
    this.downloads.dismiss();
    return this.load(storedChoice(ready.model));
  }

  /** Lets keys without Ctrl or ⌘ do something, or not; also in later visits. */
  useSingleKeys(use: boolean): void {
    this.singleKeys = use;
    void this.desk.write('single-keys', use ? null : 'no');
  }

  /** Takes what was typed, and sees soon whether it still fits. */
  write(text: string): void {
    this.session.draft = text;
    this.context.measureSoon();
  }

  /** Sends the draft now, or as soon as a model is ready; a stored one is loaded for it. */
  async send(): Promise<void> {
    this.#titles.stop();
    if (this.session.draft.trim() === '' && this.session.attachments.length === 0) return;
    if (this.attachments.isReading) return;
    this.voice.dictating.cancel(); // its words belong to what is sent now
    const speaker = this.#speaker;
    if (speaker === null) {
      this.queued = this.model.status === 'loading' || this.resumable !== null;
      if (this.queued && this.model.status !== 'loading') await this.resume();
      return;
    }
    this.queued = false;
    const session = this.session;
    const plan = await this.context.measure();
    if (plan === null || !plan.fits) return;
    if (session.conversation === null) void this.desk.forgetRemoved();
    this.attachments.forgetFailed();
    await session.send(speaker, plan);
    await this.#ended(session);
  }

  /** Answers a question once more, beside the answers it has; the last one where none is named. */
  async regenerate(questionId = this.session.lastQuestion?.id): Promise<void> {
    this.#titles.stop();
    const [session, speaker] = [this.session, this.#speaker];
    if (speaker === null || questionId === undefined || session.busy) return;
    const plan = await this.context.measure(session.turnsFor(questionId));
    if (plan === null || !plan.fits) return;
    await session.regenerate(speaker, plan, questionId);
    await this.#ended(session);
  }

  /** Asks another question in the place of one; false, and nothing happens, where it does not fit or none can answer. */
  async edit(id: string, text: string): Promise<boolean> {
    this.#titles.stop();
    const [session, speaker] = [this.session, this.#speaker];
    if (speaker === null || session.busy) return false;
    const plan = await this.context.measure(session.turnsFor(id, text));
    if (plan === null || !plan.fits) return false;
    void session.edit(id, text, speaker, plan).then(() => this.#ended(session));
    return true;
  }

  /** Lets the model go on with an answer that is not whole. */
  async continueAnswer(): Promise<void> {
    this.#titles.stop();
    const [session, speaker] = [this.session, this.#speaker];
    const { unfinished } = session;
    if (speaker === null || unfinished === null || unfinished.parentId === null) return;
    const plan = await this.context.measure(session.turnsFor(unfinished.parentId), unfinished.text);
    if (plan === null || !plan.fits) return;
    await session.continueAnswer(speaker, plan);
    await this.#ended(session);
  }

  /** Changes how answers of the open chat are made. */
  changeSettings(settings: ConversationSettings): void {
    this.session.settings = settings;
    this.context.measureSoon();
  }

  /** Lets the model sum up the older turns of the open chat. */
  async compress(): Promise<void> {
    this.#titles.stop();
    await this.context.compress();
  }

  /** Whether the loaded model is told its instructions again before every later question; false until the catalog was read. */
  get restates(): boolean {
    const key = this.model.loaded?.key;
    const id = this.model.stored.find((one) => one.key === key)?.catalogId ?? null;
    return id !== null && (this.catalog.models.find((entry) => entry.id === id)?.singleTurn ?? false);
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

  get #speaker(): Speaker | null {
    const { engine, loaded } = this.model;
    return engine !== null && loaded !== null ? { engine, model: loaded } : null;
  }

  #keepShell(): void {
    this.#outside.keepShell((takeOver) => (this.update = takeOver));
  }

  async #refreshStored(): Promise<readonly ModelInfo[]> {
    await this.check.refresh();
    return this.model.refreshStored();
  }

  async #shown(): Promise<void> {
    this.#titles.left(this.session);
    this.queued = false;
    this.voice.leave();
    await this.context.measure();
  }

  async #ended(session: ChatSession): Promise<void> {
    if (session !== this.session || session.ended === null) return;
    if (this.#speaker !== null) this.#titles.answered(session, this.#speaker);
    const { state, text } = session.ended;
    if (state === 'stopped') this.announcer.say(m['message.stopped']());
    else if (state !== 'failed') this.announcer.say(m['message.finished']({ text })); // a failure is an alert by itself
    await this.context.measure();
  }

  #tell({ current }: LoadView): void {
    if (current === null) return;
    const percent = current.totalBytes > 0 ? Math.round(partOf(current) * 100) : null;
    const { doing } = stageWords(current.stage);
    this.announcer.sayRarely(
      current.stage,
      percent === null ? doing : m['loading.spoken']({ doing, percent: formatPercent(percent) }),
      this.#outside.now(),
      SPEAK_EVERY_MS,
    );
  }
}
