/** One file, readable at any place. Whoever opens a source closes it. */
export interface ByteSource {
  /** The file's name, for people. */
  readonly name: string;
  /** Where it was: the URL, or the file's name again. */
  readonly locator: string;
  readonly sizeBytes: number;
  /** Equal for the same bytes at the same place; other for a file that was replaced. */
  readonly fingerprint: string;
  /**
   * Reads exactly `length` bytes, into `into` where it is given, which has that length and is returned. Calls may overlap. Throws
   * an AppError (`source-…`) when the bytes cannot be had, and the signal's reason when that aborts; `into` holds anything then.
   */
  read(
    offset: number,
    length: number,
    signal?: AbortSignal,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  close(): void;
}
