import { describe, expect, it } from 'vitest';
import { blockLengthOf, PACKED_FORMATS, type PackedFormat } from '#formats/packed/format.ts';
import { embed } from '#model-library/kernels/embed.ts';
import { gateUp } from '#model-library/kernels/gate-up.ts';
import { lmHead } from '#model-library/kernels/lm-head.ts';
import { matvec } from '#model-library/kernels/matvec.ts';
import { rmsNorm as rmsNormKernel } from '#model-library/kernels/rms-norm.ts';
import { multiply, rmsNorm, siluMultiply } from '#model-library/reference/operations.ts';
import { dotBound, expectWithin } from '#tests/support/gpu/compare.ts';
import { openTestGpu } from '#tests/support/gpu/gpu.ts';
import { createRandom, randomMatrix } from '#tests/support/gpu/random.ts';

const gpu = await openTestGpu();
const PROFILES = ['serial', 'parallel'] as const;
const MODES = ['decode', 'prefill'] as const;
const EPS = 1e-5;

/**
 * An odd shape for every format; for one of them also one row, around a quad, more quads than one invocation each, and
 * rows that take several stages. Small, because a software adapter pays dearly for every workgroup with a barrier.
 */
function shapesOf(format: PackedFormat): [n: number, k: number][] {
  const odd: [number, number] = [18, oddLengthOf(format)];
  return format === 'q4_0' ? [odd, [1, 32], [3, 64], [64, 32], [65, 32], [513, 32], [5, 4128]] : [odd]; // prettier-ignore
}

/** More quads than eight for each of 64 invocations, which only serial decode does otherwise than with fewer. */
const MANY_QUADS: [n: number, k: number] = [2065, 32];

describe.skipIf(!gpu).each(PROFILES)('%s projections', (profile) => {
  describe.each(PACKED_FORMATS)('%s', (format) => {
    it.each(MODES)('matvec adds W x to what is there (%s)', async (mode) => {
      const hasMany = profile === 'serial' && mode === 'decode' && format === 'q4_0';
      for (const [n, k] of [...shapesOf(format), ...(hasMany ? [MANY_QUADS] : [])]) {
        const kernel = matvec({ n, k, format }, profile, mode);
        const random = createRandom(n * k);
        const w = randomMatrix(random, format, n, k);
        for (const rows of mode === 'decode' ? [2] : [1, 33]) {
          const x = random.normal(rows * k);
          const y = random.normal(rows * n);
          const out = await gpu!.run(kernel, { x, w: w.packed, y }, { rows });
          const got = new Float32Array(out.y!, 0, rows * n);
          for (let row = 0; row < rows; row++) {
            const values = x.subarray(row * k, (row + 1) * k);
            const expected = multiply(w.matrix, values).map((sum, i) => sum + y[row * n + i]!);
            const bound = Array.from(expected, (_, i) => dotBound(w.matrix.row(i), values));
            expectWithin(
              got.subarray(row * n, (row + 1) * n),
              expected,
              bound,
              `${kernel.name}, row ${row} of ${rows}`,
            );
          }
        }
      }
    });

    it.each(modesOf(profile, format))(
      'gate_up is silu(gate) * up of the rows, which decode normalises first (%s)',
      async (mode) => {
        const k = oddLengthOf(format);
        const ffn = 10;
        const random = createRandom(k);
        const upFormat = otherFormat(format);
        const kernel = gateUp({ ffn, k, gateFormat: format, upFormat, eps: EPS }, profile, mode);
        const gate = randomMatrix(random, format, ffn, k);
        const up = randomMatrix(random, upFormat, ffn, k);
        const norm = random.normal(k, 0.2);
        for (const rows of mode === 'decode' ? [2] : [35]) {
          const x = random.normal(rows * k, 3);
          const out = await gpu!.run(
            kernel,
            { x, norm, wg: gate.packed, wu: up.packed, out: new Float32Array(rows * ffn) },
            { rows },
          );
          for (let row = 0; row < rows; row++) {
            const values = x.subarray(row * k, (row + 1) * k);
            const h = mode === 'prefill' ? values : rmsNorm(values, norm, EPS);
            const g = multiply(gate.matrix, h);
            const u = multiply(up.matrix, h);
            // silu changes by at most 1.1 of its argument's change; the product takes each factor's error times the other.
            const bound = Array.from(
              g,
              (_, i) =>
                2 ** -19 +
                1.1 * (Math.abs(u[i]!) + 1) * dotBound(gate.matrix.row(i), h) +
                (Math.abs(g[i]!) + 1) * dotBound(up.matrix.row(i), h),
            );
            expectWithin(
              new Float32Array(out.out!, row * ffn * 4, ffn),
              siluMultiply(g, u),
              bound,
              `${kernel.name}, row ${row} of ${rows}`,
            );
          }
        }
      },
    );

    it('lm_head gives the logits of the last row', async () => {
      const k = oddLengthOf(format);
      for (const vocab of format === 'q8_0' ? [1, 19] : [19]) {
        const random = createRandom(vocab);
        const kernel = lmHead({ vocab, k, format, eps: EPS }, profile);
        const w = randomMatrix(random, format, vocab, k);
        const norm = random.normal(k);
        for (const rows of [3]) {
          const x = random.normal(rows * k, 0.1);
          const out = await gpu!.run(kernel, { x, norm, w: w.packed, logits: new Float32Array(vocab) }, { rows });
          const h = rmsNorm(x.subarray((rows - 1) * k), norm, EPS);
          const bound = Array.from({ length: vocab }, (_, i) => dotBound(w.matrix.row(i), h));
          expectWithin(new Float32Array(out.logits!, 0, vocab), multiply(w.matrix, h), bound, kernel.name);
        }
      }
    });
  });
});

describe.skipIf(!gpu).each(PROFILES)('%s rms_norm', (profile) => {
  it.each([
    [1, 32],
    [5, 576],
    [67, 96],
  ])('normalises %i rows of %i', async (rows, k) => {
    const random = createRandom(k);
    const x = random.normal(rows * k, 7);
    const norm = random.normal(k);
    const kernel = rmsNormKernel({ k, eps: EPS }, profile);
    const out = await gpu!.run(kernel, { x, norm, out: new Float32Array(rows * k) }, { rows });
    for (let row = 0; row < rows; row++) {
      const expected = rmsNorm(x.subarray(row * k, (row + 1) * k), norm, EPS);
      // The sum of squares has one sign, so its error stays relative; inverseSqrt may be 2 units in the last place off.
      const bound = expected.map((value) => 2 ** -20 * Math.abs(value) + 1e-30);
      expectWithin(new Float32Array(out.out!, row * k * 4, k), expected, bound, `${kernel.name}, row ${row}`);
    }
  });
});

describe.skipIf(!gpu)('embed', () => {
  it.each(PACKED_FORMATS)('gives rows of a %s table', async (format) => {
    const vocab = 11;
    const k = blockLengthOf(format) * 3;
    const random = createRandom(k);
    const table = randomMatrix(random, format, vocab, k);
    const kernel = embed({ vocab, k, format });
    const ids = Int32Array.of(0, 10, 3, 3, 7);
    const out = await gpu!.run(
      kernel,
      { ids, weight: table.packed, out: new Float32Array(ids.length * k) },
      { rows: ids.length },
    );
    ids.forEach((id, row) => {
      // One rounding at most (and flushed denormals): the products are exact in f32.
      expectWithin(new Float32Array(out.out!, row * k * 4, k), table.matrix.row(id), 2 ** -22, kernel.name);
    });
  });

  it('takes the last row for an id outside the vocabulary', async () => {
    const table = randomMatrix(createRandom(5), 'f32', 4, 32);
    const out = await gpu!.run(
      embed({ vocab: 4, k: 32, format: 'f32' }),
      { ids: Int32Array.of(4, -1), weight: table.packed, out: new Float32Array(64) },
      { rows: 2 },
    );
    expect(new Float32Array(out.out!, 0, 32)).toEqual(table.matrix.row(3));
    expect(new Float32Array(out.out!, 128, 32)).toEqual(table.matrix.row(3));
  });
});

/**
 * Tiles with barriers take a software adapter seconds each to compile. The readers of weights are the same text in every
 * kernel, and matvec runs all of them in tiles too, so the other operations are tried with two.
 */
function modesOf(profile: (typeof PROFILES)[number], format: PackedFormat): readonly (typeof MODES)[number][] {
  return profile === 'serial' || format === 'q4_0' || format === 'q6_k' ? MODES : ['decode'];
}

/** Three blocks of 32, or one of 256. */
function oddLengthOf(format: PackedFormat): number {
  return blockLengthOf(format) === 256 ? 256 : 96;
}

/** Another format with rows of the same length, so that both of an operation's readers are in one kernel. */
function otherFormat(format: PackedFormat): PackedFormat {
  const fitting = PACKED_FORMATS.filter((other) => blockLengthOf(other) === blockLengthOf(format));
  return fitting[(fitting.indexOf(format) + 1) % fitting.length]!;
}
