// Our own format: everything that is kept of conversations, on every branch, with the texts of attached files.
//   { format, version, exportedAt, conversations: [{ conversation, messages, attachments }] }
import type { Kept } from './kept.ts';

export const FORMAT = 'daylight-chats';
export const FORMAT_VERSION = 1;

/** The parts of the file in order, one a conversation. */
export async function* jsonParts(all: AsyncIterable<Kept>, now: number): AsyncGenerator<string> {
  const head = { format: FORMAT, version: FORMAT_VERSION, exportedAt: new Date(now).toISOString() };
  yield `${JSON.stringify(head).slice(0, -1)},"conversations":[`;
  let separator = '\n';
  for await (const kept of all) {
    yield separator + JSON.stringify(kept);
    separator = ',\n';
  }
  yield '\n]}\n';
}
