// Writes GGUF files, sound ones and broken ones: types, dimensions and offsets go out as they are given. Runs in Node and in
// the browser.
import { VALUE_TYPES } from '#formats/gguf/metadata.ts';
import { TENSOR_LAYOUTS, type TensorType } from '#formats/gguf/tensor-types.ts';

export type ValueType = keyof typeof VALUE_TYPES;

/** A metadata value as it goes into the file: GGUF's type and the bytes after it. */
export type WrittenValue = { readonly type: number; readonly bytes: Uint8Array };

export type WrittenTensor = {
  readonly name: string;
  /** A type, or any number for a file that is to be refused. */
  readonly type: TensorType | number;
  /** ne0 first. */
  readonly dimensions: readonly (number | bigint)[];
  readonly data: Uint8Array;
  /** From the beginning of the data; where it follows the tensor before unless said otherwise. */
  readonly offset?: number | bigint;
};

export type WrittenFile = {
  readonly version?: number;
  readonly metadata: readonly (readonly [key: string, value: WrittenValue])[];
  readonly tensors: readonly WrittenTensor[];
  readonly alignment?: number;
  /** What the header claims, where that is to be wrong. */
  readonly tensorCount?: number | bigint;
  readonly pairCount?: number | bigint;
};

export class ByteWriter {
  private bytes = new Uint8Array(1024);
  private view = new DataView(this.bytes.buffer);
  length = 0;

  private grow(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }

  raw(bytes: Uint8Array): this {
    const at = this.grow(bytes.length);
    this.bytes.set(bytes, at);
    return this;
  }

  u32(value: number): this {
    const at = this.grow(4);
    this.view.setUint32(at, value, true);
    return this;
  }

  u64(value: number | bigint): this {
    const at = this.grow(8);
    this.view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  text(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.u64(bytes.length).raw(bytes);
  }

  pad(alignment: number): this {
    this.grow(Math.ceil(this.length / alignment) * alignment - this.length);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}

/** A scalar of any numeric type, or a BOOL given as a number. */
export function scalar(type: Exclude<ValueType, 'STRING' | 'ARRAY'>, value: number | bigint): WrittenValue {
  return { type: VALUE_TYPES[type], bytes: numbers(type, [value]) };
}

export const u32 = (value: number): WrittenValue => scalar('UINT32', value);
export const f32 = (value: number): WrittenValue => scalar('FLOAT32', value);
export const bool = (value: boolean): WrittenValue => scalar('BOOL', Number(value));
export const text = (value: string): WrittenValue => ({
  type: VALUE_TYPES.STRING,
  bytes: new ByteWriter().text(value).finish(),
});

/** An array of numbers; `count` is what the file claims of its length. */
export function array(
  type: Exclude<ValueType, 'STRING' | 'ARRAY'>,
  values: readonly (number | bigint)[],
  count: number | bigint = values.length,
): WrittenValue {
  const writer = new ByteWriter().u32(VALUE_TYPES[type]).u64(count).raw(numbers(type, values));
  return { type: VALUE_TYPES.ARRAY, bytes: writer.finish() };
}

export function texts(values: readonly string[]): WrittenValue {
  const writer = new ByteWriter().u32(VALUE_TYPES.STRING).u64(values.length);
  for (const value of values) writer.text(value);
  return { type: VALUE_TYPES.ARRAY, bytes: writer.finish() };
}

function numbers(type: Exclude<ValueType, 'STRING' | 'ARRAY'>, values: readonly (number | bigint)[]): Uint8Array {
  const plain = () => values.map(Number);
  switch (type) {
    case 'UINT8':
    case 'BOOL':
      return Uint8Array.from(plain());
    case 'INT8':
      return new Uint8Array(Int8Array.from(plain()).buffer);
    case 'UINT16':
      return new Uint8Array(Uint16Array.from(plain()).buffer);
    case 'INT16':
      return new Uint8Array(Int16Array.from(plain()).buffer);
    case 'UINT32':
      return new Uint8Array(Uint32Array.from(plain()).buffer);
    case 'INT32':
      return new Uint8Array(Int32Array.from(plain()).buffer);
    case 'FLOAT32':
      return new Uint8Array(Float32Array.from(plain()).buffer);
    case 'FLOAT64':
      return new Uint8Array(Float64Array.from(plain()).buffer);
    case 'UINT64':
      return new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer);
    case 'INT64':
      return new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  }
}

/** The bytes of one GGUF file. Version 2 and 3 differ in nothing but the number. */
export function writeGguf(file: WrittenFile): Uint8Array<ArrayBuffer> {
  const { version = 3, metadata, tensors, alignment = 32 } = file;
  const writer = new ByteWriter().raw(new TextEncoder().encode('GGUF')).u32(version);
  writer.u64(file.tensorCount ?? tensors.length).u64(file.pairCount ?? metadata.length);
  for (const [key, value] of metadata) writer.text(key).u32(value.type).raw(value.bytes);
  let offset = 0;
  for (const tensor of tensors) {
    writer.text(tensor.name).u32(tensor.dimensions.length);
    for (const side of tensor.dimensions) writer.u64(side);
    writer.u32(typeof tensor.type === 'number' ? tensor.type : TENSOR_LAYOUTS[tensor.type].id);
    writer.u64(tensor.offset ?? offset);
    offset += Math.ceil(tensor.data.length / alignment) * alignment;
  }
  writer.pad(alignment);
  for (const tensor of tensors) writer.raw(tensor.data).pad(alignment);
  return writer.finish();
}

/**
 * The same model in `pieceCount` files by the gguf-split convention: all metadata in the first, tensors shared out in
 * order. With `emptyFirst` the first piece holds no tensor.
 */
export function writeSplitGguf(file: WrittenFile, pieceCount: number, emptyFirst = false): Uint8Array<ArrayBuffer>[] {
  const holding = emptyFirst ? pieceCount - 1 : pieceCount;
  const perPiece = Math.ceil(file.tensors.length / holding);
  return Array.from({ length: pieceCount }, (_, index) => {
    const from = (emptyFirst ? index - 1 : index) * perPiece;
    const place: WrittenFile['metadata'] = [
      ['split.no', scalar('UINT16', index)],
      ['split.count', scalar('UINT16', pieceCount)],
      ['split.tensors.count', scalar('INT32', file.tensors.length)],
    ];
    return writeGguf({
      ...file,
      metadata: index === 0 ? [...file.metadata, ...place] : place,
      tensors: from < 0 ? [] : file.tensors.slice(from, from + perPiece),
    });
  });
}
