// Conversations out of a file that another program, or this one, has written. What it says is checked here, once; a
// conversation that is not well-formed is counted and left out, and the rest comes in.
import { AppError } from '#base/errors.ts';
import { isFields } from '../stored.ts';
import { readChatGpt } from './import-chatgpt.ts';
import { FORMAT, FORMAT_VERSION } from './export-json.ts';
import { readOwn } from './import-own.ts';
import { readOpenWebUi } from './import-open-webui.ts';
import type { Kept } from './kept.ts';

/** A larger text does not fit into one string of every browser. */
export const MAX_FILE_BYTES = 400_000_000;
const MAX_CONVERSATIONS = 50_000;

export type ReadFile = {
  readonly kind: 'daylight' | 'chatgpt' | 'open-webui';
  readonly conversations: readonly Kept[];
  /** Of conversations that are none, or have nothing to read. */
  readonly brokenCount: number;
};

/** Reads the text of an export; throws `chats-file-*` when it is none of the known formats. */
export function readExport(name: string, text: string, now: number): ReadFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('chats-file-damaged', { name, reason: (cause as Error).message.slice(0, 200) }, { cause });
  }
  const { kind, list, read } = readerOf(name, value);
  if (list.length > MAX_CONVERSATIONS) {
    throw new AppError('chats-file-large', {
      name,
      value: list.length,
      limit: MAX_CONVERSATIONS,
      unit: 'conversations',
    });
  }
  const conversations = list.map((one) => read(one, now)).filter((one): one is Kept => one !== null);
  return { kind, conversations, brokenCount: list.length - conversations.length };
}

type Reader = {
  kind: ReadFile['kind'];
  list: readonly unknown[];
  read: (value: unknown, now: number) => Kept | null;
};

function readerOf(name: string, value: unknown): Reader {
  if (isFields(value) && value['format'] === FORMAT) {
    const { version, conversations } = value;
    if (version !== FORMAT_VERSION || !Array.isArray(conversations)) {
      throw new AppError('chats-file-version', { name, version: String(version), known: FORMAT_VERSION });
    }
    return { kind: 'daylight', list: conversations, read: readOwn };
  }
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const first = list.find(isFields);
  if (first !== undefined && isFields(first['mapping'])) return { kind: 'chatgpt', list, read: readChatGpt };
  if (first !== undefined && isFields(first['chat'])) return { kind: 'open-webui', list, read: readOpenWebUi };
  throw new AppError('chats-file-unknown', { name });
}
