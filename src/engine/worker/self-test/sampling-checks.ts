// The kernels that turn logits into a token, on seeded logits for the model's whole vocabulary.
import { bias, bitmask, penalty, sampleTopP, softmax } from '#model-library/kernels/sampling/sampling.ts';
import * as operations from '#model-library/reference/operations.ts';
import * as reference from '#model-library/reference/sampling.ts';
import type { KernelCheck } from '#engine/worker/self-test/kernel-check.ts';
import { Seeded } from '#engine/worker/self-test/seeded.ts';

const TEMPERATURE = 0.75;

export function samplingChecks(vocab: number): KernelCheck[] {
  const floats = (bytes: ArrayBuffer) => new Float32Array(bytes, 0, vocab);
  const seeded = new Seeded(7);
  const logits = seeded.floats(vocab, 8);
  const ids = [...new Set([0, vocab >> 2, vocab >> 1, vocab - 1])];
  const counts = ids.map((_, at) => 1 + (at % 3));
  const biases = [...seeded.floats(ids.length, 50)];
  const mask = Uint32Array.from({ length: Math.ceil(vocab / 32) }, () => (seeded.next() + 1) * 2 ** 31);
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
      kernel: softmax(vocab),
      inputs: { logits, temperature: Float32Array.of(TEMPERATURE), out: new Float32Array(vocab) },
      variables: {},
      output: 'out',
      read: floats,
      expected: operations.softmax(logits, TEMPERATURE),
      // exp and its argument are each a little off: 2^-12 of any probability is far more than that.
      tolerance: operations.softmax(logits, TEMPERATURE).map((share) => 1e-9 + share * 2 ** -12),
    },
    {
      kernel: sampleTopP(vocab),
      inputs: { probs, uniform_value: Float32Array.of(0.5), top_p: Float32Array.of(0.875), out: Int32Array.of(-7) },
      variables: {},
      output: 'out',
      read: (bytes) => new Int32Array(bytes, 0, 1),
      expected: [reference.sampleTopP(probs, 0.875, 0.5)],
      tolerance: [0.5],
    },
    changes(
      penalty(vocab),
      { ids: Int32Array.from(ids), counts: Int32Array.from(counts), penalties: Float32Array.of(0.5, 0.25, 1.25) },
      reference.penalise(logits, ids, counts, penalties),
    ),
    changes(
      bias(vocab),
      { ids: Int32Array.from(ids), bias: Float32Array.from(biases) },
      reference.addBias(logits, ids, biases),
    ),
    changes(bitmask(vocab), { mask }, reference.applyBitmask(logits, mask)),
  ];
}
