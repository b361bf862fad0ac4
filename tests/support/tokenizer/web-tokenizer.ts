// The tokenizer and the grammar engine that WebLLM bundles (the same WebAssembly), loaded in Node.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction, constants } from 'node:vm';
import type * as WebTokenizers from '@mlc-ai/web-tokenizers';
import type * as WebXgrammar from '@mlc-ai/web-xgrammar';

export type WebTokenizer = WebTokenizers.Tokenizer;

const require = createRequire(import.meta.url);

/** Both packages hold a UMD file that calls itself a module, which no import can read: it is run as the CommonJS it is. */
function requireUmd<T>(name: string): T {
  const path = require.resolve(name);
  const exports = {};
  const names = ['exports', 'module', 'require', '__filename', '__dirname'];
  const run = compileFunction(readFileSync(path, 'utf8'), names, {
    filename: path,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  run(exports, { exports }, require, path, path.slice(0, path.lastIndexOf('/')));
  return exports as T;
}

let tokenizers: typeof WebTokenizers | null = null;
let xgrammar: typeof WebXgrammar | null = null;

/** Loads a tokenizer.json as WebLLM does. The caller disposes. */
export async function openWebTokenizer(json: string): Promise<WebTokenizer> {
  tokenizers ??= requireUmd<typeof WebTokenizers>('@mlc-ai/web-tokenizers');
  return tokenizers.Tokenizer.fromJSON(new TextEncoder().encode(json).buffer);
}

export function loadXgrammar(): typeof WebXgrammar {
  return (xgrammar ??= requireUmd<typeof WebXgrammar>('@mlc-ai/web-xgrammar'));
}
