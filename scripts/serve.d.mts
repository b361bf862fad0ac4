import type { IncomingMessage, ServerResponse } from 'node:http';
export type ServedSite = { url: string; close(): Promise<void> };
export function serveSite(options?: {
  folder?: string;
  port?: number;
  intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
}): Promise<ServedSite>;
