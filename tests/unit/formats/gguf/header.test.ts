import { describe, expect, test } from 'vitest';
import { isAppError, type ErrorCode } from '#base/errors.ts';
import { parseGgufHeader, type GgufHeader } from '#formats/gguf/header.ts';
import {
  array,
  bool,
  ByteWriter,
  scalar,
  text,
  texts,
  u32,
  writeGguf,
  type WrittenFile,
} from '#tests/support/gguf/writer.ts';
import { refusal } from './refusal.ts';

const parse = (bytes: Uint8Array): GgufHeader | null => parseGgufHeader(bytes, bytes.length);

const EVERY_TYPE: WrittenFile['metadata'] = [
  ['a.u8', scalar('UINT8', 255)],
  ['a.i8', scalar('INT8', -128)],
  ['a.u16', scalar('UINT16', 65_535)],
  ['a.i16', scalar('INT16', -32_768)],
  ['a.u32', scalar('UINT32', 2 ** 32 - 1)],
  ['a.i32', scalar('INT32', -(2 ** 31))],
  ['a.f32', scalar('FLOAT32', 0.5)],
  ['a.f64', scalar('FLOAT64', 0.1)],
  ['a.u64', scalar('UINT64', 2n ** 53n - 1n)],
  ['a.u64.wide', scalar('UINT64', 2n ** 64n - 1n)],
  ['a.i64', scalar('INT64', -5n)],
  ['a.i64.wide', scalar('INT64', -(2n ** 63n))],
  ['a.bool', bool(true)],
  ['a.text', text('Zähler ▁ 한 🙂')],
  ['a.empty', text('')],
  ['list.u8', array('UINT8', [1, 255])],
  ['list.i8', array('INT8', [-1, 1])],
  ['list.u16', array('UINT16', [65_535])],
  ['list.i16', array('INT16', [-2])],
  ['list.u32', array('UINT32', [7, 2 ** 32 - 1])],
  ['list.i32', array('INT32', [-3])],
  ['list.f32', array('FLOAT32', [0.25, -1])],
  ['list.f64', array('FLOAT64', [0.1])],
  ['list.u64', array('UINT64', [2n ** 64n - 1n])],
  ['list.i64', array('INT64', [-1n])],
  ['list.bool', array('BOOL', [1, 0])],
  ['list.text', texts(['', 'b', '▁c'])],
  ['list.empty', texts([])],
];

const TWO_TENSORS: WrittenFile['tensors'] = [
  { name: 'first.weight', type: 'Q4_0', dimensions: [32, 3], data: new Uint8Array(54).fill(1) },
  { name: 'second.weight', type: 'F32', dimensions: [5], data: new Uint8Array(20).fill(2) },
];

const SMALL = writeGguf({ metadata: EVERY_TYPE, tensors: TWO_TENSORS });

describe('a sound header', () => {
  test('is read alike from a Node Buffer, which shares memory where an array copies it', () => {
    const shared = Buffer.concat([Buffer.alloc(3), SMALL]).subarray(3);
    expect(parse(shared)!.metadata).toEqual(parse(SMALL)!.metadata);
  });

  test('gives every type of value', () => {
    const { version, metadata } = parse(SMALL)!;
    expect(version).toBe(3);
    expect(Object.fromEntries(metadata)).toEqual({
      'a.u8': 255,
      'a.i8': -128,
      'a.u16': 65_535,
      'a.i16': -32_768,
      'a.u32': 2 ** 32 - 1,
      'a.i32': -(2 ** 31),
      'a.f32': 0.5,
      'a.f64': 0.1,
      'a.u64': 2 ** 53 - 1,
      'a.u64.wide': 2n ** 64n - 1n,
      'a.i64': -5,
      'a.i64.wide': -(2n ** 63n),
      'a.bool': true,
      'a.text': 'Zähler ▁ 한 🙂',
      'a.empty': '',
      'list.u8': Uint8Array.of(1, 255),
      'list.i8': Int8Array.of(-1, 1),
      'list.u16': Uint16Array.of(65_535),
      'list.i16': Int16Array.of(-2),
      'list.u32': Uint32Array.of(7, 2 ** 32 - 1),
      'list.i32': Int32Array.of(-3),
      'list.f32': Float32Array.of(0.25, -1),
      'list.f64': Float64Array.of(0.1),
      'list.u64': BigUint64Array.of(2n ** 64n - 1n),
      'list.i64': BigInt64Array.of(-1n),
      'list.bool': [true, false],
      'list.text': ['', 'b', '▁c'],
      'list.empty': [],
    });
  });

  test('places tensors in the file', () => {
    const { tensors, dataOffset, fileSizeBytes } = parse(SMALL)!;
    expect(dataOffset % 32).toBe(0);
    expect(fileSizeBytes).toBe(dataOffset + 64 + 32);
    expect(tensors).toEqual([
      { name: 'first.weight', type: 'Q4_0', dimensions: [32, 3], offset: dataOffset, sizeBytes: 54, fileIndex: 0 },
      { name: 'second.weight', type: 'F32', dimensions: [5], offset: dataOffset + 64, sizeBytes: 20, fileIndex: 0 },
    ]);
    expect(SMALL[tensors[1]!.offset]).toBe(2);
  });

  test('may be of version 2', () => {
    expect(parse(writeGguf({ version: 2, metadata: EVERY_TYPE, tensors: TWO_TENSORS }))!.version).toBe(2);
  });

  test('may align its data to another power of two', () => {
    const metadata: WrittenFile['metadata'] = [['general.alignment', u32(256)]];
    const { tensors, dataOffset } = parse(writeGguf({ metadata, tensors: TWO_TENSORS, alignment: 256 }))!;
    expect(dataOffset).toBe(256);
    expect(tensors.map(({ offset }) => offset)).toEqual([256, 512]);
  });

  test('may have tensors in any order, gaps, and bytes after the last', () => {
    const [first, second] = TWO_TENSORS as [WrittenFile['tensors'][number], WrittenFile['tensors'][number]];
    const tensors = [
      { ...first, offset: 96 },
      { ...second, offset: 0 },
    ];
    const bytes = new ByteWriter()
      .raw(writeGguf({ metadata: [], tensors }))
      .raw(new Uint8Array(999))
      .finish();
    const { tensors: found, dataOffset } = parse(bytes)!;
    expect(found.map(({ offset }) => offset - dataOffset)).toEqual([96, 0]);
  });

  test('keeps keys that JavaScript objects treat specially as keys', () => {
    const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const { metadata } = parse(writeGguf({ metadata: keys.map((key) => [key, u32(7)]), tensors: [] }))!;
    expect([...metadata.keys()]).toEqual(keys);
    expect(metadata.get('__proto__')).toBe(7);
    expect(({} as Record<string, unknown>)['7']).toBeUndefined();
  });

  test('may begin anywhere in its buffer', () => {
    const buffer = new Uint8Array(SMALL.length + 3);
    buffer.set(SMALL, 3);
    expect(parse(buffer.subarray(3))).toEqual(parse(SMALL));
  });
});

describe('truncation', () => {
  const whole = parse(SMALL)!;

  test('a file that ends at any byte is refused', () => {
    // After the last tensor comes only padding, which nobody needs.
    const end = whole.tensors[1]!.offset + whole.tensors[1]!.sizeBytes;
    const codes = new Set<ErrorCode>();
    for (let size = 0; size < end; size++) {
      try {
        parse(SMALL.slice(0, size));
        expect.fail(`accepted ${size} bytes`);
      } catch (error) {
        if (!isAppError(error)) throw error;
        codes.add(error.code);
      }
    }
    expect([...codes].sort()).toEqual(['gguf-tensor-place', 'gguf-truncated']);
    expect(parse(SMALL.slice(0, end))!.tensors).toEqual(whole.tensors);
  });

  test('a beginning of any length either needs more bytes or says what the whole file says', () => {
    let needed = 0;
    for (let size = 0; size <= SMALL.length; size++) {
      const header = parseGgufHeader(SMALL.slice(0, size), SMALL.length);
      if (header === null) needed = size + 1;
      else expect(header).toEqual(whole);
    }
    expect(needed).toBeGreaterThan(whole.dataOffset - 32);
    expect(needed).toBeLessThanOrEqual(whole.dataOffset);
  });
});

/** A file whose header claims counts, followed by `body` in place of pairs and tensors. */
function raw(
  tensorCount: number | bigint,
  pairCount: number | bigint,
  body = new ByteWriter(),
  version = 3,
): Uint8Array {
  const writer = new ByteWriter().raw(new TextEncoder().encode('GGUF')).u32(version).u64(tensorCount).u64(pairCount);
  return writer.raw(body.finish()).raw(new Uint8Array(256)).finish();
}

const HUGE = [2n ** 64n - 1n, 2n ** 63n, 2n ** 60n, 2n ** 53n + 1n, 2n ** 31n];

describe('a file that is no GGUF', () => {
  test.each([
    ['a web page', '<!DOCTYPE html><html>'],
    ['JSON', '{"error":"not found"}'],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1'],
    ['GGML of old', 'lmgg'],
    ['one wrong byte', 'GGUX'],
  ])('is refused: %s', (_name, content) => {
    const error = refusal(() => parse(new TextEncoder().encode(content.padEnd(64))), 'gguf-magic');
    expect(error.message).toContain(content.slice(0, 4));
  });

  test('is refused by its first byte, before more arrives', () => {
    refusal(() => parseGgufHeader(Uint8Array.of(0x3c), 1000), 'gguf-magic');
  });

  test('is shown with its bytes where they do not print', () => {
    expect(refusal(() => parse(Uint8Array.of(0x1f, 0x8b, 8, 0, 65)), 'gguf-magic').message).toContain(
      '\\x1f\\x8b\\x08',
    );
  });

  test.each([0, 1, 4, 0x02000000, 0x03000000, 2 ** 32 - 1])('is refused: version %i', (version) => {
    const error = refusal(() => parse(raw(0, 0, new ByteWriter(), version)), 'gguf-version');
    if (version === 0x03000000) expect(error.details.version).toBe('big-endian');
  });
});

describe('counts', () => {
  test.each(HUGE)('%s tensors are refused', (count) => {
    refusal(() => parse(raw(count, 0)), 'gguf-truncated');
  });

  test.each(HUGE)('%s pairs are refused', (count) => {
    refusal(() => parse(raw(0, count)), 'gguf-truncated');
  });

  test('more than the file can hold are refused before they are looked for', () => {
    refusal(() => parseGgufHeader(raw(10, 0).slice(0, 24), 24 + 9 * 32), 'gguf-truncated');
    expect(parseGgufHeader(raw(10, 0).slice(0, 24), 24 + 10 * 32)).toBeNull();
  });

  test('beyond any model are refused however large the file is', () => {
    refusal(() => parseGgufHeader(raw(65_537, 0), 2 ** 45), 'gguf-limit');
    refusal(() => parseGgufHeader(raw(0, 65_537), 2 ** 45), 'gguf-limit');
  });

  test('a header beyond 64 MiB is refused, though each part of it is within its limits', () => {
    const bytes = new Uint8Array(64 * 1024 * 1024);
    bytes.set(raw(0, 9));
    let at = 24;
    for (let index = 0; index < 8; index++) {
      bytes.set(
        new ByteWriter()
          .text(`k${index}`)
          .u32(9)
          .u32(12)
          .u64(1_048_576)
          .finish()
          .subarray(0, bytes.length - at),
        at,
      );
      at += 8 + 2 + 4 + 4 + 8 + 8 * 1_048_576;
    }
    expect(() => parseGgufHeader(bytes, 2 ** 40)).toThrow('The header at byte');
  });
});

describe('metadata', () => {
  const keyed = (write: (writer: ByteWriter) => ByteWriter) => raw(0, 1, write(new ByteWriter()));

  test.each([...HUGE, 300n])('a key of %s bytes is refused', (length) => {
    refusal(() => parse(keyed((writer) => writer.u64(length))), 'gguf-truncated');
  });

  test.each([...HUGE, 300n])('a text of %s bytes is refused', (length) => {
    refusal(() => parse(keyed((writer) => writer.text('key').u32(8).u64(length))), 'gguf-truncated');
  });

  test('a key beyond 65535 bytes and a text beyond 8 MiB are refused', () => {
    refusal(
      () =>
        parseGgufHeader(
          keyed((writer) => writer.u64(65_536)),
          2 ** 40,
        ),
      'gguf-limit',
    );
    const long = keyed((writer) =>
      writer
        .text('key')
        .u32(8)
        .u64(8 * 1024 * 1024 + 1),
    );
    refusal(() => parseGgufHeader(long, 2 ** 40), 'gguf-limit');
  });

  test.each([
    ['an empty key', ''],
    ['a key with a zero byte', 'a\0b'],
    ['a key with a line break', 'a\nb'],
  ])('%s is refused', (_name, key) => {
    refusal(() => parse(writeGguf({ metadata: [[key, u32(1)]], tensors: [] })), 'gguf-text');
  });

  test.each([
    ['a stray continuation byte', [0x80]],
    ['a lone surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
  ])('text that is not UTF-8 is refused in keys, values and lists: %s', (_name, bytes) => {
    const wrong = Uint8Array.from(bytes);
    const sized = (writer: ByteWriter) => writer.u64(wrong.length).raw(wrong);
    refusal(() => parse(keyed((writer) => sized(writer).u32(4).u32(1))), 'gguf-text');
    refusal(() => parse(keyed((writer) => sized(writer.text('key').u32(8)))), 'gguf-text');
    refusal(() => parse(keyed((writer) => sized(writer.text('key').u32(9).u32(8).u64(1)))), 'gguf-text');
  });

  test('a key that comes twice is refused', () => {
    const metadata: WrittenFile['metadata'] = [
      ['same', u32(1)],
      ['same', u32(1)],
    ];
    refusal(() => parse(writeGguf({ metadata, tensors: [] })), 'gguf-duplicate');
  });

  test.each([13, 255, 2 ** 31, 2 ** 32 - 1])('value type %i is refused, alone and in a list', (type) => {
    refusal(() => parse(keyed((writer) => writer.text('key').u32(type))), 'gguf-value-type');
    refusal(
      () =>
        parse(
          keyed((writer) =>
            writer
              .text('key')
              .u32(9)
              .u32(type)
              .u64(2n ** 64n - 1n),
          ),
        ),
      'gguf-value-type',
    );
  });

  test('lists of lists are refused, however deep', () => {
    const nested = new ByteWriter().text('key').u32(9);
    for (let depth = 0; depth < 100_000; depth++) nested.u32(9).u64(1);
    const bytes = raw(0, 1, nested);
    refusal(() => parse(bytes), 'gguf-value-type');
  });

  test.each([0, 4, 6, 7, 8, 12])('a list of type %i that is longer than the file is refused', (type) => {
    for (const count of [...HUGE, 2n ** 61n, 2n ** 62n, 257n]) {
      refusal(() => parse(keyed((writer) => writer.text('key').u32(9).u32(type).u64(count))), 'gguf-truncated');
    }
  });

  test('a list of ten million is refused however large the file is', () => {
    const bytes = keyed((writer) => writer.text('key').u32(9).u32(8).u64(10_000_000));
    refusal(() => parseGgufHeader(bytes, 2 ** 40), 'gguf-limit');
  });

  test('a boolean that is neither 0 nor 1 is refused', () => {
    refusal(() => parse(writeGguf({ metadata: [['key', scalar('BOOL', 2)]], tensors: [] })), 'gguf-limit');
    refusal(() => parse(writeGguf({ metadata: [['key', array('BOOL', [0, 1, 3])]], tensors: [] })), 'gguf-limit');
  });

  test.each([0, 1, 3, 4, 13, 48, 2 ** 21, 2 ** 31, 2 ** 32 - 1])('an alignment of %i is refused', (alignment) => {
    const metadata: WrittenFile['metadata'] = [['general.alignment', u32(alignment)]];
    refusal(() => parse(writeGguf({ metadata, tensors: TWO_TENSORS })), 'gguf-metadata');
  });

  test('an alignment of another type is refused', () => {
    for (const value of [scalar('UINT64', 32), scalar('FLOAT32', 32), text('32'), array('UINT32', [32])]) {
      const bytes = writeGguf({ metadata: [['general.alignment', value]], tensors: [] });
      refusal(() => parse(bytes), 'gguf-metadata');
    }
  });

  test('an alignment that the data does not keep is refused', () => {
    const metadata: WrittenFile['metadata'] = [['general.alignment', u32(128)]];
    refusal(() => parse(writeGguf({ metadata, tensors: TWO_TENSORS })), 'gguf-tensor-place');
  });
});

describe('tensors', () => {
  type Tensor = WrittenFile['tensors'][number];
  const tensor: Tensor = { name: 'some.weight', type: 'F32', dimensions: [8, 2], data: new Uint8Array(64) };
  const withTensors = (...tensors: Partial<Tensor>[]) =>
    writeGguf({ metadata: [], tensors: tensors.map((change) => ({ ...tensor, ...change })) });

  test.each([
    ['0 dimensions', []],
    ['5 dimensions', [1, 1, 1, 1, 1]],
    ['a side of 0', [8, 0]],
    ['a first side of 0', [0, 8]],
    ['a side of 2^62', [8, 2n ** 62n]],
    ['a side of 2^63 - 1', [2n ** 63n - 1n]],
    ['a side of 2^64 - 1', [2n ** 64n - 1n, 2n ** 64n - 1n, 2n ** 64n - 1n, 2n ** 64n - 1n]],
    ['a product that wraps to 16 in 64 bits', [16, 2n ** 32n + 1n, 2n ** 32n, 2n ** 32n]],
    ['a product that wraps to 0 in 64 bits', [2n ** 32n, 2n ** 32n]],
    ['more weights than the file has bytes', [1024, 1024]],
  ])('%s are refused', (_name, dimensions) => {
    refusal(() => parse(withTensors({ dimensions })), 'gguf-tensor-shape');
  });

  test('a huge number of dimensions is refused at once', () => {
    const entry = new ByteWriter().text('some.weight').u32(2 ** 32 - 1);
    refusal(() => parse(raw(1, 0, entry)), 'gguf-tensor-shape');
  });

  test.each([
    ['Q4_0', [48, 2]],
    ['Q8_0', [31, 2]],
    ['Q4_K', [128, 2]],
    ['Q6_K', [257, 2]],
  ] as const)('rows of %s that end inside a block are refused', (type, dimensions) => {
    refusal(() => parse(withTensors({ type, dimensions, data: new Uint8Array(512) })), 'gguf-tensor-shape');
  });

  test.each([
    [4, 'number 4'],
    [9, 'Q8_1'],
    [10, 'Q2_K'],
    [11, 'Q3_K'],
    [20, 'IQ4_NL'],
    [26, 'I32'],
    [39, 'MXFP4'],
    [200, 'number 200'],
    [2 ** 31, 'number 2147483648'],
    [2 ** 32 - 1, 'number 4294967295'],
  ])('type %i is refused by name', (type, name) => {
    expect(refusal(() => parse(withTensors({ type })), 'gguf-tensor-type').details).toMatchObject({ type: name });
  });

  test.each([4, 31, 33])('an offset of %i is refused, as it is not aligned', (offset) => {
    refusal(() => parse(withTensors({ offset, data: new Uint8Array(256) })), 'gguf-tensor-place');
  });

  test.each([64n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 64n, 2n ** 64n - 32n])(
    'an offset of %i is refused, as the file ends before',
    (offset) => {
      refusal(() => parse(withTensors({ offset })), 'gguf-tensor-place');
    },
  );

  test('tensors that overlap are refused', () => {
    refusal(() => parse(withTensors({ name: 'a' }, { name: 'b', offset: 0 })), 'gguf-tensor-place');
    refusal(() => parse(withTensors({ name: 'a' }, { name: 'b', offset: 32 })), 'gguf-tensor-place');
    refusal(() => parse(withTensors({ name: 'a', offset: 32 }, { name: 'b', offset: 0 })), 'gguf-tensor-place');
  });

  test('a name that comes twice is refused', () => {
    refusal(() => parse(withTensors({}, {})), 'gguf-duplicate');
  });

  test('an empty name, a long one and one with a zero byte are refused', () => {
    refusal(() => parse(withTensors({ name: '' })), 'gguf-text');
    refusal(() => parse(withTensors({ name: 'a\0' })), 'gguf-text');
    refusal(() => parse(withTensors({ name: 'n'.repeat(64) })), 'gguf-limit');
    expect(parse(withTensors({ name: 'n'.repeat(63) }))).not.toBeNull();
  });

  test('names that JavaScript objects treat specially are names', () => {
    expect(parse(withTensors({ name: '__proto__' }))!.tensors[0]!.name).toBe('__proto__');
  });
});
