// Splits a GGUF file into pieces by llama.cpp's gguf-split convention:
//   node scripts/split-gguf.mjs model.gguf static/models/name/model [largest piece in MiB, 20]
// The first piece holds the metadata and no tensor; the others hold whole tensors, in the file's order. A tensor that is
// larger than a piece may be gets a piece of its own: the convention knows no part of a tensor.
// Writes the pieces and `model.json` beside them: names, sizes and SHA-256 of the source and of each piece.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const UINT16 = 2;
const INT32 = 5;
const STRING = 8;
const ARRAY = 9;
const VALUE_BYTES = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };

const [input, prefix, maxMiB = '20'] = process.argv.slice(2);
if (!input || !prefix || !(Number(maxMiB) > 0)) {
  console.error('usage: node scripts/split-gguf.mjs MODEL.gguf OUTPUT-PREFIX [LARGEST-PIECE-MIB]');
  process.exit(2);
}
split(input, prefix, Number(maxMiB) * 1024 * 1024);

function split(inputPath, outputPrefix, maxBytes) {
  const source = readFileSync(inputPath);
  const { pairs, tensors, alignment } = readHeader(source);
  const groups = [[], ...groupTensors(tensors, alignment, maxBytes)];
  const shared = pairs.filter(({ key }) => key === 'general.alignment').map(({ bytes }) => bytes);
  const files = groups.map((group, index) => {
    const place = [
      pair('split.no', UINT16, index),
      pair('split.count', UINT16, groups.length),
      pair('split.tensors.count', INT32, tensors.length),
    ];
    const metadata = index === 0 ? pairs.map(({ bytes }) => bytes) : shared;
    const bytes = piece([...metadata, ...place], group, alignment);
    const path = `${outputPrefix}-${fiveDigits(index + 1)}-of-${fiveDigits(groups.length)}.gguf`;
    writeFileSync(path, bytes);
    if (bytes.length > maxBytes)
      console.warn(`${path} is larger than ${maxBytes} bytes: it holds ${group[0].name} alone`);
    return { name: basename(path), sizeBytes: bytes.length, sha256: sha256(bytes) };
  });
  const description = {
    source: { name: basename(inputPath), sizeBytes: source.length, sha256: sha256(source) },
    files,
  };
  writeFileSync(join(dirname(outputPrefix), 'model.json'), `${JSON.stringify(description, null, 2)}\n`);
  console.table(files);
}

/** Pairs keep the bytes they have in the file; a tensor's entry is its bytes up to the offset, which each piece writes anew. */
function readHeader(source) {
  let at = 4;
  const u32 = () => source.readUInt32LE((at += 4) - 4);
  const u64 = () => Number(source.readBigUInt64LE((at += 8) - 8));
  const text = () => {
    const length = u64();
    return source.toString('utf8', at, (at += length));
  };
  const skip = (type) => {
    if (type === STRING) text();
    else if (type === ARRAY) for (let item = u32(), count = u64(); count > 0; count--) skip(item);
    else at += VALUE_BYTES[type];
  };
  if (source.toString('latin1', 0, 4) !== 'GGUF') throw new Error('not a GGUF file');
  const version = u32();
  if (version !== 2 && version !== 3) throw new Error(`GGUF version ${version}`);
  const tensorCount = u64();
  const pairCount = u64();
  let alignment = 32;
  const pairs = Array.from({ length: pairCount }, () => {
    const start = at;
    const key = text();
    const type = u32();
    const valueAt = at;
    skip(type);
    if (key === 'general.alignment') alignment = source.readUInt32LE(valueAt);
    return { key, bytes: source.subarray(start, at) };
  });
  const entries = Array.from({ length: tensorCount }, () => {
    const start = at;
    const name = text();
    const dimensionCount = u32();
    at += 8 * dimensionCount + 4;
    return { name, entry: source.subarray(start, at), offset: u64() };
  });
  const dataAt = padded(at, alignment);
  // Data runs to the next tensor, so a tensor's size needs no knowledge of its type; padding in between comes along.
  const starts = entries.map(({ offset }) => offset).sort((a, b) => a - b);
  const tensors = entries.map(({ name, entry, offset }) => {
    const end = starts[starts.indexOf(offset) + 1] ?? source.length - dataAt;
    return { name, entry, data: source.subarray(dataAt + offset, dataAt + end) };
  });
  return { pairs, tensors, alignment };
}

function groupTensors(tensors, alignment, maxBytes) {
  const headerBytes = 256;
  const groups = [];
  let room = 0;
  for (const tensor of tensors) {
    const bytes = tensor.entry.length + 8 + padded(tensor.data.length, alignment);
    if (groups.length === 0 || bytes > room) {
      groups.push([]);
      room = maxBytes - headerBytes - alignment;
    }
    groups.at(-1).push(tensor);
    room -= bytes;
  }
  return groups;
}

function piece(pairs, tensors, alignment) {
  const header = [Buffer.from('GGUF'), uint(3, 4), uint(tensors.length, 8), uint(pairs.length, 8), ...pairs];
  let offset = 0;
  for (const { entry, data } of tensors) {
    header.push(entry, uint(offset, 8));
    offset += padded(data.length, alignment);
  }
  const data = tensors.flatMap((tensor) => [tensor.data, padding(tensor.data.length, alignment)]);
  const head = Buffer.concat(header);
  return Buffer.concat([head, padding(head.length, alignment), ...data]);
}

function pair(key, type, value) {
  return Buffer.concat([uint(key.length, 8), Buffer.from(key), uint(type, 4), uint(value, type === UINT16 ? 2 : 4)]);
}

function uint(value, bytes) {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, Math.min(bytes, 6));
  return buffer;
}

function padded(length, alignment) {
  return Math.ceil(length / alignment) * alignment;
}

function padding(length, alignment) {
  return Buffer.alloc(padded(length, alignment) - length);
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function fiveDigits(number) {
  return String(number).padStart(5, '0');
}
