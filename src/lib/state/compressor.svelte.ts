import type { AppError } from '#base/errors.ts';
import { exchangesToSumUp, digestPrompt, digestRuns, parseDigest } from '#chat/digest.ts';
import type { Digest } from '#chat/conversation.ts';
import { digestOf, exchangesOf } from '#chat/prompt.ts';
import type { PromptInputs } from '#chat/prompt.ts';
import type { ChatSession, Speaker } from './chat-session.svelte.ts';
import { asAppError } from './problem.ts';

/** Of the context, at most this much for one digest. */
const DIGEST_PART = 1 / 6;
const MOST_DIGEST_TOKENS = 400;

/** Lets the model sum up the older turns of a conversation, which then take less of its context. */
export class Compressor {
  /** The conversation that is being summed up; null when none is. */
  running = $state.raw<ChatSession | null>(null);
  /** What is written of the digest so far. */
  text = $state('');
  error = $state.raw<AppError | null>(null);
  #stop: AbortController | null = null;

  /** Whether there is something to sum up. */
  canRun(session: ChatSession): boolean {
    return !session.busy && exchangesToSumUp(exchangesOf(session.messages), session.digest).length > 0;
  }

  /** Sums up all but the newest exchange. What was summed up before goes into the new digest. False when it did not come to its end. */
  async run(session: ChatSession, { engine, model }: Speaker, textOf: PromptInputs['textOf']): Promise<boolean> {
    if (this.running !== null || !this.canRun(session)) return false;
    const stop = (this.#stop = new AbortController());
    this.running = session;
    this.error = null;
    try {
      const all = exchangesOf(session.messages);
      let digest = digestOf(all, session.digest);
      const exchanges = exchangesToSumUp(all, digest);
      const maxTokens = Math.min(MOST_DIGEST_TOKENS, Math.floor(model.contextLength * DIGEST_PART));
      const sizes = await Promise.all(
        exchanges.map(async (one) => (await engine.countTokens(digestPrompt([one], null, textOf))).total),
      );
      // A digest before it and the one that is written take their room.
      for (const run of digestRuns(exchanges, sizes, model.contextLength - 2 * maxTokens)) {
        this.text = '';
        const chunks = await engine.chat.completions.create(
          { messages: digestPrompt(run, digest, textOf), stream: true, max_tokens: maxTokens, temperature: 0 },
          { signal: stop.signal },
        );
        for await (const { choices } of chunks) this.text += choices[0]?.delta.content ?? '';
        stop.signal.throwIfAborted();
        digest = parseDigest(this.text, run.at(-1)!.ids.at(-1)!) ?? digest;
      }
      keep(session, digest);
      return true;
    } catch (error) {
      if (!stop.signal.aborted) this.error = asAppError(error);
      return false;
    } finally {
      this.running = null;
      this.#stop = null;
    }
  }

  /** Gives up; the conversation stays as it was. */
  stop(): void {
    this.#stop?.abort();
  }
}

function keep(session: ChatSession, digest: Digest | null): void {
  if (digest !== null && session.messages.some(({ id }) => id === digest.upToId)) session.digest = digest;
}
