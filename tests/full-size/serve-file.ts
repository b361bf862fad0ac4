// One file from the disk over HTTP with ranges, never more of it in memory than a socket takes.
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';

export type ServedFile = { readonly path: string; readonly sizeBytes: number; readonly etag: string };

/** The bytes asked for, `end` not included; null where the whole file is. */
export function wantedRange(
  { headers }: IncomingMessage,
  { sizeBytes, etag }: ServedFile,
): { start: number; end: number } | null {
  const match = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
  const ifRange = headers['if-range'];
  if (!match || (ifRange !== undefined && ifRange !== etag)) return null;
  return { start: Number(match[1]), end: Math.min(Number(match[2]) + 1, sizeBytes) };
}

/** Answers as a good static host does. */
export function serveFile(request: IncomingMessage, response: ServerResponse, file: ServedFile): void {
  const range = wantedRange(request, file);
  const { start, end } = range ?? { start: 0, end: file.sizeBytes };
  response.writeHead(range ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    etag: file.etag,
    'content-length': end - start,
    ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${file.sizeBytes}` } : {}),
  });
  if (request.method === 'HEAD') response.end();
  else sendBytes(response, file, start, end);
}

/** Sends a part of the file; a reader who goes away ends it. `isLast`: the answer ends with it. */
export function sendBytes(
  response: ServerResponse,
  { path }: ServedFile,
  start: number,
  end: number,
  isLast = true,
): void {
  const stream = createReadStream(path, { start, end: end - 1, highWaterMark: 1024 * 1024 });
  response.on('close', () => stream.destroy());
  stream.on('error', () => response.destroy());
  stream.pipe(response, { end: isLast });
}
