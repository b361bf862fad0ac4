import type { WireError } from '#engine/protocol/wire-error.ts';
import type { ReadProgress, SourceDocument } from './document.ts';

/** The document worker reads the one file it is sent, and is ended. */
export type ReadRequest = { readonly file: File };

export type ReadReply =
  | { readonly type: 'progress'; readonly progress: ReadProgress }
  | { readonly type: 'done'; readonly document: SourceDocument }
  | { readonly type: 'failed'; readonly error: WireError };
