import type { ByteSource } from '#weights/source/byte-source.ts';

/** Bytes in memory as a source, with what was read of them. */
export function memorySource(bytes: Uint8Array<ArrayBuffer>, name = 'model.gguf') {
  const reads: { offset: number; length: number }[] = [];
  const source: ByteSource & { readonly reads: typeof reads } = {
    name,
    locator: name,
    sizeBytes: bytes.length,
    fingerprint: `memory|${name}|${bytes.length}`,
    reads,
    async read(offset, length, signal, into = new Uint8Array(length)) {
      signal?.throwIfAborted();
      reads.push({ offset, length });
      await Promise.resolve();
      into.set(bytes.subarray(offset, offset + length));
      return into;
    },
    close() {},
  };
  return source;
}
