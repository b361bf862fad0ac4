// What happens to the logits of one position, [vocab] in f32. The order of use is bitmask, bias, penalty, softmax, sample.
import { assembleKernel, fixed, type KernelSource } from '../assemble.ts';
import type { Kernel } from '../kernel.ts';
import { requireCount } from '../shape.ts';
import biasSource from './bias.wgsl?raw';
import bitmaskSource from './bitmask.wgsl?raw';
import penaltySource from './penalty.wgsl?raw';
import reduce from './reduce.wgsl?raw';
import sampleSource from './sample-top-p.wgsl?raw';
import softmaxSource from './softmax.wgsl?raw';

/** out[vocab] = softmax(logits / temperature[0]); the temperature must be above 0. Bindings: logits, temperature, out. */
export function softmax(vocab: number): Kernel {
  return vocabKernel(vocab, {
    name: 'softmax',
    bindings: [
      { name: 'logits', access: 'read', type: 'f32' },
      { name: 'temperature', access: 'read', type: 'f32' },
      { name: 'out', access: 'write', type: 'f32' },
    ],
    scalars: [],
    grid: [fixed(1), fixed(1)],
    workgroupSize: 256,
    constants: {},
    sources: [reduce, softmaxSource],
  });
}

/**
 * out[0] = a token drawn from the smallest set {i : probs[i] >= t} with at least the share top_p[0] of the whole mass
 * (equal probabilities are in or out together; at least the most probable are in). Walks the set in id order up to
 * uniform[0] of its mass, so the same input always gives the same token. -1 when a probability is NaN, negative or
 * infinite. Bindings: probs, uniform, top_p, out (i32).
 */
export function sampleTopP(vocab: number): Kernel {
  return vocabKernel(vocab, {
    name: 'sample_top_p',
    bindings: [
      { name: 'probs', access: 'read', type: 'f32' },
      { name: 'uniform_value', access: 'read', type: 'f32' },
      { name: 'top_p', access: 'read', type: 'f32' },
      { name: 'out', access: 'write', type: 'i32' },
    ],
    scalars: [],
    grid: [fixed(1), fixed(1)],
    workgroupSize: 128,
    constants: {},
    sources: [reduce, sampleSource],
  });
}

/**
 * For each of `count` distinct ids: x -= presence + counts * frequency, then x * repetition below 0 and x / repetition
 * from 0. Bindings: logits (write), ids, counts, penalties (presence, frequency, repetition).
 */
export function penalty(vocab: number): Kernel {
  return vocabKernel(vocab, {
    name: 'penalty',
    bindings: [
      { name: 'logits', access: 'write', type: 'f32' },
      { name: 'ids', access: 'read', type: 'i32' },
      { name: 'counts', access: 'read', type: 'i32' },
      { name: 'penalties', access: 'read', type: 'f32' },
    ],
    scalars: ['count'],
    grid: [{ of: 'count', mul: 1, div: 64 }, fixed(1)],
    workgroupSize: 64,
    constants: {},
    sources: [penaltySource],
  });
}

/** logits[ids[i]] += bias[i] for `count` distinct ids. Bindings: logits (write), ids, bias. */
export function bias(vocab: number): Kernel {
  return vocabKernel(vocab, {
    name: 'bias',
    bindings: [
      { name: 'logits', access: 'write', type: 'f32' },
      { name: 'ids', access: 'read', type: 'i32' },
      { name: 'bias', access: 'read', type: 'f32' },
    ],
    scalars: ['count'],
    grid: [{ of: 'count', mul: 1, div: 64 }, fixed(1)],
    workgroupSize: 64,
    constants: {},
    sources: [biasSource],
  });
}

/** Lowers every logit whose bit in mask[ceil(vocab / 32)] is 0 to -1e30. Bindings: logits (write), mask. */
export function bitmask(vocab: number): Kernel {
  return vocabKernel(vocab, {
    name: 'bitmask',
    bindings: [
      { name: 'logits', access: 'write', type: 'f32' },
      { name: 'mask', access: 'read', type: 'u32' },
    ],
    scalars: [],
    grid: [fixed(Math.ceil(vocab / 64)), fixed(1)],
    workgroupSize: 64,
    constants: {},
    sources: [bitmaskSource],
  });
}

function vocabKernel(vocab: number, source: KernelSource): Kernel {
  requireCount(source.name, 'vocab', vocab);
  return assembleKernel({
    ...source,
    name: `${source.name}_${vocab}`,
    constants: { ...source.constants, VOCAB: vocab },
  });
}
