// A GGUF of SOLAR-10.7B's own width with seeded random weights, at any depth: what the real file asks of everything but the
// words. Quantised blocks are made directly from a stream of random bytes, of which only the scales are put right, and go
// to the disk as they are made. Node only.
//
//   Q4_0   d f16 | 16 bytes of nibbles                        d of either sign, so that weights have no mean
//   Q4_K   d, dmin f16 | 12 bytes of 6-bit scales | 128 bytes  minima equal to the scales and dmin = 7.5 d: no mean
//   Q6_K   192 bytes of 6-bit weights | 16 scales i8 | d f16   scales of either sign
import { createCipheriv, createHash, type Cipher } from 'node:crypto';
import { open } from 'node:fs/promises';
import { halfToNumber, numberToHalf } from '#base/float16.ts';
import { dequantize } from '#formats/gguf/dequantize.ts';
import { llamaTensors } from '#formats/gguf/llama-tensors.ts';
import { bytesOfWeights, TENSOR_LAYOUTS, type TensorType } from '#formats/gguf/tensor-types.ts';
import { Random } from '#tests/support/gguf/random.ts';
import { GAINS, SOLAR_TEMPLATE, type TensorRole } from '#tests/support/gguf/tiny-model.ts';
import { f32, text, u32, writeGguf, type WrittenTensor } from '#tests/support/gguf/writer.ts';
import { sentencePieceVocabulary } from '#tests/support/tokenizer/vocabulary-file.ts';

export type SolarRecipe = 'Q4_0' | 'Q4_K_M';
export type SolarModelOptions = {
  readonly recipe: SolarRecipe;
  readonly layers: number;
  readonly seed: number;
  /** Writes the same weights as F32, for a judge that multiplies no quantised blocks. 1.4 GB a layer and 1 GB besides. */
  readonly isDequantised?: boolean;
};

export const SOLAR_SHAPE = {
  hiddenSize: 4096,
  headCount: 32,
  kvHeadCount: 8,
  headDim: 128,
  ffnSize: 14_336,
  vocabSize: 32_000,
  contextLength: 4096,
  rmsEpsilon: 1e-5,
  tiedOutput: false,
} as const;

const ALIGNMENT = 32;
/** Bytes that are made and written at a time, about. */
const PIECE_BYTES = 8 * 1024 * 1024;

const EMPTY = new Uint8Array(0);

type SolarTensor = WrittenTensor & { readonly role: TensorRole; readonly madeAs: TensorType };

/** The types that llama.cpp's quantisation gives SOLAR's matrices. */
export function solarType(recipe: SolarRecipe, role: TensorRole, layer: number, layers: number): TensorType {
  if (role === 'output') return 'Q6_K';
  if (recipe === 'Q4_0') return 'Q4_0';
  const eighth = Math.floor(layers / 8);
  const isFiner = layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
  return (role === 'attn_v' || role === 'ffn_down') && isFiner ? 'Q6_K' : 'Q4_K';
}

/** Writes the file and gives its length in bytes; the same options always give the same bytes. */
export async function writeSolarModel(path: string, options: SolarModelOptions): Promise<number> {
  const { recipe, layers, seed, isDequantised = false } = options;
  let end = 0;
  const tensors = Array.from(
    llamaTensors({ ...SOLAR_SHAPE, layerCount: layers }),
    ({ name, dimensions }): SolarTensor => {
      const [, layer = '-1', role] = /^(?:blk\.(\d+)\.)?(\w+)\.weight$/.exec(name)!;
      const type = dimensions.length === 1 ? 'F32' : solarType(recipe, role as TensorRole, Number(layer), layers);
      const offset = end;
      const writtenType = isDequantised ? 'F32' : type;
      end = align(offset + bytesOfWeights(writtenType, countOf(dimensions)));
      return { name, role: role as TensorRole, type: writtenType, madeAs: type, dimensions, offset, data: EMPTY };
    },
  );
  const header = writeGguf({ metadata: await solarMetadata(options), tensors, alignment: ALIGNMENT });
  const file = await open(path, 'w');
  try {
    await file.write(header);
    for (const tensor of tensors) {
      let length = 0;
      for (const made of tensorBytes(tensor, `${seed} ${tensor.name}`)) {
        const bytes = tensor.type === tensor.madeAs ? made : dequantised(tensor.madeAs, made);
        await file.write(bytes);
        length += bytes.length;
      }
      await file.write(new Uint8Array(align(length) - length));
    }
  } finally {
    await file.close();
  }
  return header.length + end;
}

async function solarMetadata({
  recipe,
  layers,
  seed,
}: SolarModelOptions): Promise<[string, ReturnType<typeof text>][]> {
  return [
    ['general.architecture', text('llama')],
    ['general.name', text(`SOLAR's shape, ${layers} layers, ${recipe}, seed ${seed}`)],
    ['llama.block_count', u32(layers)],
    ['llama.context_length', u32(SOLAR_SHAPE.contextLength)],
    ['llama.embedding_length', u32(SOLAR_SHAPE.hiddenSize)],
    ['llama.feed_forward_length', u32(SOLAR_SHAPE.ffnSize)],
    ['llama.attention.head_count', u32(SOLAR_SHAPE.headCount)],
    ['llama.attention.head_count_kv', u32(SOLAR_SHAPE.kvHeadCount)],
    ['llama.attention.layer_norm_rms_epsilon', f32(SOLAR_SHAPE.rmsEpsilon)],
    ['llama.rope.dimension_count', u32(SOLAR_SHAPE.headDim)],
    ['llama.rope.freq_base', f32(10_000)],
    ['general.file_type', u32(recipe === 'Q4_0' ? 2 : 15)],
    ...Object.entries(await sentencePieceVocabulary('mistral')),
    ['tokenizer.chat_template', text(SOLAR_TEMPLATE)],
  ];
}

function* tensorBytes({ role, dimensions, madeAs: type }: SolarTensor, seed: string): Generator<Uint8Array> {
  const k = Number(dimensions[0]);
  const key = createHash('sha256').update(seed).digest();
  if (type === 'F32') {
    yield new Uint8Array(new Random(key.readUInt32LE()).normals(k, 0.2, 1).buffer);
    return;
  }
  const { blockBytes } = TENSOR_LAYOUTS[type];
  const finish = FINISH[type];
  if (!finish) throw new Error(`${type} is in no recipe`);
  const stream = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16, 32));
  const finishPiece = finish(GAINS[role] / Math.sqrt(k));
  const most = Math.floor(PIECE_BYTES / blockBytes) * blockBytes;
  for (let rest = bytesOfWeights(type, countOf(dimensions)); rest > 0; rest -= most) {
    const bytes = randomBytes(stream, Math.min(rest, most));
    finishPiece(bytes);
    yield bytes;
  }
}

const ZEROS = new Uint8Array(PIECE_BYTES);
/** AES counting up is the fastest seeded source of random bytes at hand. */
const randomBytes = (stream: Cipher, count: number): Uint8Array => stream.update(ZEROS.subarray(0, count));

/** Scales around the one that gives weights of this deviation, picked by six random bits. */
function scaleTable(deviation: number, deviationOfOne: number): Uint16Array {
  return Uint16Array.from({ length: 64 }, (_, index) =>
    numberToHalf((deviation / deviationOfOne) * (0.75 + index / 128)),
  );
}

type FinishPiece = (bytes: Uint8Array) => void;

/** Makes random bytes whole blocks of weights with the deviation asked for. */
const FINISH: Partial<Record<TensorType, (deviation: number) => FinishPiece>> = {
  Q4_0(deviation) {
    const scales = scaleTable(deviation, 4.637); // of 16 even steps around -0.5
    return (bytes) => {
      for (let at = 0; at < bytes.length; at += 18) {
        const scale = scales[bytes[at]! & 63]!;
        bytes[at] = scale & 0xff;
        bytes[at + 1] = (scale >> 8) | (bytes[at + 1]! & 0x80);
      }
    };
  },
  Q4_K(deviation) {
    const scales = scaleTable(deviation, 168.3); // 4.61 of 16 even steps, 36.5 of a scale from 0 to 63
    const minima = scales.map((scale) => numberToHalf(7.5 * halfToNumber(scale)));
    return (bytes) => {
      for (let at = 0; at < bytes.length; at += 144) {
        const pick = bytes[at]! & 63;
        bytes[at] = scales[pick]! & 0xff;
        bytes[at + 1] = scales[pick]! >> 8;
        bytes[at + 2] = minima[pick]! & 0xff;
        bytes[at + 3] = minima[pick]! >> 8;
        bytes.copyWithin(at + 8, at + 4, at + 8);
        for (let byte = at + 12; byte < at + 16; byte++) bytes[byte] = (bytes[byte]! & 15) * 17;
      }
    };
  },
  Q6_K(deviation) {
    const scales = scaleTable(deviation, 1366); // 18.48 of 64 even steps, 73.9 of a scale from -128 to 127
    return (bytes) => {
      for (let at = 208; at < bytes.length; at += 210) {
        const scale = scales[bytes[at]! & 63]!;
        bytes[at] = scale & 0xff;
        bytes[at + 1] = scale >> 8;
      }
    };
  },
};

function dequantised(type: TensorType, bytes: Uint8Array): Uint8Array {
  const { blockBytes, blockLength } = TENSOR_LAYOUTS[type];
  return new Uint8Array(dequantize(type, bytes, (bytes.length / blockBytes) * blockLength).buffer);
}

const countOf = (dimensions: WrittenTensor['dimensions']): number =>
  dimensions.reduce<number>((product, side) => product * Number(side), 1);
const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
