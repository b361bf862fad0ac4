import { describe, expect, it } from 'vitest';
import { PACKED_FORMATS, blockLengthOf } from '#formats/packed/format.ts';
import { matvec } from '#model-library/kernels/matvec.ts';
import { multiply } from '#model-library/reference/operations.ts';
import { openTestGpu } from '#tests/support/gpu/gpu.ts';
import { createRandom, randomMatrix } from '#tests/support/gpu/random.ts';

const gpu = await openTestGpu();

describe.skipIf(!gpu)('matvec', () => {
  for (const format of PACKED_FORMATS)
    it(format, async () => {
      const random = createRandom(1);
      const k = blockLengthOf(format) * 3;
      const n = 9;
      const rows = 3;
      const w = randomMatrix(random, format, n, k);
      const x = random.normal(rows * k);
      const y = random.normal(rows * n);
      for (const mode of ['decode', 'prefill'] as const) {
        const kernel = matvec({ n, k, format }, 'serial', mode);
        const out = await gpu!.run(kernel, { x, w: w.packed, y }, { rows });
        const got = new Float32Array(out.y!).subarray(0, rows * n);
        let worst = 0;
        for (let r = 0; r < rows; r++) {
          const e = multiply(w.matrix, x.subarray(r * k, (r + 1) * k));
          for (let i = 0; i < n; i++) worst = Math.max(worst, Math.abs(e[i]! + y[r * n + i]! - got[r * n + i]!));
        }
        console.log(format, mode, worst);
        expect(worst).toBeLessThan(1e-4);
      }
    });
});
