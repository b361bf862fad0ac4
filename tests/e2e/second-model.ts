// A host with a second model: the included model's bytes under another name, from another address, as slowly as a test wants, in a
// catalog that says they are more. The whole host can go away and come back.
import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { serveSite } from '#tests/support/serve.ts';
import type { ServedSite } from '#tests/support/serve.ts';

const FOLDER = process.env['SITE_FOLDER'] ?? 'build';

export const SECOND_MODEL = {
  name: 'Second-Model',
  /** As it is called wherever one of several sizes is meant. */
  variant: 'Second-Model Q4_1',
  saidBytes: 300_000_000,
  realBytes: 98_000_000,
} as const;

export class SecondModelHost {
  /** On each connection. */
  bytesPerSecond = 0.75e6;
  /** Of the second model, since it was last set to 0. */
  servedBytes = 0;
  /** Nothing answers, and what was being sent breaks off. */
  isAway = false;
  #site: ServedSite | null = null;

  async open(): Promise<string> {
    this.#site = await serveSite({ folder: FOLDER, intercept: (request, response) => this.#answer(request, response) });
    return this.#site.url;
  }

  async close(): Promise<void> {
    await this.#site?.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): boolean {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    if (this.isAway) {
      request.socket.destroy();
      return true;
    }
    if (pathname === '/catalog.json') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(catalogWithSecond()));
      return true;
    }
    if (!pathname.startsWith('/slow/')) return false;
    const path = join(FOLDER, 'models/smollm2-135m-instruct', pathname.slice('/slow/'.length));
    if (path.endsWith('.json')) response.writeHead(200, { 'content-type': 'application/json' }).end(readFileSync(path));
    else void this.#serveSlowly(path, request, response);
    return true;
  }

  async #serveSlowly(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const size = statSync(path).size;
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [start, end] = match ? [Number(match[1]), Math.min(Number(match[2]), size - 1)] : [0, size - 1];
    response.writeHead(match ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': end - start + 1,
      etag: `"${size}"`,
      ...(match ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    });
    if (request.method === 'HEAD') return void response.end();
    for await (const chunk of createReadStream(path, { start, end }) as AsyncIterable<Buffer>) {
      if (this.isAway) request.socket.destroy();
      if (response.destroyed) return;
      response.write(chunk);
      this.servedBytes += chunk.length;
      await new Promise((resolve) => setTimeout(resolve, (chunk.length / this.bytesPerSecond) * 1000));
    }
    response.end();
  }
}

function catalogWithSecond(): { models: object[] } {
  const catalog = JSON.parse(readFileSync(join(FOLDER, 'catalog.json'), 'utf8')) as { models: object[] };
  const included = catalog.models.find((model) => 'badge' in model && model.badge === 'included')!;
  const second = {
    ...included,
    id: 'second-model',
    name: SECOND_MODEL.name,
    family: 'second-model',
    badge: 'recommended',
    version: 'test',
    sizeBytes: SECOND_MODEL.saidBytes,
    sources: [{ list: 'slow/model.json' }],
    licence: { name: 'CC BY-NC 4.0', url: 'https://licence.invalid/', allowsCommercialUse: false },
  };
  return { models: [included, second] };
}
