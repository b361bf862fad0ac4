import { invariant } from '#base/invariant.ts';
import type { ByteSource } from './byte-source.ts';

/**
 * One file out of the parts it was cut into, in order: hosts refuse large files, and a tensor cannot be split in GGUF.
 * `name` and `locator` are those of the whole file. Closing it closes the parts.
 */
export function joinSources(parts: readonly ByteSource[], name: string, locator: string): ByteSource {
  const starts: number[] = [];
  let sizeBytes = 0;
  for (const part of parts) {
    starts.push(sizeBytes);
    sizeBytes += part.sizeBytes;
  }
  return {
    name,
    locator,
    sizeBytes,
    fingerprint: parts.map(({ fingerprint }) => fingerprint).join('|'),
    async read(offset, length, signal, into = new Uint8Array(length)) {
      invariant(offset >= 0 && length >= 0 && offset + length <= sizeBytes, 'reads stay inside the file');
      const pieces = parts.flatMap((part, index) => {
        const from = Math.max(offset - starts[index]!, 0);
        const to = Math.min(offset + length - starts[index]!, part.sizeBytes);
        if (from >= to) return [];
        const at = from + starts[index]! - offset;
        return [part.read(from, to - from, signal, into.subarray(at, at + to - from))];
      });
      await Promise.all(pieces);
      return into;
    },
    close: () => parts.forEach((part) => part.close()),
  };
}
