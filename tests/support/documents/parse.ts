import { readFile } from 'node:fs/promises';
import type { SourceDocument } from '#documents/document.ts';
import { parseFile, type ParseOptions } from '#documents/parse-file.ts';

// pdf.js wants Node 22; this is all that Node 20 lacks for the parts that are used. Every browser with WebGPU has it.
const promises = Promise as unknown as { withResolvers?: () => unknown };
promises.withResolvers ??= () => {
  let [resolve, reject] = [(_value: unknown) => {}, (_reason: unknown) => {}];
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
};

/** Reads a file on this thread as the worker does; character maps come from the package, and are named in `cmaps`. */
export function parse(
  file: File,
  {
    signal = new AbortController().signal,
    onProgress = () => {},
    cmaps = [],
    readCMap = async (fileName) => {
      cmaps.push(fileName);
      return new Uint8Array(await readFile(`node_modules/pdfjs-dist/cmaps/${fileName}`));
    },
  }: Partial<ParseOptions> & { cmaps?: string[] } = {},
): Promise<SourceDocument> {
  return parseFile(file, { signal, onProgress, readCMap });
}
