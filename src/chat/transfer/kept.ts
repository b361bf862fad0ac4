import type { Attachment } from '../attachment.ts';
import type { Conversation, Message } from '../conversation.ts';
import { headOf } from '../store.ts';
import { pathTo } from '../tree.ts';

/** A conversation with all that belongs to it. */
export type Kept = {
  readonly conversation: Conversation;
  readonly messages: readonly Message[];
  readonly attachments: readonly Attachment[];
};

/** Words that an exported text needs. */
export type ExportWords = {
  readonly untitled: string;
  readonly you: string;
  /** Who answered, where that is not known. */
  readonly model: string;
  readonly exportedOn: string;
  readonly attached: (name: string) => string;
  readonly date: (ms: number) => string;
  readonly lang: string;
  readonly dir: 'ltr' | 'rtl';
};

/** The open branch, without answers that never began. */
export const branchOf = ({ conversation, messages }: Kept): Message[] =>
  pathTo(messages, headOf(conversation, messages)).filter(({ role, text }) => role === 'user' || text !== '');

/** A name that every file system takes. */
export function fileName(title: string, ending: string): string {
  const name = title
    .replace(/[\p{Cc}\\/:*?"<>|]/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
  return `${[...name].slice(0, 80).join('').trim() || 'Daylight'}.${ending}`;
}
