// The built site, the bench pages (TypeScript with its types stripped on the way out, no bundler) and wllama's files, from
// one origin and all cross-origin isolated, so that every engine gets threads and the same conditions.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import sirv from 'sirv';
import { transformWithOxc } from 'vite';
import { serveSite, type ServedSite } from '../scripts/serve.mjs';
import { OWN_MODEL_PATH, type BenchModel } from './model.ts';

const OPEN_FOLDERS = ['/bench/page/', '/node_modules/@wllama/wllama/esm/'];
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.ts': 'text/javascript',
  '.wasm': 'application/wasm',
};

async function answer(path: string, response: ServerResponse): Promise<void> {
  try {
    const text = path.endsWith('.ts') ? await readFile(path, 'utf8') : null;
    const body = text === null ? await readFile(path) : (await transformWithOxc(text, path)).code;
    response.writeHead(200, { 'content-type': CONTENT_TYPES[extname(path)] ?? 'application/octet-stream' }).end(body);
  } catch (error) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end(String(error));
  }
}

function intercept(request: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-embedder-policy', 'require-corp');
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const page = pathname.match(/^\/bench\/(daylight|wllama)$/)?.[1];
  if (page) {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><title>${page}</title><script type="module" src="/bench/page/${page}.ts"></script>`);
    return true;
  }
  if (!OPEN_FOLDERS.some((folder) => pathname.startsWith(folder)) || pathname !== normalize(pathname)) return false;
  void answer(join(process.cwd(), pathname), response); // it ends the response however it goes
  return true;
}

/** Serves everything a bench page needs. Close the result. */
export function serveBench(model: BenchModel): Promise<ServedSite> {
  const ownModel = sirv(model.folder, { etag: true, dev: true });
  return serveSite({
    intercept(request, response) {
      if (intercept(request, response)) return true;
      if (!request.url?.startsWith(OWN_MODEL_PATH)) return false;
      request.url = request.url.slice(OWN_MODEL_PATH.length - 1);
      ownModel(request, response, () => void response.writeHead(404).end());
      return true;
    },
  });
}
