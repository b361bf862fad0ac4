import type { AppError } from '#base/errors.ts';
import { answerLimit } from '#chat/context-budget.ts';
import type { ContextBudget } from '#chat/context-budget.ts';
import { canRegenerate, newConversation, promptOf } from '#chat/conversation.ts';
import type { AssistantMessage, Conversation, Message } from '#chat/conversation.ts';
import type { ChatStore } from '#chat/store.ts';
import type { Engine } from '#engine/client/engine.ts';
import type { LoadedModel } from '#engine/protocol/info.ts';
import { asAppError } from './problem.ts';
import { createSaver } from './saver.ts';
import type { Saver } from './saver.ts';

/** Longer answers of small models only repeat themselves, and a person can ask to go on. */
const ANSWER_TOKENS = 1024;
/** A crash loses at most this much of a streaming answer, and a disk is not written for each token. */
const SAVE_EVERY_MS = 700;
/** Below a billion parameters models fall into loops, so that a repeated word costs them a little. */
const LOOPS_BELOW_PARAMETERS = 1e9;
const repetitionPenalty = ({ parameterCount }: LoadedModel): number =>
  parameterCount < LOOPS_BELOW_PARAMETERS ? 1.08 : 1;

export type Speaker = { engine: Engine; model: LoadedModel };

type Outside = {
  /** Null where the browser keeps nothing. */
  store: ChatStore | null;
  now: () => number;
  newId: () => string;
  /** A conversation was begun or went on. */
  onChange: (conversation: Conversation) => void;
  onSaveError: (error: AppError) => void;
};

type Opened = { conversation: Conversation | null; messages: Message[]; draft: string };

/** One open conversation: its messages, the text not sent yet, and the answer being written. */
export class ChatSession {
  conversation = $state.raw<Conversation | null>(null);
  messages = $state<Message[]>([]);
  busy = $state(false);
  /** Why the last answer failed. */
  error = $state.raw<AppError | null>(null);
  /** Set when an answer ends, for screen readers. */
  ended = $state.raw<AssistantMessage | null>(null);
  canRegenerate = $derived(!this.busy && canRegenerate(this.messages));

  readonly #outside: Outside;
  readonly #saver: Saver;
  readonly #draftSaver: Saver;
  #draft = $state('');
  #speaking: Engine | null = null;
  #dirtyFrom = Infinity;
  readonly #closing = new AbortController();
  #answering: Promise<void> = Promise.resolve();

  constructor(outside: Outside, opened: Opened = { conversation: null, messages: [], draft: '' }) {
    this.#outside = outside;
    this.conversation = opened.conversation;
    this.messages = opened.messages;
    this.#draft = opened.draft;
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

  /** What the model would be given if the draft were sent now. */
  get turns(): string[] {
    return promptOf([...this.messages, { id: '', role: 'user', text: this.#draft }]).map(({ content }) => content);
  }

  /** Sends the draft and streams the answer; resolves when it has ended, however it did. */
  async send(speaker: Speaker, budget: ContextBudget): Promise<void> {
    const text = this.#draft.trim();
    if (this.busy || text === '') return;
    this.busy = true; // from here on: saving the draft takes a moment
    const { now, newId } = this.#outside;
    if (this.conversation === null) {
      // The draft belonged to no conversation; its record goes before the id changes.
      this.draft = '';
      await this.#draftSaver.flush();
      this.conversation = newConversation(newId(), text, now());
    } else this.draft = '';
    this.#change(this.messages.length);
    this.messages.push({ id: newId(), role: 'user', text });
    await (this.#answering = this.#answer(speaker, budget));
  }

  /** Replaces the last answer by a new one. */
  async regenerate(speaker: Speaker, budget: ContextBudget): Promise<void> {
    if (!this.canRegenerate) return;
    this.busy = true;
    this.messages.pop();
    await (this.#answering = this.#answer(speaker, budget));
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

  async #answer({ engine, model }: Speaker, budget: ContextBudget): Promise<void> {
    const prompt = promptOf(this.messages);
    const at = this.messages.length;
    this.#change(at);
    const fresh = {
      id: this.#outside.newId(),
      role: 'assistant',
      text: '',
      state: 'streaming',
      model: model.name,
      stats: null,
    };
    this.messages.push(fresh as AssistantMessage);
    const message = this.messages[at] as AssistantMessage; // the reactive one
    this.error = null;
    this.#speaking = engine;
    try {
      const chunks = await engine.chat.completions.create(
        {
          messages: prompt,
          stream: true,
          max_tokens: answerLimit(budget, ANSWER_TOKENS),
          repetition_penalty: repetitionPenalty(model),
        },
        { signal: this.#closing.signal },
      );
      let reason: string | null = null;
      for await (const chunk of chunks) {
        const [choice] = chunk.choices;
        message.text += choice?.delta.content ?? '';
        reason = choice?.finish_reason ?? reason;
        this.#change(at);
      }
      message.state = reason === 'abort' ? 'stopped' : reason === 'length' ? 'cut' : 'done';
      message.stats = engine.lastGeneration;
    } catch (error) {
      message.state = this.#closing.signal.aborted ? 'stopped' : 'failed';
      if (message.state === 'failed') this.error = asAppError(error);
    } finally {
      this.busy = false;
      this.#speaking = null;
      this.#change(at);
      this.ended = $state.snapshot(message);
      await this.#saver.flush();
    }
  }

  #change(from: number): void {
    this.#dirtyFrom = Math.min(this.#dirtyFrom, from);
    this.#saver.request();
  }

  async #write(): Promise<void> {
    const { store, now, onChange, onSaveError } = this.#outside;
    if (this.conversation === null) return;
    this.conversation = { ...this.conversation, updatedAt: now() };
    onChange(this.conversation);
    const from = this.#dirtyFrom;
    this.#dirtyFrom = Infinity;
    try {
      await store?.write(this.conversation, $state.snapshot(this.messages), from);
    } catch (error) {
      this.#dirtyFrom = Math.min(this.#dirtyFrom, from); // the next write tries again
      onSaveError(asAppError(error));
    }
  }

  async #writeDraft(): Promise<void> {
    try {
      await this.#outside.store?.writeDraft(this.conversation?.id ?? '', this.#draft);
    } catch (error) {
      this.#outside.onSaveError(asAppError(error));
    }
  }
}
