/** Little-endian bytes, one after the other, in a buffer that grows. */
export class ByteWriter {
  readonly #encoder = new TextEncoder();
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(expectedBytes: number) {
    this.#bytes = new Uint8Array(Math.max(expectedBytes, 64));
    this.#view = new DataView(this.#bytes.buffer);
  }

  raw(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#grow(bytes.length));
    return this;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: number): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  /** Its length in bytes as a u64, then UTF-8. */
  text(text: string): this {
    const bytes = this.#encoder.encode(text);
    return this.u64(bytes.length).raw(bytes);
  }

  /** Zeros up to a multiple of `alignment`. */
  pad(alignment: number): this {
    this.#grow(Math.ceil(this.#length / alignment) * alignment - this.#length);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** Makes room for `count` bytes and gives where they begin. */
  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
