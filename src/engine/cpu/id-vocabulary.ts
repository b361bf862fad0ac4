// llama.cpp as a machine that takes ids and gives ids. wllama 3.8.1 speaks text only: it has no tokenizer call, reads control
// tokens out of whatever a person typed, and stops working when an answer's bytes are no UTF-8. So the file it is given has
// another vocabulary: every token is one character that no text needs, and a prompt's characters are its ids.
//
//   id 0 -> U+10000, id 1 -> U+10001, … id 1048575 -> U+10FFFF
//
// It is a SentencePiece vocabulary without pieces that could join, so llama.cpp reads it character by character. Texts and ids
// meet in text-codec.ts, which is the tokenizer that the GPU engine has. Weights and all other metadata stay byte for byte.
//
//   before:  magic | version | tensor count | pair count | pairs                                       | tensor table | padding
//   after:   the same                       | pairs without "tokenizer.…", and ours behind them       | tensor table | padding
import { AppError } from '#base/errors.ts';
import { HeaderCursor } from '#formats/gguf/cursor.ts';
import type { GgufHeader } from '#formats/gguf/header.ts';
import { VALUE_TYPES } from '#formats/gguf/metadata.ts';
import { MAX_TOKENS } from '#formats/gguf/vocabulary.ts';
import { ByteWriter } from '#engine/cpu/byte-writer.ts';

const FIRST = 0x10000;
const COUNTS_AT = 8;
const PAIRS_AT = 24;

/** The text that llama.cpp reads as exactly these ids. */
export function textOfIds(ids: readonly number[]): string {
  let text = '';
  for (const id of ids) text += String.fromCodePoint(FIRST + id);
  return text;
}

/** The ids that llama.cpp wrote. Throws `cpu-failed` for any other character. */
export function idsOfText(text: string): number[] {
  return Array.from(text, (character) => {
    const id = (character.codePointAt(0) as number) - FIRST;
    if (id < 0)
      throw new AppError('cpu-failed', { reason: `it wrote ${JSON.stringify(character)}, which is no token` });
    return id;
  });
}

/**
 * The beginning of a GGUF file, up to its tensor data, with the vocabulary of ids. `bytes` are the first `dataOffset` bytes of
 * that file, `endId` the token after which llama.cpp stops by itself. The data begins at the result's end.
 */
export function withIdVocabulary(
  bytes: Uint8Array<ArrayBuffer>,
  header: GgufHeader,
  tokenCount: number,
  endId: number,
): Uint8Array<ArrayBuffer> {
  if (tokenCount > MAX_TOKENS) throw new AppError('cpu-failed', { reason: `it has ${tokenCount} tokens` });
  const cursor = new HeaderCursor(bytes, header.fileSizeBytes);
  cursor.take(PAIRS_AT, 'the counts');
  const kept: Uint8Array[] = [];
  for (let index = 0; index < header.metadata.size; index++) {
    const start = cursor.offset;
    const key = cursor.text('a metadata key', bytes.length);
    skipValue(cursor, cursor.u32('a metadata type'));
    if (!key.startsWith('tokenizer.')) kept.push(bytes.subarray(start, cursor.offset));
  }
  const tableAt = cursor.offset;
  for (let index = 0; index < header.tensors.length; index++) skipTensor(cursor);
  const table = bytes.subarray(tableAt, cursor.offset);

  const pairs = idPairs(tokenCount, endId);
  const writer = new ByteWriter(bytes.length).raw(bytes.subarray(0, COUNTS_AT));
  writer.u64(header.tensors.length).u64(kept.length + pairs.length);
  for (const pair of kept) writer.raw(pair);
  for (const write of pairs) write(writer);
  writer.raw(table);
  const alignment = header.metadata.get('general.alignment');
  return writer.pad(typeof alignment === 'number' ? alignment : 32).finish();
}

type WritePair = (writer: ByteWriter) => void;

/** The metadata of the vocabulary of ids. */
function idPairs(tokenCount: number, endId: number): WritePair[] {
  const key = (name: string) => `tokenizer.ggml.${name}`;
  const array = (writer: ByteWriter, name: string, type: number) =>
    writer.text(key(name)).u32(VALUE_TYPES.ARRAY).u32(type).u64(tokenCount);
  const flag = (name: string): WritePair => {
    return (writer) => void writer.text(key(name)).u32(VALUE_TYPES.BOOL).u8(0);
  };
  const id = (name: string): WritePair => {
    return (writer) => void writer.text(key(name)).u32(VALUE_TYPES.UINT32).u32(endId);
  };
  return [
    (writer) => void writer.text(key('model')).u32(VALUE_TYPES.STRING).text('llama'),
    (writer) => {
      array(writer, 'tokens', VALUE_TYPES.STRING);
      for (let token = 0; token < tokenCount; token++) writer.text(String.fromCodePoint(FIRST + token));
    },
    (writer) => void array(writer, 'scores', VALUE_TYPES.FLOAT32).raw(new Uint8Array(tokenCount * 4)),
    (writer) => {
      array(writer, 'token_type', VALUE_TYPES.INT32);
      for (let token = 0; token < tokenCount; token++) writer.u32(1);
    },
    id('bos_token_id'),
    id('eos_token_id'),
    id('unknown_token_id'),
    flag('add_bos_token'),
    flag('add_eos_token'),
    flag('add_space_prefix'),
  ];
}

const SCALAR_BYTES: Readonly<Record<number, number>> = {
  [VALUE_TYPES.UINT8]: 1,
  [VALUE_TYPES.INT8]: 1,
  [VALUE_TYPES.BOOL]: 1,
  [VALUE_TYPES.UINT16]: 2,
  [VALUE_TYPES.INT16]: 2,
  [VALUE_TYPES.UINT32]: 4,
  [VALUE_TYPES.INT32]: 4,
  [VALUE_TYPES.FLOAT32]: 4,
  [VALUE_TYPES.UINT64]: 8,
  [VALUE_TYPES.INT64]: 8,
  [VALUE_TYPES.FLOAT64]: 8,
};

/** Moves past a value that the parser has found sound. */
function skipValue(cursor: HeaderCursor, type: number): void {
  const skipText = () => cursor.take(cursor.count('a length', Number.MAX_SAFE_INTEGER, 1), 'a text');
  if (type === VALUE_TYPES.STRING) skipText();
  else if (type === VALUE_TYPES.ARRAY) {
    const itemType = cursor.u32('an item type');
    const itemBytes = SCALAR_BYTES[itemType];
    const count = cursor.count('a length', Number.MAX_SAFE_INTEGER, itemBytes ?? 8);
    if (itemBytes !== undefined) cursor.take(count * itemBytes, 'an array');
    else for (let index = 0; index < count; index++) skipText();
  } else cursor.take(SCALAR_BYTES[type] ?? 0, 'a value');
}

function skipTensor(cursor: HeaderCursor): void {
  cursor.text('a tensor name', Number.MAX_SAFE_INTEGER);
  const dimensionCount = cursor.u32('the number of dimensions');
  cursor.take(dimensionCount * 8 + 4 + 8, 'dimensions, type and offset');
}
