import type { Calls } from '#engine/client/calls.ts';
import { ChunkStream } from '#engine/client/chunk-stream.ts';
import type { CallOptions, Completions } from '#engine/client/engine.ts';
import type { GenerationStats } from '#engine/protocol/info.ts';
import type { Asked } from '#engine/protocol/messages.ts';

/** `create` for chat or text completions. A streamed call answers at once; what goes wrong is thrown in its loop. */
export function createCompletions<Request extends { stream?: boolean | null }, Answer, Chunk>(
  calls: Calls,
  type: 'chat' | 'complete',
  onStats: (stats: GenerationStats) => void,
): Completions<Request, Answer, Chunk> {
  async function create(request: Request, { signal }: CallOptions = {}): Promise<Answer | AsyncIterable<Chunk>> {
    const asked = { type, request } as unknown as Asked<'chat' | 'complete'>;
    if (!request.stream) {
      const { answer, stats } = await calls.send<'chat' | 'complete'>(asked, { signal });
      onStats(stats);
      return answer as Answer;
    }
    signal?.throwIfAborted();
    const left = new AbortController();
    const stream = new ChunkStream<Chunk>(() => left.abort());
    const either = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
    calls.send<'chat' | 'complete'>(asked, { signal: either, onChunk: (chunk) => stream.push(chunk as Chunk) }).then(
      ({ stats }) => {
        onStats(stats);
        stream.finish();
      },
      (error: unknown) => stream.fail(error),
    );
    return stream;
  }
  // The overloads of the interface follow from `stream`, which the types of a function body cannot say.
  return { create: create as Completions<Request, Answer, Chunk>['create'] };
}
