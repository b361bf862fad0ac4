// Longer than most files here: every change of an open conversation meets in its tree, and saving must see them all.
import type { AppError } from '#base/errors.ts';
import type { AttachmentRef } from '#chat/attachment.ts';
import type { ContextPlan } from '#chat/context-plan.ts';
import { DEFAULT_SETTINGS, canRegenerate, newConversation } from '#chat/conversation.ts';
import type {
  AssistantMessage,
  ContextRule,
  Conversation,
  ConversationSettings,
  Digest,
  Message,
  UserMessage,
} from '#chat/conversation.ts';
import type { SaidMessage } from '#chat/prompt.ts';
import type { ChatStore, ConversationPatch } from '#chat/store.ts';
import { alternativesOf, forksOf, headWithout, newestLeaf, pathTo, subtreeOf } from '#chat/tree.ts';
import type { Engine } from '#engine/client/engine.ts';
import type { LoadedModel } from '#engine/protocol/info.ts';
import { answerRequest } from './answer-request.ts';
import { asAppError } from './problem.ts';
import { createSaver } from './saver.ts';
import type { Saver } from './saver.ts';
import type { Release } from './tabs.ts';
import { Unsaved } from './unsaved.ts';

/** A crash loses at most this much of a streaming answer, and a disk is not written for each token. */
const SAVE_EVERY_MS = 700;

export type Speaker = { engine: Engine; model: LoadedModel };

type Outside = {
  /** Null where the browser keeps nothing. */
  store: ChatStore | null;
  now: () => number;
  newId: () => string;
  /** A conversation was begun, went on or was changed. */
  onChange: (conversation: Conversation) => void;
  onSaveError: (error: AppError) => void;
  /** What changed is in the store now. */
  onSaved: (id: string) => void;
  /** Makes this tab the only one that answers a conversation, until what it returns is called; null when another does. */
  claim: (id: string) => Promise<Release | null>;
};

type Opened = {
  conversation: Conversation | null;
  messages: Message[];
  draft: string;
  attachments: readonly AttachmentRef[];
};

/** One open conversation: its messages, the text not sent yet, and the answer being written. */
export class ChatSession {
  conversation = $state.raw<Conversation | null>(null);
  /** Every message, on every branch. */
  all = $state<Message[]>([]);
  /** Files that go with the draft; the store has their texts. */
  attachments = $state.raw<readonly AttachmentRef[]>([]);
  busy = $state(false);
  /** Another tab is answering this conversation: it can only be read here. */
  isElsewhere = $state(false);
  /** Why the last answer failed. */
  error = $state.raw<AppError | null>(null);
  /** Set when an answer ends, for screen readers. */
  ended = $state.raw<AssistantMessage | null>(null);
  /** The branch that was deleted last and can still be brought back. */
  removed = $state.raw<{ messages: readonly Message[]; headId: string | null } | null>(null);

  readonly #headId = $derived(this.conversation?.headId ?? null);
  /** The open branch. */
  readonly messages: Message[] = $derived(pathTo(this.all, this.#headId));
  /** Of each message of the open branch that has alternatives, the ids of all of them, the oldest first. */
  readonly forks: ReadonlyMap<string, readonly string[]> = $derived(forksOf(this.all, this.messages));
  /** Nothing can be changed now: an answer is being written, here or in another tab. */
  readonly isLocked = $derived(this.busy || this.isElsewhere);
  readonly canRegenerate = $derived(!this.isLocked && canRegenerate(this.messages));

  readonly #outside: Outside;
  readonly #saver: Saver;
  readonly #draftSaver: Saver;
  #draft = $state('');
  /** The draft as this tab last read or wrote it. */
  #keptDraft = '';
  /** Of a chat that has not begun. */
  #settings = $state.raw(DEFAULT_SETTINGS);
  #speaking: Engine | null = null;
  readonly #unsaved = new Unsaved();
  readonly #closing = new AbortController();
  #answering: Promise<void> = Promise.resolve();

  constructor(outside: Outside, opened?: Opened) {
    this.#outside = outside;
    this.conversation = opened?.conversation ?? null;
    this.all = opened?.messages ?? [];
    this.#draft = this.#keptDraft = opened?.draft ?? '';
    this.attachments = opened?.attachments ?? [];
    this.#saver = createSaver(() => this.#write(), SAVE_EVERY_MS);
    this.#draftSaver = createSaver(() => this.#writeDraft(), SAVE_EVERY_MS);
  }

  get draft(): string {
    return this.#draft;
  }

  set draft(text: string) {
    this.#draft = text;
    this.#draftSaver.request();
  }

  get settings(): ConversationSettings {
    return this.conversation?.settings ?? this.#settings;
  }

  /** How answers are made from the next one on. */
  set settings(settings: ConversationSettings) {
    this.#settings = settings;
    if (this.conversation !== null) this.#change({ settings });
  }

  get digest(): Digest | null {
    return this.conversation?.digest ?? null;
  }

  set digest(digest: Digest | null) {
    if (this.conversation !== null) this.#change({ digest });
  }

  /** What would be said if the draft were sent now. */
  get turns(): SaidMessage[] {
    const text = this.#draft.trim();
    return [...this.messages, { id: '', role: 'user', text, attachments: this.attachments, rule: 'auto' }];
  }

  /** What was said up to a question, or to another text in its place. */
  turnsFor(questionId: string, text?: string): SaidMessage[] {
    const branch = pathTo(this.all, questionId);
    const question = branch.at(-1);
    return text === undefined || question === undefined ? branch : [...branch.slice(0, -1), { ...question, text }];
  }

  /** The answer that ends the open branch and is not whole; null when there is none to continue. */
  get unfinished(): AssistantMessage | null {
    const last = this.messages.at(-1);
    if (this.isLocked || last?.role !== 'assistant' || last.text.trim() === '') return null;
    return last.state === 'cut' || last.state === 'stopped' || last.state === 'interrupted' ? last : null;
  }

  /** Lets the model go on with an unfinished answer, in its place. */
  async continueAnswer(speaker: Speaker, plan: ContextPlan): Promise<void> {
    const { unfinished } = this;
    if (unfinished === null) return;
    await this.#alone(this.conversation?.id, () => this.#generate(unfinished, speaker, plan, true));
  }

  /** Sends the draft and streams the answer; resolves when it has ended, however it did. */
  async send(speaker: Speaker, plan: ContextPlan): Promise<void> {
    const text = this.#draft.trim();
    const attachments = this.attachments;
    if (this.isLocked || (text === '' && attachments.length === 0)) return;
    const { now, newId } = this.#outside;
    const conversationId = this.conversation?.id ?? newId();
    await this.#alone(conversationId, async () => {
      this.attachments = [];
      this.draft = '';
      if (this.conversation === null) {
        // The draft belonged to no conversation; its record goes before the id changes.
        await this.#draftSaver.flush();
        this.conversation = newConversation(
          conversationId,
          text || (attachments[0]?.name ?? ''),
          now(),
          this.#settings,
        );
        this.#keptDraft = '';
      }
      await this.#give(attachments, conversationId);
      const question: UserMessage = { ...this.#place(this.#headId), role: 'user', text, attachments };
      this.#add(question);
      await this.#answer(question.id, speaker, plan);
    });
  }

  /** Answers a question once more, beside the answers it has; the last question where none is named. */
  async regenerate(speaker: Speaker, plan: ContextPlan, questionId = this.lastQuestion?.id): Promise<void> {
    if (this.isLocked || questionId === undefined) return;
    await this.#alone(this.conversation?.id, () => this.#answer(questionId, speaker, plan));
  }

  /** Asks another question in the place of one: beside it, so that the old one and its answers stay. */
  async edit(id: string, text: string, speaker: Speaker, plan: ContextPlan): Promise<void> {
    const old = this.all.find((one) => one.id === id);
    if (this.isLocked || old?.role !== 'user' || (text.trim() === '' && old.attachments.length === 0)) return;
    const { attachments } = $state.snapshot(old) as UserMessage;
    await this.#alone(this.conversation?.id, async () => {
      const question: UserMessage = { ...this.#place(old.parentId), role: 'user', text: text.trim(), attachments };
      this.#add(question);
      await this.#answer(question.id, speaker, plan);
    });
  }

  /** The question that ends the open branch, or whose answer does. */
  get lastQuestion(): UserMessage | null {
    return canRegenerate(this.messages) ? (this.messages.findLast(({ role }) => role === 'user') as UserMessage) : null;
  }

  /** Every version of a message, the oldest first. */
  versionsOf(id: string): Message[] {
    return alternativesOf(this.all, id);
  }

  /** Opens the branch through a message, at its newest end. */
  stepTo(id: string): void {
    if (this.isLocked || !this.all.some((one) => one.id === id)) return;
    this.error = null;
    this.#change({ headId: newestLeaf(this.all, id) });
  }

  /** Deletes a message and all that follows it on every branch; `undoRemove` brings it back. */
  remove(id: string): void {
    if (this.isLocked || !this.all.some((one) => one.id === id)) return;
    const gone = subtreeOf(this.all, id);
    const headId = headWithout(this.all, this.#headId, id);
    this.removed = { messages: $state.snapshot(this.all.filter((one) => gone.has(one.id))), headId: this.#headId };
    this.all = this.all.filter((one) => !gone.has(one.id));
    for (const one of gone) this.#unsaved.erase(one);
    this.error = null;
    this.#change({ headId, updatedAt: this.#outside.now() });
  }

  undoRemove(): void {
    if (this.isLocked || this.removed === null) return;
    const { messages, headId } = this.removed;
    this.removed = null;
    this.all.push(...messages);
    for (const { id } of messages) this.#unsaved.write(id);
    this.#change({ headId });
  }

  /** Takes over what was changed of the conversation's record elsewhere, and is saved there. */
  learn(patch: ConversationPatch): void {
    if (this.conversation !== null) this.conversation = { ...this.conversation, ...patch };
  }

  /**
   * Takes in what another tab has written. The open branch goes along when it was continued there, and otherwise stays
   * as it is here.
   */
  takeIn(conversation: Conversation, messages: Message[], isElsewhere: boolean): void {
    if (this.busy || this.conversation === null) return;
    this.isElsewhere = isElsewhere;
    this.all = messages;
    const own = this.#headId;
    const isGone = !messages.some(({ id }) => id === own);
    const isContinued = pathTo(messages, conversation.headId).some(({ id }) => id === own);
    this.conversation = { ...conversation, headId: isGone || isContinued ? conversation.headId : own };
  }

  /** Steers what the model is given of a message. */
  setRule(id: string, rule: ContextRule): void {
    const message = this.all.find((one) => one.id === id);
    if (message === undefined) return;
    message.rule = rule;
    this.#unsaved.write(id);
    this.#change({});
  }

  /** Ends the answer within a token; what it has is kept. */
  stop(): void {
    // A dead engine has already failed the answer itself.
    void this.#speaking?.interrupt().catch(() => undefined);
  }

  /** Ends the answer at once and writes everything; the session is not used after this. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#answering;
    await this.flush();
  }

  /** Writes what is not written yet, before the page goes away. */
  async flush(): Promise<void> {
    await Promise.all([this.#saver.flush(), this.#draftSaver.flush()]);
  }

  /** Runs what adds an answer, unless another tab is answering this conversation. */
  async #alone(id: string | undefined, answer: () => Promise<void>): Promise<void> {
    if (id === undefined) return;
    this.busy = true; // from here on: asking the other tabs and saving the draft take a moment
    await (this.#answering = this.#claimed(id, answer));
  }

  async #claimed(id: string, answer: () => Promise<void>): Promise<void> {
    const release = await this.#outside.claim(id);
    this.isElsewhere = release === null;
    try {
      if (release !== null) await answer();
    } finally {
      await release?.();
      this.busy = false;
      this.#outside.onSaved(id);
    }
  }

  async #answer(questionId: string, speaker: Speaker, plan: ContextPlan): Promise<void> {
    const fresh: AssistantMessage = {
      ...this.#place(questionId),
      role: 'assistant',
      text: '',
      state: 'streaming',
      model: speaker.model.name,
      stats: null,
    };
    await this.#generate(this.#add(fresh), speaker, plan, false);
  }

  /** Lets the model write at the end of a message, which is the reactive one. */
  async #generate(
    message: AssistantMessage,
    { engine, model }: Speaker,
    plan: ContextPlan,
    continues: boolean,
  ): Promise<void> {
    this.error = null;
    this.removed = null; // its place may be another's now
    this.#speaking = engine;
    message.state = 'streaming';
    try {
      const asked = answerRequest({ settings: this.settings, model, plan, continues });
      const chunks = await engine.chat.completions.create({ ...asked, stream: true }, { signal: this.#closing.signal });
      let reason: string | null = null;
      for await (const chunk of chunks) {
        const [choice] = chunk.choices;
        message.text += choice?.delta.content ?? '';
        reason = choice?.finish_reason ?? reason;
        this.#changeMessage(message.id);
      }
      message.state = reason === 'abort' ? 'stopped' : reason === 'length' ? 'cut' : 'done';
      message.stats = engine.lastGeneration;
    } catch (error) {
      message.state = this.#closing.signal.aborted ? 'stopped' : 'failed';
      if (message.state === 'failed') this.error = asAppError(error);
    } finally {
      this.#speaking = null;
      this.#changeMessage(message.id);
      this.ended = $state.snapshot(message);
      await this.#saver.flush();
    }
  }

  /** A new message's place; times only grow, so that siblings keep their order. */
  #place(parentId: string | null): Pick<Message, 'id' | 'parentId' | 'createdAt' | 'rule'> {
    const { now, newId } = this.#outside;
    const latest = this.all.reduce((time, { createdAt }) => Math.max(time, createdAt), 0);
    return { id: newId(), parentId, createdAt: Math.max(now(), latest + 1), rule: 'auto' };
  }

  /** Puts a message at the end of its branch, and that branch in view; returns the reactive one. */
  #add<One extends Message>(message: One): One {
    const at = this.all.push(message) - 1;
    this.#change({ headId: message.id, deletedAt: null, archivedAt: null });
    this.#changeMessage(message.id);
    return this.all[at] as One;
  }

  #changeMessage(id: string): void {
    this.#unsaved.write(id);
    this.#change({ updatedAt: this.#outside.now() });
  }

  #change(patch: ConversationPatch): void {
    if (this.conversation === null) return;
    this.#unsaved.change(patch);
    if (Object.keys(patch).some((name) => name !== 'updatedAt')) {
      this.conversation = { ...this.conversation, ...patch };
    }
    this.#saver.request();
  }

  async #write(): Promise<void> {
    if (this.conversation === null) return;
    const { store, onChange, onSaveError } = this.#outside;
    const taken = this.#unsaved.take();
    const { patch, written, erased } = taken;
    this.conversation = { ...this.conversation, ...patch };
    onChange(this.conversation);
    try {
      const changed = $state.snapshot(this.all.filter(({ id }) => written.has(id)));
      const kept = await store?.change(this.conversation.id, patch, changed, [...erased]);
      // Not begun in the store yet, or erased by another tab while it lies open here: nothing of it may be lost.
      if (kept === null) await store?.write(this.conversation, $state.snapshot(this.all));
      // Another tab may have renamed it.
      else if (kept !== undefined) this.conversation = { ...kept, ...this.#unsaved.patch };
      this.#outside.onSaved(this.conversation.id);
    } catch (error) {
      this.#unsaved.putBack(taken); // the next write tries again
      onSaveError(asAppError(error));
    }
  }

  async #give(attachments: readonly AttachmentRef[], conversationId: string): Promise<void> {
    if (attachments.length === 0) return;
    const ids = attachments.map(({ id }) => id);
    try {
      await this.#outside.store?.attachments.give(ids, conversationId);
    } catch (error) {
      this.#outside.onSaveError(asAppError(error));
    }
  }

  async #writeDraft(): Promise<void> {
    try {
      const draft = this.#draft;
      await this.#outside.store?.writeDraft(this.conversation?.id ?? '', draft, this.#keptDraft);
      this.#keptDraft = draft;
    } catch (error) {
      this.#outside.onSaveError(asAppError(error));
    }
  }
}
