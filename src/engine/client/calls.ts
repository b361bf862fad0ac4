import { AppError } from '#base/errors.ts';
import { decodeError } from '#engine/protocol/wire-error.ts';
import type { Asked, EngineReply, EngineResults, RequestType } from '#engine/protocol/messages.ts';
import type { ChatCompletionChunk, Completion } from '#engine/protocol/openai.ts';
import type { LoadProgress } from '#engine/protocol/progress.ts';

/** What a worker and a MessagePort have in common, as far as a client needs it. */
export type EngineEndpoint = {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  addEventListener(type: 'messageerror' | 'error', listener: (event: Event) => void): void;
  terminate(): void;
};

export type CallHooks = {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  onChunk?: (chunk: ChatCompletionChunk | Completion) => void;
};

type Waiting = CallHooks & { settle(): void; resolve(value: never): void; reject(reason: unknown): void };

/**
 * Numbers the requests, matches the replies. Every call ends exactly once: by its reply, by its signal, or with
 * all others when the endpoint ends.
 */
export class Calls {
  readonly #endpoint: EngineEndpoint;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #ended: AppError | null = null;

  constructor(endpoint: EngineEndpoint) {
    this.#endpoint = endpoint;
  }

  /** Rejects with the reply's AppError, the signal's reason, or what ended the endpoint. */
  send<T extends RequestType>(asked: Asked<T>, hooks: CallHooks = {}): Promise<EngineResults[T]> {
    const { signal } = hooks;
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      signal?.throwIfAborted();
      const id = this.#nextId++;
      const abort = () => {
        this.#take(id);
        this.#endpoint.postMessage({ id: this.#nextId++, type: 'cancel', target: id });
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const settle = () => signal?.removeEventListener('abort', abort);
      this.#waiting.set(id, { ...hooks, settle, resolve, reject });
      try {
        this.#endpoint.postMessage({ ...asked, id });
      } catch (error) {
        // A DataCloneError: something in the request is no plain data.
        this.#take(id);
        throw new AppError('engine-request', { what: String((error as Error).message) }, { cause: error });
      }
    });
  }

  receive(reply: Extract<EngineReply, { id: number }>): void {
    if (reply.type === 'progress') this.#waiting.get(reply.id)?.onProgress?.(reply.progress);
    else if (reply.type === 'chunk') this.#waiting.get(reply.id)?.onChunk?.(reply.chunk);
    else if (reply.type === 'done') this.#take(reply.id)?.resolve(reply.value as never);
    else if (reply.type === 'failed') this.#take(reply.id)?.reject(decodeError(reply.error));
    else if (reply.type === 'cancelled')
      this.#take(reply.id)?.reject(new DOMException('The call was cancelled.', 'AbortError'));
    else reply satisfies never;
  }

  /** Rejects all that waits, and everything asked from now on. The first reason stays. */
  end(reason: AppError): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#endpoint.terminate();
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(reason);
  }

  get isEnded(): boolean {
    return this.#ended !== null;
  }

  #take(id: number): Waiting | undefined {
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    call?.settle();
    return call;
  }
}
