// What our kernels need of a device, computed from the WGSL that a device gets.
import { describe, expect, it } from 'vitest';
import { KERNEL_NEEDS } from '#engine/worker/adapter.ts';
import { PACKED_FORMATS } from '#formats/packed/format.ts';
import type { PackedFormat } from '#formats/packed/format.ts';
import type { Kernel, KernelProfile } from '#model-library/kernels/kernel.ts';
import { createLlamaProgram } from '#model-library/program/llama-program.ts';
import type { ModelDescription } from '#model-library/program/model-description.ts';
import { kernelsOf } from '#model-library/program/program.ts';

/** Small and large, with every head size and sharing that changes what attention keeps in workgroup memory. */
const SHAPES = [
  { hiddenSize: 576, ffnSize: 1536, headCount: 9, kvHeadCount: 3, headDim: 64, vocabSize: 49152 },
  { hiddenSize: 2048, ffnSize: 8192, headCount: 8, kvHeadCount: 2, headDim: 256, vocabSize: 256_000 },
  { hiddenSize: 4096, ffnSize: 14336, headCount: 32, kvHeadCount: 8, headDim: 128, vocabSize: 32000 },
  { hiddenSize: 4096, ffnSize: 11008, headCount: 32, kvHeadCount: 32, headDim: 128, vocabSize: 32000 },
] as const;

function modelOf(shape: (typeof SHAPES)[number], format: PackedFormat, tiedOutput: boolean): ModelDescription {
  const { hiddenSize, ffnSize, headCount, kvHeadCount, headDim, vocabSize } = shape;
  const matrix = (name: string, rows: number, k: number) => ({ name, format, rows, k });
  return {
    config: {
      ...shape,
      layerCount: 1,
      contextLength: 4096,
      rmsEpsilon: 1e-5,
      tiedOutput,
      rope: { base: 10_000, layout: 'norm', scaling: { type: 'none' } },
    },
    matrices: [
      matrix('token_embd.weight', vocabSize, hiddenSize),
      matrix('output.weight', vocabSize, hiddenSize),
      matrix('blk.0.attn_q.weight', headCount * headDim, hiddenSize),
      matrix('blk.0.attn_k.weight', kvHeadCount * headDim, hiddenSize),
      matrix('blk.0.attn_v.weight', kvHeadCount * headDim, hiddenSize),
      matrix('blk.0.attn_output.weight', hiddenSize, headCount * headDim),
      matrix('blk.0.ffn_gate.weight', ffnSize, hiddenSize),
      matrix('blk.0.ffn_up.weight', ffnSize, hiddenSize),
      matrix('blk.0.ffn_down.weight', hiddenSize, ffnSize),
    ],
    frequencyFactors: null,
  };
}

function allKernels(profile: KernelProfile): Kernel[] {
  const formats = (k: number) => PACKED_FORMATS.filter((format) => k % 256 === 0 || !/_k$/.test(format));
  return SHAPES.flatMap((shape) =>
    formats(shape.hiddenSize).flatMap((format) =>
      kernelsOf(createLlamaProgram(modelOf(shape, format, false), profile)),
    ),
  );
}

type Need = { workgroupBytes: number; storageBuffers: number; uniformBuffers: number; invocations: number };

/** Read off one kernel's code, as a browser's compiler counts it: each workgroup variable rounded up to 16 bytes. */
function needOf({ code }: Kernel): Need {
  const constants = new Map<string, number>();
  const value = (expression: string): number =>
    expression
      .replace(/(\d+)u\b/g, '$1')
      .split(/\s*(?=[*/])/)
      .reduce((left, part) => {
        const [, operator, word = ''] = /^([*/]?)\s*(\w+)$/.exec(part.trim()) ?? [];
        const right = constants.get(word) ?? Number(word);
        expect(Number.isInteger(right), `${word} in ${expression}`).toBe(true);
        return operator === '*' ? left * right : operator === '/' ? Math.floor(left / right) : right;
      }, 0);
  for (const [, name, expression] of code.matchAll(/^const (\w+)(?:: u32)? = ([^;]+);/gm)) {
    if (/^[\w\s*/]+$/.test(expression!)) constants.set(name!, value(expression!));
  }
  const variables = [...code.matchAll(/var<workgroup> \w+: array<(f32|vec4<f32>), ([^>]+)>;/g)];
  expect(variables).toHaveLength(code.split('var<workgroup>').length - 1);
  return {
    workgroupBytes: variables.reduce(
      (sum, [, type, length]) => sum + Math.ceil((value(length!) * (type === 'f32' ? 4 : 16)) / 16) * 16,
      0,
    ),
    storageBuffers: code.split('var<storage').length - 1,
    uniformBuffers: code.split('var<uniform>').length - 1,
    invocations: value(/@workgroup_size\((\w+)\)/.exec(code)![1]!),
  };
}

describe('what the kernels need of a device', () => {
  const needs = [...allKernels('serial'), ...allKernels('parallel')].map(needOf);
  const most = (what: keyof Need) => Math.max(...needs.map((need) => need[what]));

  it('is what a device is required to have, and no less', () => {
    expect(KERNEL_NEEDS).toEqual({
      maxComputeWorkgroupStorageSize: most('workgroupBytes'),
      maxStorageBuffersPerShaderStage: most('storageBuffers'),
      maxUniformBuffersPerShaderStage: most('uniformBuffers'),
      maxComputeInvocationsPerWorkgroup: most('invocations'),
      maxComputeWorkgroupSizeX: most('invocations'),
    });
  });

  it('lies within what WebGPU promises of every device', () => {
    expect(most('workgroupBytes')).toBeLessThanOrEqual(16384);
    expect(most('storageBuffers')).toBeLessThanOrEqual(8);
    expect(most('invocations')).toBeLessThanOrEqual(256);
  });
});
