import type { Conversation } from '#chat/conversation.ts';

/** What can be done with a conversation in the list. */
export type ConversationActs = {
  readonly onopen: (id: string, messageId: string | null) => void;
  readonly onrename: (id: string, title: string) => void;
  readonly onpin: (id: string, isPinned: boolean) => void;
  readonly onarchive: (id: string, isArchived: boolean) => void;
  readonly onfolder: (id: string, folder: string) => void;
  readonly onremove: (id: string) => void;
  readonly onexport: (conversation: Conversation) => void;
};
