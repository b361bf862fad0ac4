// Mutated headers: each is read, or refused with an AppError, soon, and what is read keeps every promise of its types.
// A short run belongs to the unit tests; scripts/fuzz-gguf.mjs makes a long one of it through the environment.
import { expect, test } from 'vitest';
import { isAppError } from '#base/errors.ts';
import { HeaderCursor } from '#formats/gguf/cursor.ts';
import { parseGgufHeader, type GgufHeader } from '#formats/gguf/header.ts';
import { readLlamaConfig } from '#formats/gguf/llama-config.ts';
import { joinSplits } from '#formats/gguf/split.ts';
import { bytesOfWeights } from '#formats/gguf/tensor-types.ts';
import { Random } from '#tests/support/gguf/random.ts';
import { describeTinyModel } from '#tests/support/gguf/tiny-model.ts';
import { array, scalar, text, texts, writeGguf, writeSplitGguf, type WrittenFile } from '#tests/support/gguf/writer.ts';

const RUNS = Number(process.env.GGUF_FUZZ_RUNS ?? 15_000);
const SEED = Number(process.env.GGUF_FUZZ_SEED ?? 1);
const FIRST = Number(process.env.GGUF_FUZZ_FIRST ?? 0);
const LIMIT_MS = 50;

/** A llama model with eight tokens, so that a header is little more than its fields. */
function smallModel(): WrittenFile {
  const tokens = ['<unk>', '<s>', '</s>', '<0x0A>', '▁', 'a', 'b', 'ab'];
  const model = describeTinyModel({
    layers: 1,
    hidden: 32,
    heads: 2,
    kvHeads: 1,
    ffn: 32,
    types: (role) => (role === 'output' ? 'Q8_0' : 'Q4_0'),
    ropeScaling: { type: 'linear', factor: 2 },
    chatTemplate: '{{ messages }}',
    metadata: {
      'general.alignment': scalar('UINT32', 32),
      'general.tags': array('UINT64', [1n, 2n]),
      'general.flags': array('BOOL', [1, 0]),
      'general.quality': scalar('FLOAT64', 0.5),
      'llama.vocab_size': scalar('UINT32', tokens.length),
      'tokenizer.ggml.tokens': texts(tokens),
      'tokenizer.ggml.scores': array(
        'FLOAT32',
        tokens.map((_, id) => -id),
      ),
      'tokenizer.ggml.token_type': array('INT32', [2, 3, 3, 6, 1, 1, 1, 1]),
      'tokenizer.ggml.merges': texts(['a b']),
      'general.name': text('Näme ▁🙂'),
    },
  });
  const tensors = model.tensors.map((tensor) =>
    tensor.dimensions[1] === 384
      ? {
          ...tensor,
          dimensions: [32, tokens.length],
          data: tensor.data.slice(0, (tensor.data.length / 384) * tokens.length),
        }
      : tensor,
  );
  return { ...model, tensors };
}

type Seed = { readonly header: Uint8Array; readonly dataBytes: number; readonly fields: readonly number[] };

const SEEDS: readonly Seed[] = [writeGguf(smallModel()), writeSplitGguf(smallModel(), 2)[1]!].map((file) => {
  const { dataOffset } = parseGgufHeader(file, file.length)!;
  return { header: file.slice(0, dataOffset), dataBytes: file.length - dataOffset, fields: fieldsOf(file) };
});

/** Where the parser reads something: mutations there get further than elsewhere. */
function fieldsOf(file: Uint8Array): number[] {
  const fields: number[] = [];
  const { take } = HeaderCursor.prototype;
  try {
    HeaderCursor.prototype.take = function (count, what) {
      fields.push(this.offset);
      return take.call(this, count, what);
    };
    parseGgufHeader(file, file.length);
  } finally {
    HeaderCursor.prototype.take = take;
  }
  return fields;
}

const WIDE = [
  0n,
  1n,
  2n,
  31n,
  33n,
  255n,
  2n ** 16n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 60n,
  2n ** 63n,
  2n ** 64n - 1n,
];

function mutate(random: Random, { header, fields }: Seed): Uint8Array {
  let bytes = header.slice();
  for (let count = 1 + random.integer(3); count > 0; count--) {
    const at = random.integer(4) ? fields[random.integer(fields.length)]! : random.integer(bytes.length);
    if (at + 8 > bytes.length) continue;
    const view = new DataView(bytes.buffer);
    // Missing and doubled bytes mostly end in the next text, so they come seldom.
    switch (random.integer(24) ? random.integer(7) : 7 + random.integer(2)) {
      case 0:
        bytes[at] = bytes[at]! ^ (1 << random.integer(8));
        break;
      case 1:
        bytes[at] = random.integer(256);
        break;
      case 2:
        view.setUint32(at, random.bits(), true);
        break;
      case 3:
        view.setUint32(at, random.integer(40), true);
        break;
      case 4:
        view.setBigUint64(at, WIDE[random.integer(WIDE.length)]!, true);
        break;
      case 5: // A little more or less than it was.
        view.setBigUint64(at, BigInt.asUintN(64, view.getBigUint64(at, true) + BigInt(random.integer(7) - 3)), true);
        break;
      case 6: {
        // One field takes the bytes of another.
        const from = fields[random.integer(fields.length)]!;
        bytes.copyWithin(at, from, from + 1 + random.integer(64));
        break;
      }
      case 7: // Bytes go missing.
        bytes = joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.integer(16)));
        break;
      case 8: // Bytes come twice.
        bytes = joined(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 1 - random.integer(64))));
        break;
    }
  }
  return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Reads the header and what stands on it; gives the code of the refusal, or how far it came. */
function read(bytes: Uint8Array, fileSizeBytes: number): string {
  let reached = 'nothing';
  try {
    const header = parseGgufHeader(bytes, fileSizeBytes);
    if (header === null) {
      expect(bytes.length).toBeLessThan(fileSizeBytes);
      return 'more bytes needed';
    }
    checkPromises(header);
    reached = 'a header';
    const config = readLlamaConfig(joinSplits([header]));
    expect(config.headCount % config.kvHeadCount).toBe(0);
    expect(config.rmsEpsilon).toBeGreaterThanOrEqual(0);
    return 'a model';
  } catch (error) {
    if (!isAppError(error) || error.code === 'invariant') throw error;
    return `${reached}, then ${error.code}`;
  }
}

function checkPromises({ tensors, dataOffset, fileSizeBytes, metadata }: GgufHeader): void {
  let bytesInAll = 0;
  for (const { dimensions, offset, sizeBytes, type } of tensors) {
    const count = dimensions.reduce((product, side) => product * side, 1);
    const isSound =
      Number.isSafeInteger(count) &&
      count > 0 &&
      sizeBytes === bytesOfWeights(type, count) &&
      offset >= dataOffset &&
      offset + sizeBytes <= fileSizeBytes;
    if (!isSound) expect.fail(`a tensor of ${dimensions.join(' x ')} ${type} at ${offset} with ${sizeBytes} bytes`);
    bytesInAll += sizeBytes;
  }
  if (bytesInAll > fileSizeBytes) expect.fail('tensors share bytes');
  for (const value of metadata.values()) if (value === undefined || value === null) expect.fail('a value is missing');
}

test(`${RUNS} mutated headers are read or refused, each within ${LIMIT_MS} ms`, { timeout: 2 ** 31 - 1 }, () => {
  const outcomes = new Map<string, number>();
  for (let run = FIRST; run < FIRST + RUNS; run++) {
    const random = new Random(Math.imul(SEED, 0x9e3779b1) + Math.imul(run, 0x85ebca6b));
    const seed = SEEDS[random.integer(8) ? 0 : 1]!;
    const bytes = mutate(random, seed);
    const fileSizeBytes = bytes.length + seed.dataBytes;
    try {
      const startMs = performance.now();
      const outcome = read(bytes, fileSizeBytes);
      const isSlow = performance.now() - startMs > LIMIT_MS;
      if (isSlow && !isFast(bytes, fileSizeBytes)) expect.fail(`slower than ${LIMIT_MS} ms`);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (!(run % 16)) {
        // The same bytes as a whole file, and as a file that is still arriving.
        read(bytes, bytes.length);
        read(bytes.subarray(0, random.integer(bytes.length)), fileSizeBytes);
      }
    } catch (cause) {
      throw new Error(`GGUF_FUZZ_SEED=${SEED} GGUF_FUZZ_FIRST=${run} GGUF_FUZZ_RUNS=1 shows it again`, { cause });
    }
  }
  if (process.env.GGUF_FUZZ_RUNS) console.table([...outcomes].sort((a, b) => b[1] - a[1]));
  if (RUNS < 10_000) return;
  // The mutations reach everywhere: whole models, headers of no model, and most kinds of refusal.
  expect(outcomes.get('a model')).toBeGreaterThan(RUNS / 200);
  expect(outcomes.size).toBeGreaterThan(16);
});

/** The best of three more counts, as another process can take the machine away. */
function isFast(bytes: Uint8Array, fileSizeBytes: number): boolean {
  for (let attempt = 0; attempt < 3; attempt++) {
    const startMs = performance.now();
    read(bytes, fileSizeBytes);
    if (performance.now() - startMs < LIMIT_MS) return true;
  }
  return false;
}
