// `npm run bench -- kernels`: what a token costs the GPU, kernel by kernel, on the models' real shapes; this checkout's
// program beside another revision's when one is named, taking turns. A revision that computes something else is refused.
import { expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import { createLlamaProgram } from '#model-library/program/llama-program.ts';
import type { Step } from '#model-library/program/program.ts';
import { TIMED_MODELS, type TimedModel } from './kernels/models.ts';
import { Stage, type Situation } from './kernels/stage.ts';
import { ratioOf, spreadOf, type Spread } from './statistics.ts';

const env = import.meta.env as Record<string, string | undefined>;
const ROUNDS = Number(env.BENCH_ROUNDS ?? 7);
const PROFILE = env.BENCH_PROFILE === 'parallel' ? 'parallel' : 'serial';
const AGAINST = env.BENCH_AGAINST;
/** Chooses situations, as `smollm2 decode`. */
const FILTER = new RegExp(env.BENCH_KERNELS ?? '.');
/** One sample lasts about this long, so that neither the clock nor the wake-up of the queue matters. */
const SAMPLE_MS = 50;

type MakeProgram = typeof createLlamaProgram;
/** One run: on the clock, and in processor time of the GPU process (null where the system does not say). */
type Sample = { readonly clockMs: number; readonly workMs: number | null };
type Stopwatch = (times: number) => Promise<number>;
type Timed = {
  readonly name: string;
  readonly dispatchCount: number;
  readonly clock: Spread;
  readonly work: Spread | null;
  readonly ratio: Spread | null;
};

const adapter = await navigator.gpu?.requestAdapter();
/** In software the GPU process computes the kernels, and its work does not depend on what else the machine does. */
const COMPARES_WORK = adapter?.info.architecture === 'swiftshader';

declare module 'vitest/browser' {
  interface BrowserCommands {
    gpuProcessMs(): Promise<number | null>;
  }
}

/** The program of the checkout that scripts/bench.mjs put beside ours. */
async function otherRevision(): Promise<MakeProgram | null> {
  if (!AGAINST) return null;
  const path = '/bench/results/against/src/model-library/program/llama-program.ts';
  return ((await import(/* @vite-ignore */ path)) as { createLlamaProgram: MakeProgram }).createLlamaProgram;
}

function situationsOf({ name, prefillRows }: TimedModel): [label: string, situation: Situation][] {
  const all: [string, Situation][] = [
    [`${name} decode at 128`, { task: 'decode', rows: 1, position: 128 }],
    [`${name} decode at 1024`, { task: 'decode', rows: 1, position: 1024 }],
    [`${name} softmax`, { task: 'softmax', rows: 1, position: 0 }],
    [`${name} sample`, { task: 'sample', rows: 1, position: 0 }],
    [`${name} prefill of ${prefillRows}`, { task: 'prefill', rows: prefillRows, position: 0 }],
  ];
  return all.filter(([label]) => FILTER.test(label));
}

/** Larger than f32 rounding in another order makes, far smaller than a mistake does. */
function expectSameNumbers(ours: Float32Array, theirs: Float32Array, label: string): void {
  const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest, `${label}: this revision computes nothing`).toBeGreaterThan(0);
  const isFar = ours.some((value, i) => !(Math.abs(value - theirs[i]!) <= 2e-3 * largest));
  expect(isFar, `${label}: the two revisions compute different numbers`).toBe(false);
}

async function takeSample(run: Stopwatch, times: number): Promise<Sample> {
  const before = await commands.gpuProcessMs();
  const clockMs = (await run(times)) / times;
  const after = await commands.gpuProcessMs();
  return { clockMs, workMs: before === null || after === null ? null : (after - before) / times };
}

/** `ROUNDS` samples of each stopwatch, taking turns. */
async function takeTurns(stopwatches: readonly Stopwatch[]): Promise<Sample[][]> {
  const times: number[] = [];
  for (const run of stopwatches) {
    const first = await run(1); // the first run of a pipeline is slower
    const once = first > 20 * SAMPLE_MS ? first : await run(1);
    times.push(Math.min(1000, Math.ceil(SAMPLE_MS / Math.max(once, 0.1))));
  }
  const samples = stopwatches.map((): Sample[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, run] of stopwatches.entries()) samples[at]!.push(await takeSample(run, times[at]!));
  }
  return samples;
}

async function timeSteps(
  stages: readonly Stage[],
  situation: Situation,
  name: string,
  stepsOf: (stage: Stage) => readonly Step[] | undefined,
): Promise<Timed> {
  const known = stages.map((stage) => [stage, stepsOf(stage)] as const).filter(([, steps]) => steps !== undefined);
  const stopwatches = await Promise.all(known.map(([stage, steps]) => stage.stopwatch(situation, steps!)));
  const [ours, theirs] = await takeTurns(stopwatches);
  const compared = ({ clockMs, workMs }: Sample) => (COMPARES_WORK ? workMs : clockMs);
  const work = ours!.map(({ workMs }) => workMs).filter((ms) => ms !== null);
  return {
    name,
    dispatchCount: known[0]![1]!.filter(({ type }) => type === 'dispatch').length,
    clock: spreadOf(ours!.map(({ clockMs }) => clockMs))!,
    work: spreadOf(work),
    ratio: theirs ? ratioOf(theirs.map(compared), ours!.map(compared)) : null,
  };
}

const msText = (ms: Spread | null) =>
  ms ? `${ms.median.toFixed(2)} ms (${ms.low.toFixed(2)}–${ms.high.toFixed(2)})` : '–';

function lineOf({ name, dispatchCount, clock, work, ratio }: Timed, whole: Timed): string {
  const share =
    COMPARES_WORK && work && whole.work ? work.median / whole.work.median : clock.median / whole.clock.median;
  const compared = ratio
    ? `${AGAINST} takes ${ratio.median.toFixed(2)}× (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)})`
    : '';
  return [
    name.padEnd(56),
    `${dispatchCount}×`.padStart(5),
    `clock ${msText(clock)}`.padStart(36),
    `work ${msText(work)}`.padStart(36),
    `${(100 * share).toFixed(1)} %`.padStart(8),
    compared,
  ].join('  ');
}

test('times every kernel', async () => {
  if (!adapter) throw new Error('This browser has no WebGPU adapter, so there is nothing to measure.');
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize };
  const device = await adapter.requestDevice({ requiredLimits });
  let lastError: string | null = null;
  device.addEventListener('uncapturederror', ({ error }) => (lastError = error.message));

  const other = await otherRevision();
  const makers: readonly MakeProgram[] = other ? [createLlamaProgram, other] : [createLlamaProgram];
  const { vendor, architecture, description } = adapter.info;
  const lines = [`${vendor} ${architecture} ${description}, ${PROFILE} profile, ${ROUNDS} rounds`];
  for (const model of TIMED_MODELS) {
    const situations = situationsOf(model);
    if (situations.length === 0) continue;
    const stages = makers.map((make) => new Stage(device, make(model.description, PROFILE), model));
    for (const [label, situation] of situations) {
      const results = await Promise.all(stages.map((stage) => stage.result(situation)));
      if (results[1]) expectSameNumbers(results[0]!, results[1], label);
      const whole = await timeSteps(stages, situation, label, (stage) =>
        [...stage.dispatches(situation).values()].flat(),
      );
      const kernels: Timed[] = [];
      for (const name of stages[0]!.dispatches(situation).keys()) {
        kernels.push(await timeSteps(stages, situation, `  ${name}`, (stage) => stage.dispatches(situation).get(name)));
      }
      expect(lastError, label).toBeNull();
      lines.push('', ...[whole, ...kernels].map((timed) => lineOf(timed, whole)));
      console.log(lines.slice(-1 - kernels.length).join('\n'));
    }
    for (const stage of stages) stage.destroy();
  }
  console.log(`\n${lines.join('\n')}\n`);
  device.destroy();
});
