// The kernels that turn logits into a token, on a vocabulary larger than any of their workgroups.
import { bias, bitmask, penalty, sampleTopP, softmax } from '#model-library/kernels/sampling/sampling.ts';
import * as operations from '#model-library/reference/operations.ts';
import * as reference from '#model-library/reference/sampling.ts';
import type { KernelCheck } from '#engine/worker/self-test/kernel-check.ts';
import { Seeded } from '#engine/worker/self-test/seeded.ts';

const VOCAB = 301;
const TEMPERATURE = 0.75;

const floats = (bytes: ArrayBuffer) => new Float32Array(bytes, 0, VOCAB);

export function samplingChecks(): KernelCheck[] {
  const seeded = new Seeded(7);
  const logits = seeded.floats(VOCAB, 8);
  const ids = [3, 299, 64, 17];
  const counts = [1, 2, 3, 1];
  const biases = [...seeded.floats(ids.length, 50)];
  const mask = Uint32Array.from({ length: Math.ceil(VOCAB / 32) }, () => (seeded.next() + 1) * 2 ** 31);
  const penalties = { presence: 0.5, frequency: 0.25, repetition: 1.25 };
  // Multiples of 2^-16, so that every order of summing them is exact and the drawn token is certain.
  const probs = Float32Array.from(operations.softmax(logits, 2), (share) => Math.floor(share * 2 ** 16) / 2 ** 16);
  const changes = (
    kernel: KernelCheck['kernel'],
    inputs: KernelCheck['inputs'],
    expected: Float64Array,
  ): KernelCheck => ({
    kernel,
    inputs: { logits, ...inputs },
    variables: { count: ids.length },
    output: 'logits',
    read: floats,
    expected,
    tolerance: expected.map((value) => 2 ** -18 * (1 + Math.abs(value))),
  });
  return [
    {
      kernel: softmax(VOCAB),
      inputs: { logits, temperature: Float32Array.of(TEMPERATURE), out: new Float32Array(VOCAB) },
      variables: {},
      output: 'out',
      read: floats,
      expected: operations.softmax(logits, TEMPERATURE),
      // exp and its argument are each a little off: 2^-12 of any probability is far more than that.
      tolerance: operations.softmax(logits, TEMPERATURE).map((share) => 1e-9 + share * 2 ** -12),
    },
    {
      kernel: sampleTopP(VOCAB),
      inputs: { probs, uniform_value: Float32Array.of(0.5), top_p: Float32Array.of(0.875), out: Int32Array.of(-7) },
      variables: {},
      output: 'out',
      read: (bytes) => new Int32Array(bytes, 0, 1),
      expected: [reference.sampleTopP(probs, 0.875, 0.5)],
      tolerance: [0.5],
    },
    changes(
      penalty(VOCAB),
      { ids: Int32Array.from(ids), counts: Int32Array.from(counts), penalties: Float32Array.of(0.5, 0.25, 1.25) },
      reference.penalise(logits, ids, counts, penalties),
    ),
    changes(
      bias(VOCAB),
      { ids: Int32Array.from(ids), bias: Float32Array.from(biases) },
      reference.addBias(logits, ids, biases),
    ),
    changes(bitmask(VOCAB), { mask }, reference.applyBitmask(logits, mask)),
  ];
}
