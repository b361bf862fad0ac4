// The model everyone is measured on: the site's own, or the GGUF pieces in the folder that BENCH_MODEL names.
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

export type BenchModel = {
  readonly name: string;
  readonly folder: string;
  /** The pieces, the first one first. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** Their paths on the bench server, beginning with a slash. */
  readonly paths: readonly string[];
  /** Whether the site knows it by name; otherwise it is loaded by its URLs. */
  readonly isCatalog: boolean;
};

const EMBEDDED = 'smollm2-135m-instruct';
/** Where the bench server shows the model's folder: the built site may have cut its files into parts. */
export const OWN_MODEL_PATH = '/bench/model/';

export function findModel(): BenchModel {
  const own = process.env.BENCH_MODEL;
  const folder = own ?? join('static', 'models', EMBEDDED);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.gguf'))
    .sort();
  if (files.length === 0) throw new Error(`There is no .gguf file in ${folder}.`);
  return {
    name: own ? basename(own) : EMBEDDED,
    folder,
    files,
    bytes: files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
    paths: files.map((name) => OWN_MODEL_PATH + name),
    isCatalog: !own,
  };
}
