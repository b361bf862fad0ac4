// The projections of decode with their reductions inside subgroups. The readers of weights are those of the other profiles,
// so a few formats do; the shapes give teams of 4, 8, 16, 32 and 64 invocations.
import { describe, expect, it } from 'vitest';
import { gateUp } from '#model-library/kernels/gate-up.ts';
import { featuresOf, type Kernel } from '#model-library/kernels/kernel.ts';
import { lmHead } from '#model-library/kernels/lm-head.ts';
import { matvec } from '#model-library/kernels/matvec.ts';
import { multiply, rmsNorm, siluMultiply } from '#model-library/reference/operations.ts';
import { dotBound, expectWithin } from '#tests/support/gpu/compare.ts';
import { openTestGpu } from '#tests/support/gpu/gpu.ts';
import { createRandom, randomMatrix } from '#tests/support/gpu/random.ts';

const gpu = await openTestGpu(featuresOf('subgroups'));
const EPS = 1e-5;

const teamOf = ({ code }: Kernel) => Number(/const TEAM: u32 = (\d+)u;/.exec(code)![1]);

describe.skipIf(!gpu)('subgroups projections', () => {
  it.each([
    [1, 32, 4],
    [65, 64, 4],
    [18, 256, 8],
    [33, 544, 16],
    [9, 1056, 32],
    [5, 4128, 64],
  ])('matvec adds the products of %i rows of %i (teams of %i)', async (n, k, team) => {
    const kernel = matvec({ n, k, format: 'q4_0' }, 'subgroups', 'decode');
    expect(teamOf(kernel)).toBe(team);
    const random = createRandom(n * k);
    const w = randomMatrix(random, 'q4_0', n, k);
    const [x, y] = [random.normal(2 * k), random.normal(2 * n)];
    const out = await gpu!.run(kernel, { x, w: w.packed, y }, { rows: 2 });
    for (let row = 0; row < 2; row++) {
      const values = x.subarray(row * k, (row + 1) * k);
      const expected = multiply(w.matrix, values).map((sum, i) => sum + y[row * n + i]!);
      const bound = Array.from(expected, (_, i) => dotBound(w.matrix.row(i), values));
      expectWithin(new Float32Array(out.y!, row * n * 4, n), expected, bound, `${kernel.name}, row ${row}`);
    }
  });

  it.each([96, 576, 4128])('lm_head normalises a row of %i over the whole workgroup', async (k) => {
    const vocab = 19;
    const random = createRandom(k);
    const kernel = lmHead({ vocab, k, format: 'q8_0', eps: EPS }, 'subgroups');
    const w = randomMatrix(random, 'q8_0', vocab, k);
    const [norm, x] = [random.normal(k), random.normal(3 * k, 0.1)];
    const out = await gpu!.run(kernel, { x, norm, w: w.packed, logits: new Float32Array(vocab) }, { rows: 3 });
    const h = rmsNorm(x.subarray(2 * k), norm, EPS);
    const bound = Array.from({ length: vocab }, (_, i) => dotBound(w.matrix.row(i), h));
    expectWithin(new Float32Array(out.logits!, 0, vocab), multiply(w.matrix, h), bound, kernel.name);
  });

  it('gate_up is silu(gate) * up', async () => {
    const [ffn, k] = [10, 256];
    const random = createRandom(ffn);
    const kernel = gateUp({ ffn, k, gateFormat: 'q4_k', upFormat: 'q6_k', eps: EPS }, 'subgroups', 'decode');
    const gate = randomMatrix(random, 'q4_k', ffn, k);
    const up = randomMatrix(random, 'q6_k', ffn, k);
    const [norm, x] = [random.normal(k, 0.2), random.normal(k, 3)];
    const inputs = { x, norm, wg: gate.packed, wu: up.packed, out: new Float32Array(ffn) };
    const out = await gpu!.run(kernel, inputs, { rows: 1 });
    const h = rmsNorm(x, norm, EPS);
    const [g, u] = [multiply(gate.matrix, h), multiply(up.matrix, h)];
    // As in projections.test.ts: silu changes by at most 1.1 of its argument's change.
    const bound = Array.from(
      g,
      (_, i) =>
        2 ** -19 +
        1.1 * (Math.abs(u[i]!) + 1) * dotBound(gate.matrix.row(i), h) +
        (Math.abs(g[i]!) + 1) * dotBound(up.matrix.row(i), h),
    );
    expectWithin(new Float32Array(out.out!, 0, ffn), siluMultiply(g, u), bound, kernel.name);
  });
});
