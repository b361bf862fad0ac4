import { describe, expect, it } from 'vitest';
import { PACKED_FORMATS } from '#formats/packed/format.ts';
import { assembleKernel, fixed } from '#model-library/kernels/assemble.ts';
import { attention, attentionReduce, attentionSplit, splitBytes } from '#model-library/kernels/attention/attention.ts';
import { embed } from '#model-library/kernels/embed.ts';
import { gateUp } from '#model-library/kernels/gate-up.ts';
import type { Kernel, KernelProfile } from '#model-library/kernels/kernel.ts';
import { featuresOf, KERNEL_PROFILES, VARIABLES } from '#model-library/kernels/kernel.ts';
import { lmHead } from '#model-library/kernels/lm-head.ts';
import { matvec } from '#model-library/kernels/matvec.ts';
import { qkv } from '#model-library/kernels/qkv.ts';
import { repeatLines } from '#model-library/kernels/repeat-lines.ts';
import { rmsNorm } from '#model-library/kernels/rms-norm.ts';
import { bias, bitmask, penalty, sampleTopP, softmax } from '#model-library/kernels/sampling/sampling.ts';

const MODES = ['decode', 'prefill'] as const;
const SOLAR = { heads: 32, kvHeads: 8, headDim: 128 };
const EPS = 1e-5;

/** Every kernel at SOLAR's sizes, its widest formats included. */
function kernelsOf(profile: KernelProfile): Kernel[] {
  const projections = PACKED_FORMATS.flatMap((format) =>
    MODES.flatMap((mode) => [
      qkv(
        { k: 4096, ...SOLAR, ropeLayout: 'norm', qFormat: format, kFormat: 'f32', vFormat: 'q6_k', eps: EPS },
        profile,
        mode,
      ),
      qkv(
        { k: 4096, ...SOLAR, ropeLayout: 'neox', qFormat: format, kFormat: 'f32', vFormat: 'q6_k', eps: EPS },
        profile,
        mode,
      ),
      matvec({ n: 4096, k: 14336, format }, profile, mode),
      matvec({ n: 4096, k: 4096, format }, profile, mode),
      gateUp({ ffn: 14336, k: 4096, gateFormat: format, upFormat: 'q5_k', eps: EPS }, profile, mode),
    ]),
  );
  return [
    ...projections,
    ...PACKED_FORMATS.map((format) => lmHead({ vocab: 32000, k: 4096, format, eps: EPS }, profile)),
    ...PACKED_FORMATS.map((format) => embed({ vocab: 32000, k: 4096, format })),
    rmsNorm({ k: 4096, eps: EPS }, profile),
    attention(SOLAR, profile),
    attentionSplit(SOLAR, profile),
    attentionReduce(SOLAR, profile),
    ...[softmax, sampleTopP, penalty, bias, bitmask].map((make) => make(32000)),
  ];
}

describe.each(KERNEL_PROFILES)('%s kernels', (profile) => {
  const kernels = kernelsOf(profile);

  it('have names of their own that are entry points', () => {
    expect(new Set(kernels.map(({ name }) => name)).size).toBe(kernels.length);
    for (const { name, code } of kernels) {
      expect(name).toMatch(/^[a-z0-9_]+$/);
      expect(code.split(`fn ${name}(`)).toHaveLength(2);
    }
  });

  it('bind at most eight storage buffers and one uniform block, in order', () => {
    for (const { bindings, scalars, code } of kernels) {
      expect(bindings.length).toBeLessThanOrEqual(8);
      const bound = [...code.matchAll(/@binding\((\d+)\) var<(storage, read|storage, read_write|uniform)> (\w+)/g)];
      expect(bound.map(([, , space, name]) => [space, name])).toEqual([
        ...bindings.map(({ name, access }) => [access === 'write' ? 'storage, read_write' : 'storage, read', name]),
        ['uniform', 'scalars'],
      ]);
      expect(bound.map(([, index]) => Number(index))).toEqual(bound.map((_, index) => index));
      expect(code).toContain(
        `struct Scalars { ${[...scalars.map((name) => `${name}: i32`), 'packGridDimX: u32'].join(', ')} }`,
      );
      for (const scalar of scalars) expect(VARIABLES).toContain(scalar);
    }
  });

  it('are ASCII and ask for nothing that a WebGPU device may lack but the profile says', () => {
    const asksForSubgroups = featuresOf(profile).includes('subgroups');
    for (const { name, code } of kernels) {
      expect(/^[\n -~]*$/.test(code), name).toBe(true);
      const mayUseSubgroups = asksForSubgroups && /^(qkv|matvec|gate_up|lm_head)_.*_decode$/.test(name);
      expect(code.startsWith('enable subgroups;\n'), name).toBe(mayUseSubgroups);
      const rest = mayUseSubgroups ? code.replace(/^enable subgroups;|subgroup_size|subgroupShuffleXor/g, '') : code;
      expect(rest.replaceAll(name, ''), name).not.toMatch(/\benable\b|subgroup|\bf16\b|dot4|unpack4x|\b(sin|cos)\(/);
    }
  });

  it('have no barrier where a software adapter runs them for every token', () => {
    const large = kernels.filter(({ name }) => !/^(softmax|sample)/.test(name));
    if (profile === 'serial') for (const { code } of large) expect(code).not.toMatch(/Barrier|workgroupUniformLoad/);
  });

  it('dispatch at most 65535 workgroups along y for 512 rows of 4096 positions', () => {
    const variables = {
      one: 1,
      rows: 512,
      position: 3584,
      total: 4096,
      count: 100,
      capacity: 4096,
      window: 0,
      sink: 0,
    };
    for (const { name, grid } of kernels) {
      for (const { mul, div } of grid) expect(mul > 0 && div > 0, name).toBe(true);
      expect((variables[grid[1].of] * grid[1].mul) / grid[1].div, name).toBeLessThanOrEqual(65535);
    }
  });

  it('have room for every split of a full cache', () => {
    const { perPosition, fixed: rest } = splitBytes(SOLAR, profile);
    const { mul, div } = attentionSplit(SOLAR, profile).grid[1];
    const splits = Math.ceil((4096 * mul) / div);
    expect(perPosition * 4096 + rest).toBeGreaterThanOrEqual(splits * SOLAR.heads * (SOLAR.headDim + 4) * 4);
  });
});

describe('a kernel of a size it cannot take', () => {
  const heads = { ...SOLAR, ropeLayout: 'norm', qFormat: 'q4_0', kFormat: 'q4_0', vFormat: 'q4_0', eps: EPS } as const;
  it.each([
    ['k that is no multiple of 32', () => matvec({ n: 4, k: 40, format: 'f32' }, 'serial', 'decode'), 'kernel-shape'],
    ['k that is no whole block', () => matvec({ n: 4, k: 128, format: 'q4_k' }, 'serial', 'decode'), 'packed-row'],
    ['no rows', () => matvec({ n: 0, k: 32, format: 'f32' }, 'serial', 'decode'), 'kernel-shape'],
    ['half a row', () => lmHead({ vocab: 1.5, k: 32, format: 'f32', eps: EPS }, 'serial'), 'kernel-shape'],
    [
      'an odd number of gates',
      () => gateUp({ ffn: 7, k: 32, gateFormat: 'f32', upFormat: 'f32', eps: EPS }, 'serial', 'decode'),
      'kernel-shape',
    ],
    ['heads that share unevenly', () => qkv({ ...heads, k: 4096, kvHeads: 5 }, 'serial', 'decode'), 'kernel-shape'],
    ['heads of 24', () => attention({ heads: 4, kvHeads: 4, headDim: 24 }, 'serial'), 'kernel-shape'],
    ['heads of 512', () => attention({ heads: 4, kvHeads: 4, headDim: 512 }, 'parallel'), 'kernel-shape'],
    ['no vocabulary', () => sampleTopP(0), 'kernel-shape'],
  ])('is refused by name: %s', (_, make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });
});

describe('assembling', () => {
  it('declares bindings, scalars and constants, drops comments and adds the entry point', () => {
    const kernel = assembleKernel({
      name: 'twice',
      bindings: [{ name: 'x', access: 'write', type: 'f32' }],
      scalars: ['rows'],
      grid: [fixed(3), fixed(1)],
      workgroupSize: 8,
      constants: { SIZE: 5, SCALE: { f32: 2 }, SMALL: { f32: 1e-7 }, ON: true },
      sources: ['// why\nfn run(group: u32, y: u32, lane: u32) {\n  x[lane] *= SCALE; // what\n\n}'],
    });
    expect(kernel.code).toMatchInlineSnapshot(`
      "@group(0) @binding(0) var<storage, read_write> x: array<f32>;
      struct Scalars { rows: i32, packGridDimX: u32 }
      @group(0) @binding(1) var<uniform> scalars: Scalars;
      const WORKGROUP: u32 = 8u;
      const SIZE: u32 = 5u;
      const SCALE: f32 = 2.0;
      const SMALL: f32 = 1e-7;
      const ON: bool = true;
      fn run(group: u32, y: u32, lane: u32) {
        x[lane] *= SCALE;
      }
      @compute @workgroup_size(WORKGROUP)
      fn twice(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
        let group = wid.z * grid.x + wid.x;
        if (group >= scalars.packGridDimX) { return; }
        run(group, wid.y, lane);
      }
      "
    `);
  });

  it('repeats the lines that stand for several', () => {
    expect(repeatLines('let a = 1u;\nlet b_I = I + 1u; // I\n// I_I\nvar INIT = _IT;', 2)).toBe(
      'let a = 1u;\nlet b_0 = 0u + 1u; // 0u\nlet b_1 = 1u + 1u; // 1u\n// I_I\nvar INIT = _IT;',
    );
  });
});
