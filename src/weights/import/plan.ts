// What an import will write, known before its first byte: which rows of which tensor lie in which chunk. Every chunk is made
// from its own ranges of the source alone, so any chunk can be made, or made again, without the others.
//
//   shard (one file for WebLLM)  = tensors in file order, up to a chunk's size together; or one larger tensor alone
//   chunk (one record in the store) = whole rows
import { AppError } from '#base/errors.ts';
import type { LlamaConfig } from '#formats/gguf/llama-config.ts';
import type { Gguf } from '#formats/gguf/split.ts';
import type { GgufTensor } from '#formats/gguf/tensor-table.ts';
import { bytesOfWeights, type TensorType } from '#formats/gguf/tensor-types.ts';
import { packedFormatOf, packedRowBytes } from '#formats/packed/format.ts';

/** Counts up when the same source is stored as other bytes; models of an older layout are imported anew. */
export const LAYOUT_VERSION = 1;

export type PlannedTensor = {
  readonly name: string;
  readonly type: TensorType;
  /** A vector is stored as float32, a matrix in the packed layout of its type. */
  readonly kind: 'matrix' | 'vector';
  readonly rows: number;
  readonly k: number;
  readonly sourceRowBytes: number;
  readonly storedRowBytes: number;
  readonly fileIndex: number;
  readonly offset: number;
};

/** Bytes of the source that are read together. */
export type SourceRange = { readonly fileIndex: number; readonly offset: number; readonly length: number };

/** Rows of one tensor inside a chunk. */
export type Segment = {
  readonly tensor: PlannedTensor;
  readonly firstRow: number;
  readonly rowCount: number;
  /** Where the rows go, in bytes from the chunk's beginning. */
  readonly at: number;
  /** Which of the chunk's ranges holds the rows, and where in it. */
  readonly range: number;
  readonly rangeAt: number;
};

export type PlannedChunk = {
  readonly path: string;
  readonly index: number;
  readonly sizeBytes: number;
  readonly segments: readonly Segment[];
  readonly ranges: readonly SourceRange[];
};

/** A record of tensor-cache.json: one GPU buffer. */
export type TensorRecord = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'uint32' | 'float32';
  readonly format: 'raw';
  readonly nbytes: number;
  readonly byteOffset: number;
};

export type PlannedShard = {
  readonly path: string;
  readonly sizeBytes: number;
  readonly records: readonly TensorRecord[];
  readonly chunks: readonly PlannedChunk[];
};

export type ImportPlan = {
  readonly shards: readonly PlannedShard[];
  /** Of all shards together. */
  readonly weightBytes: number;
  readonly largestTensorBytes: number;
};

/** Tensors closer together than this are read in one request, with what lies between. */
const MAX_GAP_BYTES = 64 * 1024;
/** WebGPU copies whole words, and our kernels read 16 bytes at a time. */
const ALIGNMENT = 16;

/** Plans the import of a checked model; `chunkBytes` is the most a chunk may hold. */
export function planImport(gguf: Gguf, config: LlamaConfig, chunkBytes: number): ImportPlan {
  const skipped = config.rope.frequencyFactors?.name;
  const tensors = [...gguf.tensors.values()]
    .filter(({ name }) => name !== skipped)
    .sort((a, b) => a.fileIndex - b.fileIndex || a.offset - b.offset)
    .map((tensor) => planTensor(tensor, chunkBytes));
  const shards = groupTensors(tensors, chunkBytes).map((group, index) => planShard(group, index, chunkBytes));
  return {
    shards,
    weightBytes: sum(shards.map(({ sizeBytes }) => sizeBytes)),
    largestTensorBytes: Math.max(0, ...tensors.map(storedBytes)),
  };
}

/** The text of tensor-cache.json. */
export function tensorCacheJson({ shards, weightBytes }: ImportPlan): string {
  const records = shards.map(({ path, sizeBytes, records: tensors }) => ({
    dataPath: path,
    format: 'raw-shard',
    nbytes: sizeBytes,
    records: tensors,
  }));
  const tensorCount = sum(shards.map((shard) => shard.records.length));
  return JSON.stringify({ metadata: { ParamSize: tensorCount, ParamBytes: weightBytes }, records });
}

/** Bytes of the source that a chunk is made from. */
export function sourceBytesOf({ ranges }: PlannedChunk): number {
  return sum(ranges.map(({ length }) => length));
}

function planTensor(tensor: GgufTensor, chunkBytes: number): PlannedTensor {
  const { name, type, fileIndex, offset } = tensor;
  const [k = 1, rows = 1] = tensor.dimensions;
  const kind = rows === 1 ? 'vector' : 'matrix';
  const sourceRowBytes = bytesOfWeights(type, k);
  const storedRowBytes = kind === 'vector' ? k * 4 : packedRowBytes(packedFormatOf(type), k);
  if (storedRowBytes > chunkBytes) {
    throw new AppError('import-row-too-long', { name, bytes: storedRowBytes, limit: chunkBytes });
  }
  return { name, type, kind, rows, k, sourceRowBytes, storedRowBytes, fileIndex, offset };
}

function groupTensors(tensors: readonly PlannedTensor[], chunkBytes: number): PlannedTensor[][] {
  const groups: PlannedTensor[][] = [];
  let groupBytes = Infinity;
  for (const tensor of tensors) {
    const bytes = align(storedBytes(tensor));
    if (groupBytes + bytes > chunkBytes) {
      groups.push([]);
      groupBytes = 0;
    }
    groups.at(-1)!.push(tensor);
    groupBytes += bytes;
  }
  return groups;
}

function planShard(tensors: readonly PlannedTensor[], shardIndex: number, chunkBytes: number): PlannedShard {
  const path = `params_shard_${shardIndex}.bin`;
  const records: TensorRecord[] = [];
  let sizeBytes = 0;
  for (const tensor of tensors) {
    const nbytes = storedBytes(tensor);
    const dtype = tensor.kind === 'vector' ? 'float32' : 'uint32';
    records.push({ name: tensor.name, shape: [nbytes / 4], dtype, format: 'raw', nbytes, byteOffset: sizeBytes });
    sizeBytes += align(nbytes);
  }
  if (sizeBytes > chunkBytes) return { path, sizeBytes, records, chunks: cutTensor(tensors[0]!, path, chunkBytes) };
  const whole = tensors.map((tensor, index) => ({
    tensor,
    firstRow: 0,
    rowCount: tensor.rows,
    at: records[index]!.byteOffset,
  }));
  return { path, sizeBytes, records, chunks: [planChunk(path, 0, sizeBytes, whole)] };
}

/** A tensor larger than a chunk, in chunks of nearly the same number of rows. */
function cutTensor(tensor: PlannedTensor, path: string, chunkBytes: number): PlannedChunk[] {
  const mostRows = Math.floor(chunkBytes / tensor.storedRowBytes);
  const chunkCount = Math.ceil(tensor.rows / mostRows);
  const rowsPerChunk = Math.ceil(tensor.rows / chunkCount);
  return Array.from({ length: Math.ceil(tensor.rows / rowsPerChunk) }, (_, index) => {
    const firstRow = index * rowsPerChunk;
    const rowCount = Math.min(rowsPerChunk, tensor.rows - firstRow);
    return planChunk(path, index, rowCount * tensor.storedRowBytes, [{ tensor, firstRow, rowCount, at: 0 }]);
  });
}

function planChunk(
  path: string,
  index: number,
  sizeBytes: number,
  rows: readonly Omit<Segment, 'range' | 'rangeAt'>[],
): PlannedChunk {
  const ranges: SourceRange[] = [];
  const segments = rows.map((segment): Segment => {
    const { tensor, firstRow, rowCount } = segment;
    const offset = tensor.offset + firstRow * tensor.sourceRowBytes;
    const end = offset + rowCount * tensor.sourceRowBytes;
    const last = ranges.at(-1);
    // In file order, so a range only grows at its end.
    if (last?.fileIndex === tensor.fileIndex && offset - (last.offset + last.length) <= MAX_GAP_BYTES) {
      ranges[ranges.length - 1] = { ...last, length: end - last.offset };
    } else {
      ranges.push({ fileIndex: tensor.fileIndex, offset, length: end - offset });
    }
    return { ...segment, range: ranges.length - 1, rangeAt: offset - ranges.at(-1)!.offset };
  });
  return { path, index, sizeBytes, segments, ranges };
}

const storedBytes = ({ rows, storedRowBytes }: PlannedTensor): number => rows * storedRowBytes;
const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
