// The same model with every tensor dequantised to F32: the file by which logits are judged, free of how a program
// multiplies quantised blocks. Runs in Node and in the browser.
import { HeaderCursor } from '#formats/gguf/cursor.ts';
import { dequantize } from '#formats/gguf/dequantize.ts';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { parseMetadata, parsePairCount } from '#formats/gguf/metadata.ts';
import { joinSplits } from '#formats/gguf/split.ts';
import { writeGguf, type WrittenFile } from '#tests/support/gguf/writer.ts';

/** One GGUF file of F32 tensors from all files of a model. */
export function toF32(files: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const model = joinSplits(files.map((file) => parseGgufHeader(file, file.length)!));
  const tensors = Array.from(model.tensors.values(), ({ name, type, dimensions, offset, sizeBytes, fileIndex }) => {
    const count = dimensions.reduce((product, side) => product * side, 1);
    const weights = dequantize(type, files[fileIndex]!.subarray(offset, offset + sizeBytes), count);
    return { name, type: 'F32', dimensions, data: new Uint8Array(weights.buffer) } as const;
  });
  return writeGguf({ metadata: copyPairs(files[0]!), tensors });
}

/** The pairs of a file byte for byte, without those that speak of splitting. */
function copyPairs(file: Uint8Array): WrittenFile['metadata'] {
  const cursor = new HeaderCursor(file, file.length);
  cursor.take(4 + 4 + 8, 'magic, version and the number of tensors');
  const count = parsePairCount(cursor);
  const pairs: [string, { type: number; bytes: Uint8Array }][] = [];
  for (let index = 0; index < count; index++) {
    const start = cursor.offset;
    const [key] = parseMetadata(cursor, 1).keys();
    const typeAt = start + 8 + new TextEncoder().encode(key!).length;
    const type = new DataView(file.buffer, file.byteOffset).getUint32(typeAt, true);
    const bytes = file.subarray(typeAt + 4, cursor.offset);
    if (!key!.startsWith('split.') && key !== 'general.alignment') pairs.push([key!, { type, bytes }]);
  }
  return pairs;
}
