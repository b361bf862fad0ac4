// `npm run bench -- kernels`: single kernels on their real shapes, this checkout's beside another revision's when one is
// named, taking turns. A revision that computes something else is no comparison and is refused.
import { expect, test } from 'vitest';
import { createBuffers, prepareKernel, type CaseBuffers, type TimedKernel } from './kernels/stopwatch.ts';
import { kernelCases, type KernelCase, type KernelSet } from './kernels/cases.ts';
import { ratioOf, spreadOf } from './statistics.ts';

const { BENCH_ROUNDS, BENCH_KERNELS, BENCH_PROFILE, BENCH_AGAINST } = import.meta.env as Record<
  string,
  string | undefined
>;
const ROUNDS = Number(BENCH_ROUNDS ?? 7);
const PROFILE = BENCH_PROFILE === 'parallel' ? 'parallel' : 'serial';
/** One sample lasts about this long, so that the clock and the wake-up of the queue do not matter. */
const SAMPLE_MS = 40;
const FILTER = new RegExp(BENCH_KERNELS ?? '.');

async function thisRevision(): Promise<KernelSet> {
  const [a, b, c, d, e] = await Promise.all([
    import('#model-library/kernels/matvec.ts'),
    import('#model-library/kernels/gate-up.ts'),
    import('#model-library/kernels/qkv.ts'),
    import('#model-library/kernels/lm-head.ts'),
    import('#model-library/kernels/attention/attention.ts'),
  ]);
  return { ...a, ...b, ...c, ...d, ...e };
}

/** The kernels of the checkout that scripts/bench.mjs put beside ours. */
async function otherRevision(): Promise<KernelSet | null> {
  if (!BENCH_AGAINST) return null;
  const parts = ['matvec', 'gate-up', 'qkv', 'lm-head', 'attention/attention'];
  const from = (part: string) =>
    import(/* @vite-ignore */ `/bench/results/against/src/model-library/kernels/${part}.ts`);
  return Object.assign({}, ...(await Promise.all(parts.map(from)))) as KernelSet;
}

/** Larger than f32 rounding in another order makes, far smaller than a mistake does. */
function agree(ours: ArrayLike<number>, theirs: ArrayLike<number>): boolean {
  let largest = 0;
  for (let i = 0; i < ours.length; i++) largest = Math.max(largest, Math.abs(ours[i]!));
  for (let i = 0; i < ours.length; i++) if (!(Math.abs(ours[i]! - theirs[i]!) <= 1e-3 * largest)) return false;
  return ours.length === theirs.length && largest > 0;
}

async function timesPerSample(kernel: TimedKernel): Promise<number> {
  await kernel.run(1); // the first run of a pipeline is slower
  let times = 1;
  for (let elapsed = await kernel.run(times); elapsed < SAMPLE_MS && times < 4096; elapsed = await kernel.run(times)) {
    times = Math.min(4096, Math.ceil(times * Math.max(2, SAMPLE_MS / Math.max(elapsed, 1))));
  }
  return times;
}

async function measure(device: GPUDevice, kernelCase: KernelCase, sets: readonly KernelSet[], buffers: CaseBuffers) {
  const kernels: TimedKernel[] = [];
  for (const set of sets) kernels.push(await prepareKernel(device, kernelCase, kernelCase.kernel(set), buffers));
  if (kernels.length > 1) {
    const [ours, theirs] = [await kernels[0]!.output(), await kernels[1]!.output()];
    if (!agree(ours, theirs)) throw new Error(`${kernelCase.name}: the two revisions compute different numbers.`);
  }
  const times: number[] = [];
  for (const kernel of kernels) times.push(await timesPerSample(kernel));
  const samples = kernels.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, kernel] of kernels.entries()) {
      samples[at]!.push(((await kernel.run(times[at]!)) * 1000) / times[at]!);
    }
  }
  return samples;
}

test('times every kernel', async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('This browser has no WebGPU adapter, so there is nothing to measure.');
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
  let lastError: string | null = null;
  device.addEventListener('uncapturederror', ({ error }) => (lastError = error.message));
  const other = await otherRevision();
  const sets = [await thisRevision(), ...(other ? [other] : [])];
  const { vendor, architecture, description } = adapter.info;
  const lines = [`${vendor} ${architecture} ${description}, ${PROFILE} profile, ${ROUNDS} rounds`];
  for (const kernelCase of kernelCases(PROFILE).filter(({ name }) => FILTER.test(name))) {
    const buffers = createBuffers(device, kernelCase);
    const samples = await measure(device, kernelCase, sets, buffers);
    for (const buffer of buffers.values()) buffer.destroy();
    expect(lastError).toBeNull();
    const [ours, theirs] = samples;
    const spread = spreadOf(ours!)!;
    const ratio = theirs ? ratioOf(theirs, ours!) : null;
    lines.push(
      [
        kernelCase.name.padEnd(58),
        `${spread.median.toFixed(1)} µs (${spread.low.toFixed(1)}–${spread.high.toFixed(1)})`.padStart(32),
        `${(kernelCase.weightBytes / spread.median / 1000).toFixed(2)} GB/s`.padStart(12),
        `${(kernelCase.operations / spread.median / 1000).toFixed(2)} GFLOP/s`.padStart(15),
        ratio ? `${ratio.median.toFixed(2)}× ${BENCH_AGAINST} (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)})` : '',
      ].join('  '),
    );
    console.log(lines.at(-1));
  }
  console.log(`\n${lines.join('\n')}\n`);
  device.destroy();
});
