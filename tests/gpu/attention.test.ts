import { describe, expect, it } from 'vitest';
import { halfToNumber, numberToHalf } from '#base/float16.ts';
import { blockLengthOf, PACKED_FORMATS, type PackedFormat } from '#formats/packed/format.ts';
import { attention, attentionReduce, attentionSplit, splitBytes } from '#model-library/kernels/attention/attention.ts';
import { qkv } from '#model-library/kernels/qkv.ts';
import {
  attend,
  inverseFrequencies,
  multiply,
  rmsNorm,
  rope,
  ropeTable,
  roundToHalf,
  type ReferenceKv,
} from '#model-library/reference/operations.ts';
import { dotBound, expectWithin } from '#tests/support/gpu/compare.ts';
import { openTestGpu } from '#tests/support/gpu/gpu.ts';
import { createRandom, randomMatrix, type Random } from '#tests/support/gpu/random.ts';

const gpu = await openTestGpu();
const PROFILES = ['serial', 'parallel'] as const;
const MODES = ['decode', 'prefill'] as const;
const EPS = 1e-5;

type Heads = { readonly heads: number; readonly kvHeads: number; readonly headDim: number };
const HEADS: readonly Heads[] = [
  { heads: 2, kvHeads: 2, headDim: 32 },
  { heads: 9, kvHeads: 3, headDim: 64 },
  { heads: 4, kvHeads: 1, headDim: 128 },
  { heads: 6, kvHeads: 1, headDim: 80 },
];

type Cache = { readonly capacity: number; readonly window: number; readonly sink: number };
const FULL: Cache = { capacity: 208, window: 0, sink: 0 };

/** Where docs/architecture.md puts a position. */
function slotOf(position: number, { capacity, window, sink }: Cache): number {
  return window === 0 || position < sink ? position : sink + ((position - sink) % (capacity - sink));
}

describe.skipIf(!gpu).each(PROFILES)('%s qkv', (profile) => {
  async function check(
    sizes: Heads,
    k: number,
    format: PackedFormat,
    options: {
      ropeLayout: 'norm' | 'neox';
      mode: (typeof MODES)[number];
      rows: number;
      position: number;
      cache: Cache;
    },
  ): Promise<void> {
    const { heads, kvHeads, headDim } = sizes;
    const { ropeLayout, mode, rows, position, cache } = options;
    const random = createRandom(k + rows);
    const [qFormat, kFormat, vFormat] = [format, format, otherFormat(format)];
    const kernel = qkv({ ...sizes, k, ropeLayout, qFormat, kFormat, vFormat, eps: EPS }, profile, mode);
    const wq = randomMatrix(random, qFormat, heads * headDim, k);
    const wk = randomMatrix(random, kFormat, kvHeads * headDim, k);
    const wv = randomMatrix(random, vFormat, kvHeads * headDim, k);
    const norm = random.normal(k, 0.1);
    const x = random.normal(rows * k, 2);
    const table = ropeTable(inverseFrequencies(headDim, 10000), position + rows);
    const width = kvHeads * headDim;
    const before = Uint16Array.from(random.normal(cache.capacity * width * 2), numberToHalf);
    const out = await gpu!.run(
      kernel,
      {
        x,
        norm,
        wq: wq.packed,
        wk: wk.packed,
        wv: wv.packed,
        rope: table,
        kv: before,
        q: new Float32Array(rows * heads * headDim),
      },
      { rows, position, ...cache },
    );
    const kv = new Uint16Array(out.kv!, 0, before.length);
    const expectedKv = Float64Array.from(before, halfToNumber);
    const kvBound = new Float64Array(before.length).fill(1e-30);
    for (let row = 0; row < rows; row++) {
      const input = x.subarray(row * k, (row + 1) * k);
      const h = mode === 'prefill' ? input : rmsNorm(input, norm, EPS);
      const at = slotOf(position + row, cache) * width * 2;
      const q = rope(multiply(wq.matrix, h), headDim, ropeLayout, table, position + row);
      // A turned element mixes two sums, so it has both errors; norms and rotation add a few roundings of its own size.
      const qBound = Array.from(q, (value, i) => 4 * dotBound(wq.matrix.row(i), h) + 2 ** -21 * Math.abs(value));
      expectWithin(new Float32Array(out.q!, row * q.length * 4, q.length), q, qBound, `${kernel.name} q, row ${row}`);
      const keys = rope(multiply(wk.matrix, h), headDim, ropeLayout, table, position + row);
      const values = multiply(wv.matrix, h);
      for (let i = 0; i < width; i++) {
        expectedKv[at + i] = keys[i]!;
        expectedKv[at + width + i] = values[i]!;
        // One unit in the last place of f16 (2^-10 of the value, 2^-24 at least), as WGSL may round it either way.
        kvBound[at + i] = 2 ** -24 + 2 ** -10 * Math.abs(keys[i]!) + 4 * dotBound(wk.matrix.row(i), h);
        kvBound[at + width + i] = 2 ** -24 + 2 ** -10 * Math.abs(values[i]!) + 4 * dotBound(wv.matrix.row(i), h);
      }
    }
    expectWithin(Array.from(kv, halfToNumber), expectedKv, kvBound, `${kernel.name} kv`);
  }

  // As in projections.test.ts: tiles with barriers are slow to compile, and matvec runs every reader in them.
  function modesOf(format: PackedFormat | null): readonly (typeof MODES)[number][] {
    return profile === 'serial' || format === 'q4_0' || format === 'q6_k' ? MODES : ['decode'];
  }

  it.each(PACKED_FORMATS.flatMap((format) => modesOf(format).map((mode) => [format, mode] as const)))(
    'projects %s (%s)',
    async (format, mode) => {
      const k = blockLengthOf(format) === 256 ? 256 : 64;
      await check({ heads: 1, kvHeads: 1, headDim: 16 }, k, format, {
        ropeLayout: 'norm',
        mode,
        rows: mode === 'decode' ? 1 : 5,
        position: 3,
        cache: FULL,
      });
    },
  );

  for (const sizes of HEADS) {
    for (const ropeLayout of ['norm', 'neox'] as const) {
      it.each(sizes === HEADS[1] ? MODES : modesOf(null))(
        `turns ${sizes.heads}:${sizes.kvHeads} heads of ${sizes.headDim} in the ${ropeLayout} layout (%s)`,
        async (mode) => {
          await check(sizes, 32, 'q4_0', {
            ropeLayout,
            mode,
            rows: mode === 'decode' ? 2 : 6,
            position: 198,
            cache: FULL,
          });
        },
      );
    }
  }

  it('writes to the slots that a sliding window has freed', async () => {
    const cache = { capacity: 12, window: 8, sink: 2 };
    for (const position of [0, 1, 10, 11, 12, 21]) {
      await check(HEADS[0]!, 32, 'f16', { ropeLayout: 'norm', mode: 'prefill', rows: 4, position, cache });
    }
  });
});

describe.skipIf(!gpu).each(PROFILES)('%s attention', (profile) => {
  const run = async (sizes: Heads, rows: number, position: number, cache: Cache, scale = 1): Promise<void> => {
    const { heads, kvHeads, headDim } = sizes;
    const random = createRandom(rows + position);
    const kv = randomKv(random, position + rows, kvHeads * headDim, scale);
    const q = random.normal(rows * heads * headDim, scale);
    const width = kvHeads * headDim;
    const packed = new Uint16Array(cache.capacity * width * 2).fill(0x7e00); // NaN where nothing was written
    for (let p = 0; p < position + rows; p++) {
      const at = slotOf(p, cache) * width * 2;
      packed.set(Uint16Array.from(kv.keys[p]!, numberToHalf), at);
      packed.set(Uint16Array.from(kv.values[p]!, numberToHalf), at + width);
    }
    const call = { rows, position, ...cache };
    check(sizes, q, kv, call, await runWhole(sizes, q, packed, call), scale);
    if (rows === 1) check(sizes, q, kv, call, await runSplit(sizes, q, packed, call), scale);
  };

  function check(sizes: Heads, q: Float32Array, kv: ReferenceKv, call: Call, got: Float32Array, scale: number): void {
    const { heads, kvHeads, headDim } = sizes;
    const { rows, position } = call;
    for (let row = 0; row < rows; row++) {
      const seen: ReferenceKv = {
        keys: kv.keys.slice(0, position + row + 1),
        values: kv.values.slice(0, position + row + 1),
      };
      const query = q.subarray(row * heads * headDim, (row + 1) * heads * headDim);
      const expected = attend(query, seen, position + row, heads, kvHeads, call);
      // A weighted mean of values of about 1: exp of a score of up to `largest` carries that many roundings of f32.
      const largest = 1 + scale * scale * Math.sqrt(headDim);
      expectWithin(
        got.subarray(row * expected.length, (row + 1) * expected.length),
        expected,
        2 ** -20 * largest * scale,
        `${profile} row ${row} of ${rows} at ${position}`,
      );
    }
  }

  type Call = Cache & { readonly rows: number; readonly position: number };

  async function runWhole(sizes: Heads, q: Float32Array, kv: Uint16Array, call: Call): Promise<Float32Array> {
    const out = await gpu!.run(attention(sizes, profile), { q, kv, out: new Float32Array(q.length) }, call);
    return new Float32Array(out.out!, 0, q.length);
  }

  async function runSplit(sizes: Heads, q: Float32Array, kv: Uint16Array, call: Call): Promise<Float32Array> {
    const { perPosition, fixed } = splitBytes(sizes, profile);
    const variables = { ...call, total: call.position + 1 };
    const parts = new Float32Array(Math.ceil((perPosition * call.capacity + fixed) / 4)).fill(NaN);
    const split = await gpu!.run(attentionSplit(sizes, profile), { q, kv, parts }, variables);
    const joined = { parts: new Float32Array(split.parts!), out: new Float32Array(q.length) };
    const out = await gpu!.run(attentionReduce(sizes, profile), joined, variables);
    return new Float32Array(out.out!, 0, q.length);
  }

  for (const sizes of HEADS) {
    it.each([0, 1, 63, 64, 65, 200])(
      `decodes ${sizes.heads}:${sizes.kvHeads} heads of ${sizes.headDim} at position %i`,
      (position) => run(sizes, 1, position, FULL),
    );
    it.each([[5, 0], [7, 62], [33, 31]])(`prefills ${sizes.heads}:${sizes.kvHeads} heads of ${sizes.headDim}, %i rows from %i`, (rows, position) => run(sizes, rows, position, FULL)); // prettier-ignore
  }

  it('stays exact where one score outweighs all others', () => run(HEADS[0]!, 3, 20, FULL, 8));

  it.each([0, 3, 7, 8, 9, 15, 40])('sees sinks and the last of a window at position %i', async (position) => {
    await run(HEADS[0]!, 1, position, { capacity: 13, window: 8, sink: 3 });
    await run(HEADS[0]!, 1, position, { capacity: 13, window: 8, sink: 0 });
    await run(HEADS[0]!, 6, position, { capacity: 13, window: 8, sink: 3 });
  });
});

describe('attention sizes', () => {
  it.each([
    { heads: 4, kvHeads: 3, headDim: 64 },
    { heads: 4, kvHeads: 4, headDim: 40 },
    { heads: 0, kvHeads: 1, headDim: 64 },
  ])('refuses %o', (sizes) => {
    // prettier-ignore
    expect(() => attention(sizes, 'serial')).toThrow(expect.objectContaining({ code: 'kernel-shape' }));
  });
});

function randomKv(random: Random, count: number, width: number, scale: number): ReferenceKv {
  const rows = (): Float64Array[] => Array.from({ length: count }, () => roundToHalf(random.normal(width, scale)));
  return { keys: rows(), values: rows() };
}

function otherFormat(format: PackedFormat): PackedFormat {
  const fitting = PACKED_FORMATS.filter((other) => blockLengthOf(other) === blockLengthOf(format));
  return fitting[(fitting.indexOf(format) + 1) % fitting.length]!;
}
