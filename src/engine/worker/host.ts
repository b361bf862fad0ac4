import { AppError } from '#base/errors.ts';
import type { EngineReply, EngineRequest, EngineResults } from '#engine/protocol/messages.ts';
import { encodeError } from '#engine/protocol/wire-error.ts';
import type { ModelShelf } from '#engine/worker/model-source.ts';
import { ProgressMeter } from '#engine/worker/progress-meter.ts';
import type { EngineSession } from '#engine/worker/session.ts';

/** Why a request ended that its page cancelled. Never leaves the worker. */
const CANCELLED = Symbol('cancelled');

/** What a host asks of an engine, whatever that computes on. */
export type HostedSession = Pick<EngineSession, keyof EngineSession>;
export type HostedShelf = Pick<ModelShelf, 'export' | 'list' | 'verify'>;

type Send = (reply: EngineReply, transfer?: Transferable[]) => void;

/** Answers requests: each ends in exactly one `done`, `failed` or `cancelled`. */
export class EngineHost {
  readonly #session: HostedSession;
  readonly #shelf: HostedShelf;
  readonly #send: Send;
  readonly #running = new Map<number, AbortController>();

  constructor(session: HostedSession, shelf: HostedShelf, send: Send) {
    this.#session = session;
    this.#shelf = shelf;
    this.#send = send;
  }

  async receive(request: EngineRequest): Promise<void> {
    if (request.type === 'cancel') {
      this.#running.get(request.target)?.abort(CANCELLED);
      return;
    }
    const { id } = request;
    const abort = new AbortController();
    this.#running.set(id, abort);
    try {
      const value = await this.#answer(request, abort);
      this.#send({ id, type: 'done', value }, transferable(value));
    } catch (error) {
      if (error === CANCELLED) this.#send({ id, type: 'cancelled' });
      else this.#send({ id, type: 'failed', error: encodeError(error) });
    } finally {
      this.#running.delete(id);
    }
  }

  async #answer(
    request: Exclude<EngineRequest, { type: 'cancel' }>,
    abort: AbortController,
  ): Promise<EngineResults[typeof request.type]> {
    const { id } = request;
    const session = this.#session;
    switch (request.type) {
      case 'load':
        return session.load(request.settings, abort.signal, (progress) =>
          this.#send({ id, type: 'progress', progress }),
        );
      case 'chat':
      case 'complete':
        return session.generate(request, abort, (chunk) => this.#send({ id, type: 'chunk', chunk })) as Promise<
          EngineResults['chat']
        >;
      case 'evaluate':
        return session.evaluate(request.ids, request.count, abort.signal);
      case 'tokenize':
        return session.tokenize(request.text);
      case 'count-tokens':
        return session.countTokens(request.messages);
      case 'detokenize':
        return session.detokenize(request.ids);
      case 'interrupt':
        session.interrupt();
        return null;
      case 'unload':
        await session.unload();
        return null;
      case 'info':
        return session.info();
      case 'stats':
        return session.stats();
      case 'assess':
        return session.assess(request.need, abort.signal);
      case 'import-model':
        return session.importModel(request.settings, abort.signal, (progress) =>
          this.#send({ id, type: 'progress', progress }),
        );
      case 'export-model': {
        const meter = new ProgressMeter((progress) => this.#send({ id, type: 'progress', progress }));
        return this.#shelf.export(request.key, request.directory, abort.signal, (doneBytes, totalBytes) =>
          meter.update('disk', doneBytes, totalBytes),
        );
      }
      case 'list-models':
        return this.#shelf.list();
      case 'delete-model':
        await session.deleteModel(request.key);
        return null;
      case 'verify-model':
        return this.#shelf.verify(request.key);
      default:
        throw new AppError('engine-request', {
          what: `${String((request satisfies never as EngineRequest).type)} is unknown here`,
        });
    }
  }
}

/** Logits are large, so they are handed over instead of copied. */
function transferable(value: unknown): Transferable[] {
  const isEvaluation = typeof value === 'object' && value !== null && 'logits' in value;
  return isEvaluation ? (value as EngineResults['evaluate']).logits.map(({ buffer }) => buffer) : [];
}
