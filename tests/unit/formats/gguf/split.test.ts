import { describe, expect, test } from 'vitest';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { readLlamaConfig } from '#formats/gguf/llama-config.ts';
import { joinSplits, splitNames } from '#formats/gguf/split.ts';
import { describeTinyModel, tinyModel, type TinyModelOptions } from '#tests/support/gguf/tiny-model.ts';
import { scalar, text, u32, writeGguf, writeSplitGguf, type WrittenFile } from '#tests/support/gguf/writer.ts';
import { refusal } from './refusal.ts';

const SMALL: TinyModelOptions = { layers: 2, hidden: 64, heads: 2, kvHeads: 1, ffn: 64, vocabSize: 344 };

const headers = (files: readonly Uint8Array[]) => files.map((file) => parseGgufHeader(file, file.length)!);
const join = (files: readonly Uint8Array[]) => joinSplits(headers(files));

describe('a split model', () => {
  test.each([
    [1, false],
    [2, false],
    [3, true],
    [21, false],
    [22, true],
  ])('of %i files (first one empty: %s) is the model that one file holds', (count, emptyFirst) => {
    const file = describeTinyModel(SMALL);
    const files = writeSplitGguf(file, count, emptyFirst);
    const whole = join([writeGguf(file)]);
    const joined = join(files);
    expect(readLlamaConfig(joined)).toEqual(readLlamaConfig(whole));
    expect(joined.files.map(({ sizeBytes }) => sizeBytes)).toEqual(files.map(({ length }) => length));
    expect([...joined.tensors.keys()]).toEqual([...whole.tensors.keys()]);
    for (const { name, offset, sizeBytes, fileIndex } of joined.tensors.values()) {
      const written = file.tensors.find((tensor) => tensor.name === name)!;
      expect(Buffer.compare(files[fileIndex]!.subarray(offset, offset + sizeBytes), written.data)).toBe(0);
    }
  });

  const three = tinyModel({ ...SMALL, splits: 3 });
  const other = tinyModel({ ...SMALL, layers: 3, splits: 3 });

  test.each<[string, readonly Uint8Array[]]>([
    ['no file', []],
    ['its first piece alone', three.slice(0, 1)],
    ['a later piece alone', three.slice(1, 2)],
    ['a piece missing', three.slice(0, 2)],
    ['a piece twice', [three[0]!, three[1]!, three[1]!]],
    ['pieces in another order', [three[0]!, three[2]!, three[1]!]],
    ['a whole model among the pieces', [three[0]!, tinyModel(SMALL)[0]!, three[2]!]],
    ['a piece of another model', [three[0]!, three[1]!, other[2]!]],
    ['two whole models', [tinyModel(SMALL)[0]!, tinyModel(SMALL)[0]!]],
    ['a piece with a tensor that an earlier piece has', overlapping()],
    ['a total that is wrong', withTotal(scalar('INT32', 20))],
    ['a total that is a text', withTotal(text('21'))],
    ['a negative total', withTotal(scalar('INT32', -1))],
  ])('is refused: %s', (_name, files) => {
    refusal(() => join(files), 'gguf-split');
  });

  test('whose pieces lack a part of the model is refused by the tensor that is missing', () => {
    const file = describeTinyModel(SMALL);
    const files = writeSplitGguf({ ...file, tensors: file.tensors.slice(1) }, 2);
    expect(refusal(() => readLlamaConfig(join(files)), 'gguf-tensor-missing').details.name).toBe('token_embd.weight');
  });
});

function overlapping(): Uint8Array[] {
  const file = describeTinyModel(SMALL);
  const [first, second] = file.tensors as [WrittenFile['tensors'][number], WrittenFile['tensors'][number]];
  const piece = (index: number, tensors: WrittenFile['tensors']) =>
    writeGguf({
      metadata: [
        ['split.no', u32(index)],
        ['split.count', u32(2)],
        ['split.tensors.count', u32(2)],
      ],
      tensors,
    });
  return [piece(0, [first, second]), piece(1, [second])];
}

function withTotal(total: WrittenFile['metadata'][number][1]): Uint8Array[] {
  const file = describeTinyModel(SMALL);
  return [writeGguf({ ...file, metadata: [...file.metadata, ['split.tensors.count', total]] })];
}

describe('names of pieces', () => {
  test('follow from the name of any of them', () => {
    const names = ['m-00001-of-00003.gguf', 'm-00002-of-00003.gguf', 'm-00003-of-00003.gguf'];
    for (const name of names) expect(splitNames(name)).toEqual(names);
  });

  test('keep the way there and what follows them in a URL', () => {
    expect(splitNames('https://host/a-00009-of-00009.gguf/x-00001-of-00002.gguf?download=true#top')).toEqual([
      'https://host/a-00009-of-00009.gguf/x-00001-of-00002.gguf?download=true#top',
      'https://host/a-00009-of-00009.gguf/x-00002-of-00002.gguf?download=true#top',
    ]);
  });

  test.each([
    'model.gguf',
    'model-00000-of-00003.gguf',
    'model-00004-of-00003.gguf',
    'model-1-of-3.gguf',
    'model-00001-of-00003.gguf.part',
    '',
  ])('are just the name where it is not a piece: "%s"', (name) => expect(splitNames(name)).toEqual([name]));

  test('more than a thousand are refused', () => {
    expect(splitNames('m-00001-of-01000.gguf').length).toBe(1000);
    refusal(() => splitNames('m-00001-of-99999.gguf'), 'gguf-split');
  });
});
