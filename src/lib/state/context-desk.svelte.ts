import type { StandIn } from '#chat/attachment.ts';
import { LEAST_ANSWER_TOKENS, answerRoom } from '#chat/context-plan.ts';
import type { ContextPlan } from '#chat/context-plan.ts';
import type { AttachmentRef, ContextRule } from '#chat/conversation.ts';
import type { SaidMessage } from '#chat/prompt.ts';
import { m } from '#lib/text/paraglide/messages.js';
import { AttachmentTexts } from './attachment-texts.ts';
import type { Attachments } from './attachments.svelte.ts';
import type { ChatSession, Speaker } from './chat-session.svelte.ts';
import { Compressor } from './compressor.svelte.ts';
import { ContextMeter } from './context-meter.svelte.ts';
import { LongReader } from './long-reader.svelte.ts';

type Outside = {
  session: () => ChatSession;
  /** Null while nothing is loaded that could count or answer. */
  speaker: () => Speaker | null;
  /** Whether the loaded model is told its instructions again before every later question. */
  restates: () => Promise<boolean>;
  attachments: Attachments;
  now: () => number;
  say: (text: string) => void;
};

/** A person who types is not measured at every key. */
const MEASURE_AFTER_MS = 250;
/** Of the context, what passages may take: more of them answer no better, and each is read before the first word. */
const PASSAGES_PART = 1 / 4;

/** What the open conversation gives the model: measured, shown, steered, and made to fit. */
export class ContextDesk {
  readonly meter = new ContextMeter();
  readonly compressor = new Compressor();
  readonly longReader: LongReader;

  readonly #outside: Outside;
  /** What the model reads of attached files. */
  readonly #texts: AttachmentTexts;
  #measuring: ReturnType<typeof setTimeout> | undefined;

  constructor(outside: Outside) {
    this.#outside = outside;
    this.longReader = new LongReader(outside.now);
    this.#texts = new AttachmentTexts(() => outside.attachments);
  }

  get plan(): ContextPlan | null {
    return this.meter.plan;
  }

  /** Plans turns, by default those of the open conversation with its draft, within the model's context. */
  async measure(
    turns: readonly SaidMessage[] = this.#outside.session().turns,
    unfinished = '',
  ): Promise<ContextPlan | null> {
    const { session, speaker, restates } = this.#outside;
    const asked = speaker();
    if (asked === null) {
      this.meter.clear();
      return null;
    }
    try {
      const { settings, digest } = session();
      await this.#texts.load(turns.flatMap(({ attachments = [] }) => attachments));
      const isRestated = settings.instructions !== '' && (await restates());
      const inputs = { turns, settings, digest, restates: isRestated, textOf: this.#textOf, unfinished };
      return await this.meter.measure(inputs, asked.engine, asked.model);
    } catch {
      return null; // the engine went away, which it tells itself
    }
  }

  /** Measures once nothing has changed for a moment. */
  measureSoon(): void {
    clearTimeout(this.#measuring);
    this.#measuring = setTimeout(() => void this.measure(), MEASURE_AFTER_MS);
  }

  /** Steers what the model is given of a question and its answer. */
  setRule(id: string, rule: ContextRule): void {
    this.#outside.session().setRule(id, rule);
    void this.measure();
  }

  /** Lets the model sum up the older turns of the open chat. */
  async compress(): Promise<void> {
    const [session, speaker] = [this.#outside.session(), this.#outside.speaker()];
    if (speaker === null) return;
    await this.#texts.load(session.messages.flatMap((one) => (one.role === 'user' ? one.attachments : [])));
    const isDone = await this.compressor.run(session, speaker, this.#textOf);
    if (isDone) this.#outside.say(m['context.compressed']());
    if (session === this.#outside.session()) await this.measure();
  }

  /** Gives the model the messages again in place of their summary. */
  forgetDigest(): void {
    this.#outside.session().digest = null;
    void this.measure();
  }

  /**
   * Makes the draft's files short enough for the model: by the passages that have to do with the question, or by notes from
   * reading all of them part by part. True when the draft can be sent.
   */
  async shortenFiles(by: StandIn['kind']): Promise<boolean> {
    const { attachments } = this.#outside;
    const [session, speaker, plan] = [this.#outside.session(), this.#outside.speaker(), this.plan];
    if (speaker === null || plan === null || session.busy) return false;
    const kept = await Promise.all(session.attachments.map(({ id }) => attachments.read(id)));
    const records = kept.filter((one) => one !== null);
    const { contextLength } = speaker.model;
    const others = plan.parts.instructions + plan.parts.question + 2 * answerRoom(contextLength, null);
    const room = Math.max(LEAST_ANSWER_TOKENS, contextLength - others);
    const standIns =
      by === 'notes'
        ? await this.longReader.read(records, session.draft, room, speaker)
        : await this.longReader.choose(records, session.draft, Math.min(room, contextLength * PASSAGES_PART), speaker);
    for (const [index, standIn] of (standIns ?? []).entries()) {
      if (standIn === null) continue;
      const { id } = records[index]!;
      await attachments.setStandIn(id, standIn);
      this.#texts.forget(id);
    }
    return standIns !== null && session === this.#outside.session() && ((await this.measure())?.fits ?? false);
  }

  readonly #textOf = (ref: AttachmentRef): string => this.#texts.textOf(ref);
}
