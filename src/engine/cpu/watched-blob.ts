/** A blob that tells how many of its bytes are read: wllama reports no progress, but reads its blobs slice by slice, or as a stream. */
export class WatchedBlob extends Blob {
  readonly #onRead: (bytes: number) => void;

  constructor(blob: Blob, onRead: (bytes: number) => void) {
    super([blob]);
    this.#onRead = onRead;
  }

  override slice(start = 0, end = this.size, type?: string): Blob {
    const part = super.slice(start, end, type);
    this.#onRead(part.size);
    return part;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const onRead = this.#onRead;
    const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(bytes, controller) {
        onRead(bytes.byteLength);
        controller.enqueue(bytes);
      },
    });
    return super.stream().pipeThrough(counted);
  }
}
