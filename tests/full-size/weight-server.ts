// The built site and one weight file beside it, on a server that misbehaves when it is told to: each network fault is taken
// by one request for weights, and the server behaves again.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendBytes, serveFile, wantedRange, type ServedFile } from '#tests/full-size/serve-file.ts';
import { BLANK_PAGE } from '#tests/full-size/solar-browser.ts';
import { serveSite, type ServedSite } from '#tests/support/serve.ts';

/** Answers a request for bytes `start` up to `end` of the file. */
export type NetworkFault = (answer: Answer) => void;
export type Answer = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly file: ServedFile;
  readonly start: number;
  readonly end: number;
};

export type WeightServer = {
  readonly site: ServedSite;
  readonly weightUrl: string;
  /** Bytes of weights that were sent since the beginning. */
  readonly sentBytes: number;
  /** What the next requests for weights meet, one each. */
  readonly faults: NetworkFault[];
  /** Faults that were met and whose bytes nobody has come back for. */
  readonly owedCount: number;
  /** Every connection is cut for so long. */
  goDown(ms: number): void;
};

/** The header is asked for at each start; faults are for the weights behind it. */
const HEADER_BYTES = 4 * 1024 * 1024;

export async function startWeightServer(siteFolder: string, file: ServedFile): Promise<WeightServer> {
  const faults: NetworkFault[] = [];
  let owed: { start: number; end: number }[] = [];
  let sentBytes = 0;
  let downUntil = 0;
  const site = await serveSite({
    folder: siteFolder,
    intercept(request, response) {
      const path = new URL(request.url ?? '/', 'http://site').pathname;
      if (path === '/blank') {
        response.writeHead(200, { 'content-type': 'text/html' }).end(BLANK_PAGE);
        return true;
      }
      if (path !== '/weights.gguf') return false;
      if (Date.now() < downUntil) {
        request.socket.destroy();
        return true;
      }
      const { socket } = request;
      const before = socket.bytesWritten;
      response.on('close', () => (sentBytes += socket.bytesWritten - before));
      const range = wantedRange(request, file);
      const fault = range && range.start >= HEADER_BYTES ? faults.shift() : undefined;
      const { start, end } = range ?? { start: 0, end: file.sizeBytes };
      if (fault) {
        owed.push({ start, end });
        fault({ request, response, file, start, end });
      } else {
        owed = owed.filter((one) => start >= one.end || end < one.end);
        serveFile(request, response, file);
      }
      return true;
    },
  });
  return {
    site,
    weightUrl: `${site.url}weights.gguf`,
    faults,
    get owedCount() {
      return owed.length;
    },
    get sentBytes() {
      return sentBytes;
    },
    goDown(ms) {
      downUntil = Date.now() + ms;
    },
  };
}

const partHeaders = ({ file, start, end }: Answer) => ({
  'content-type': 'application/octet-stream',
  etag: file.etag,
  'content-length': end - start,
  'content-range': `bytes ${start}-${end - 1}/${file.sizeBytes}`,
});

/** Promises the range, sends a part of it, and breaks the connection. */
export const cutHalfway: NetworkFault = (answer) => {
  const { request, response, file, start, end } = answer;
  response.writeHead(206, partHeaders(answer));
  const half = start + Math.floor((end - start) / 2);
  response.on('pipe', (stream) => stream.on('end', () => setTimeout(() => request.socket.destroy(), 50)));
  sendBytes(response, file, start, half, false);
};

/** Ends the body early in good order, with headers that promised no length. */
export const truncate: NetworkFault = (answer) => {
  const { response, file, start, end } = answer;
  const { 'content-length': _length, ...headers } = partHeaders(answer);
  response.writeHead(206, headers);
  sendBytes(response, file, start, start + Math.floor((end - start) / 3));
};

/** Closes the connection without a word. */
export const reset: NetworkFault = ({ request }) => void request.socket.destroy();

/** Sends the headers and then nothing. */
export const stall: NetworkFault = (answer) => {
  answer.response.writeHead(206, partHeaders(answer));
  answer.response.flushHeaders();
};

export const status =
  (code: number, headers: Record<string, string> = {}): NetworkFault =>
  ({ response }) =>
    void response.writeHead(code, headers).end('no');

/** A missing file's page with a friendly status. */
export const htmlPage: NetworkFault = ({ response }) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><h1>Sign in</h1>');

/** The whole file where a part was asked for. */
export const ignoreRange: NetworkFault = ({ response, file }) => {
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    etag: file.etag,
    'content-length': file.sizeBytes,
  });
  sendBytes(response, file, 0, file.sizeBytes);
};

/** Another file's bytes under the same address. */
export const changedFile: NetworkFault = (answer) => {
  answer.response.writeHead(206, { ...partHeaders(answer), etag: '"another"' });
  sendBytes(answer.response, answer.file, answer.start, answer.end);
};

export const changedLength: NetworkFault = (answer) => {
  const { file, start, end } = answer;
  answer.response.writeHead(206, {
    ...partHeaders(answer),
    'content-range': `bytes ${start}-${end - 1}/${file.sizeBytes + 1}`,
  });
  sendBytes(answer.response, file, start, end);
};

/** A part, but not the one that was asked for. */
export const wrongPart: NetworkFault = (answer) => {
  const { file, start, end } = answer;
  answer.response.writeHead(206, {
    ...partHeaders(answer),
    'content-range': `bytes ${start - 32}-${end - 33}/${file.sizeBytes}`,
  });
  sendBytes(answer.response, file, start - 32, end - 32);
};
