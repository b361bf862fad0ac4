// How long a context a load tries. The KV state is as long as the context and lies on the GPU whole, so a GPU that is too small
// for the model's own may well do with less.
import { AppError, isAppError } from '#base/errors.ts';
import type { LoadSettings } from '#engine/protocol/messages.ts';
import type { PreparedModel } from '#engine/worker/model-source.ts';
import type { Program } from '#model-library/program/program.ts';

/** One try: what WebLLM is told, and what all of it takes on the GPU. */
export type ContextPlan = {
  readonly contextLength: number;
  /** -1 with a sliding window, as WebLLM has it. */
  readonly contextWindowSize: number;
  /** Weights and KV state. */
  readonly bytes: number;
  /** Of the KV state's buffers. */
  readonly largestBufferBytes: number;
};

/** Shorter contexts worth having. */
const STEPS = [4096, 2048, 1024, 512];
/** Each try uploads all weights again. */
const MOST_TRIES = 3;

type Model = Pick<PreparedModel, 'contextLength' | 'weightBytes'>;

/**
 * What to try, in order: the context that was asked for alone, or the model's own and then shorter ones, without those whose
 * buffers `checkFits` refuses by throwing `webgpu-limit`. Throws that error when nothing is left, and `engine-request` for a
 * context that the model does not have.
 */
export function planContexts(
  program: Program,
  model: Model,
  { contextLength: wanted, overrides }: Pick<LoadSettings, 'contextLength' | 'overrides'>,
  checkFits: (bytes: number) => void,
): readonly ContextPlan[] {
  const window = overrides?.sliding_window_size ?? -1;
  const own = model.contextLength;
  const plans =
    window > 0
      ? [planFor(program, model, window, true)]
      : contextsFrom(wanted, own).map((length) => planFor(program, model, length, false));
  let refusal: AppError | null = null;
  const fitting = plans.filter(({ largestBufferBytes }) => {
    try {
      checkFits(largestBufferBytes);
      return true;
    } catch (error) {
      if (!isAppError(error, 'webgpu-limit')) throw error;
      refusal = error;
      return false;
    }
  });
  if (fitting.length === 0 && refusal) throw refusal;
  return fitting.slice(0, MOST_TRIES);
}

function contextsFrom(wanted: number | null, own: number): readonly number[] {
  if (wanted === null) return [own, ...STEPS.filter((step) => step < own)];
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > own) {
    throw new AppError('engine-request', { what: `contextLength is ${wanted}; this model takes 1 to ${own}` });
  }
  return [wanted];
}

/** As the runtime's kv-state.ts makes the buffers. */
function planFor(program: Program, model: Model, length: number, slides: boolean): ContextPlan {
  const { states, rotary, prefillChunk, positionLimit } = program;
  const capacity = slides ? length + prefillChunk : length;
  const buffers = states.map(({ perPosition, perRow, fixed }, index) =>
    index === rotary.state
      ? (slides ? positionLimit : length) * rotary.inverseFrequencies.length * 8
      : perPosition * capacity + perRow * prefillChunk + fixed,
  );
  return {
    contextLength: slides ? model.contextLength : length,
    contextWindowSize: slides ? -1 : length,
    bytes: model.weightBytes + buffers.reduce((sum, bytes) => sum + bytes, 0),
    largestBufferBytes: Math.max(...buffers),
  };
}
