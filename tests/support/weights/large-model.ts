// Models of full width and any depth without their gigabytes: the header is written, and the weights are one pattern over and
// over. Masked so that no 16- or 32-bit float in it is infinite or no number, wherever a block begins.
import { llamaTensors } from '#formats/gguf/llama-tensors.ts';
import { bytesOfWeights, type TensorType } from '#formats/gguf/tensor-types.ts';
import type { ByteSource } from '#weights/source/byte-source.ts';
import { describeTinyModel } from '#tests/support/gguf/tiny-model.ts';
import { u32, writeGguf, type WrittenTensor } from '#tests/support/gguf/writer.ts';
import { patternBytes } from '#tests/support/weights/pattern.ts';

export type LargeModel = { readonly header: Uint8Array<ArrayBuffer>; readonly sizeBytes: number };

const NO_EXPONENT = 0x3b;
const ALIGNMENT = 32;
const PATTERN = patternBytes(1024 * 1024 - 17).map((byte) => byte & NO_EXPONENT);

/** SOLAR's width: hidden 4096, 32 heads of which 8 for keys, FFN 14336. A layer of Q4_0 takes 122.7 MB. */
export function largeModel(layerCount: number, typeOf: (name: string) => TensorType): LargeModel {
  const shape = {
    layerCount,
    hiddenSize: 4096,
    headCount: 32,
    kvHeadCount: 8,
    headDim: 128,
    ffnSize: 14_336,
    vocabSize: 384,
    contextLength: 4096,
    rmsEpsilon: 1e-5,
    tiedOutput: false,
  };
  let offset = 0;
  const tensors = Array.from(llamaTensors(shape), ({ name, dimensions }): WrittenTensor => {
    const type = dimensions.length === 1 ? 'F32' : typeOf(name);
    const at = offset;
    const sizeBytes = bytesOfWeights(
      type,
      dimensions.reduce((product, side) => product * side, 1),
    );
    offset += Math.ceil(sizeBytes / ALIGNMENT) * ALIGNMENT;
    return { name, type, dimensions, data: new Uint8Array(0), offset: at };
  });
  const { metadata } = describeTinyModel({
    layers: 1,
    hidden: 32,
    heads: 1,
    kvHeads: 1,
    ffn: 32,
    metadata: {
      'llama.block_count': u32(layerCount),
      'llama.context_length': u32(shape.contextLength),
      'llama.embedding_length': u32(shape.hiddenSize),
      'llama.feed_forward_length': u32(shape.ffnSize),
      'llama.attention.head_count': u32(shape.headCount),
      'llama.attention.head_count_kv': u32(shape.kvHeadCount),
      'llama.attention.key_length': u32(shape.headDim),
      'llama.attention.value_length': u32(shape.headDim),
      'llama.rope.dimension_count': u32(shape.headDim),
    },
  });
  const header = writeGguf({ metadata, tensors, alignment: ALIGNMENT });
  return { header, sizeBytes: header.length + offset };
}

/** A file of the model: the browser holds the pattern once, however long the file. */
export function largeFile({ header, sizeBytes }: LargeModel, name = 'large.gguf'): File {
  const parts: BlobPart[] = [header];
  const block = new Blob([PATTERN]);
  let rest = sizeBytes - header.length;
  for (; rest >= block.size; rest -= block.size) parts.push(block);
  parts.push(block.slice(0, rest));
  return new File(parts, name, { lastModified: 1 });
}

/** The same bytes as a source that makes what is read. */
export function largeSource({ header, sizeBytes }: LargeModel): ByteSource {
  return {
    name: 'large.gguf',
    locator: 'large.gguf',
    sizeBytes,
    fingerprint: `large|${sizeBytes}`,
    async read(offset, length, signal, bytes = new Uint8Array(length)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      signal?.throwIfAborted();
      for (let at = 0; at < length;) {
        const from = offset + at;
        const source =
          from < header.length ? header.subarray(from) : PATTERN.subarray((from - header.length) % PATTERN.length);
        const piece = source.subarray(0, length - at);
        bytes.set(piece, at);
        at += piece.length;
      }
      return bytes;
    },
    close() {},
  };
}
