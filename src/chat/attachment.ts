// A file's text as a conversation keeps it. It has the shape of `documents`' SourceDocument, which this room does not import.

/** What a message says of a file; the text lies in the store by this id. */
export type AttachmentRef = {
  readonly id: string;
  readonly name: string;
  readonly format: string;
  readonly sizeBytes: number;
  readonly characters: number;
  /** Null where the file has no pages. */
  readonly pages: number | null;
};

/** A page of a PDF, the part under a heading, or some rows of a table. */
export type AttachmentSection = {
  readonly label: string;
  readonly page: number | null;
  readonly text: string;
};

/** What the person should know of a file that was read all the same. */
export type AttachmentWarning =
  | { readonly type: 'encoding-assumed'; readonly encoding: string }
  /** Counted from 1. */
  | { readonly type: 'pages-without-text' | 'pages-damaged'; readonly pages: readonly number[] }
  | { readonly type: 'quote-not-closed'; readonly row: number };

/** The stored record: belongs to a conversation, or to the draft of a chat that has not begun ('' for its conversation). */
export type Attachment = AttachmentRef & {
  readonly conversationId: string;
  /** True until the message it belongs to is sent. */
  readonly isDraft: boolean;
  readonly addedAt: number;
  readonly language: string | null;
  readonly direction: 'ltr' | 'rtl';
  readonly sections: readonly AttachmentSection[];
  readonly warnings: readonly AttachmentWarning[];
  /** What the model is given in place of a text that is too long for it; null for the text itself. */
  readonly standIn: StandIn | null;
};

/**
 * For one question: `notes` that the model took while it read all parts of a file, or the `passages` that have most to do with
 * the question. `parts` counts what was read, or what was chosen.
 */
export type StandIn = {
  readonly kind: 'notes' | 'passages';
  readonly question: string;
  readonly parts: number;
  readonly text: string;
};

/** What a message keeps of an attachment. */
export const refOf = ({ id, name, format, sizeBytes, characters, pages }: AttachmentRef): AttachmentRef => ({
  id,
  name,
  format,
  sizeBytes,
  characters,
  pages,
});

/** The most attachments of one message; more are refused before they are read. */
export const MAX_ATTACHMENTS = 20;

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isFields = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What a message's record says of a file, or null when it is not that. */
export function parseAttachmentRef(value: unknown): AttachmentRef | null {
  if (!isFields(value)) return null;
  const { id, name, format, sizeBytes, characters, pages } = value;
  if (!isText(id) || !isText(name) || !isText(format) || !isCount(sizeBytes) || !isCount(characters)) return null;
  return { id, name, format, sizeBytes, characters, pages: isCount(pages) ? pages : null };
}

/** An attachment's record, or null when it is not one. */
export function parseAttachment(value: unknown): Attachment | null {
  const ref = parseAttachmentRef(value);
  if (ref === null || !isFields(value)) return null;
  const { conversationId, isDraft, addedAt, language, direction, sections, warnings } = value;
  if (!isText(conversationId) || !Array.isArray(sections)) return null;
  const kept = sections.map(parseSection);
  if (kept.includes(null)) return null; // a document with a hole in it is none
  return {
    ...ref,
    conversationId,
    isDraft: isDraft === true,
    addedAt: isCount(addedAt) ? addedAt : 0,
    language: isText(language) ? language : null,
    direction: direction === 'rtl' ? 'rtl' : 'ltr',
    sections: kept as AttachmentSection[],
    standIn: parseStandIn(value['standIn']),
    warnings: Array.isArray(warnings) ? warnings.map(parseWarning).filter((one) => one !== null) : [],
  };
}

function parseStandIn(value: unknown): StandIn | null {
  if (!isFields(value)) return null;
  const { kind, question, parts, text } = value;
  if (kind !== 'notes' && kind !== 'passages') return null;
  return isText(question) && isCount(parts) && isText(text) ? { kind, question, parts, text } : null;
}

function parseSection(value: unknown): AttachmentSection | null {
  if (!isFields(value)) return null;
  const { label, page, text } = value;
  return isText(label) && isText(text) ? { label, page: isCount(page) ? page : null, text } : null;
}

function parseWarning(value: unknown): AttachmentWarning | null {
  if (!isFields(value)) return null;
  const { type, encoding, pages, row } = value;
  if (type === 'encoding-assumed' && isText(encoding)) return { type, encoding };
  if (type === 'quote-not-closed' && isCount(row)) return { type, row };
  const isPages = type === 'pages-without-text' || type === 'pages-damaged';
  return isPages && Array.isArray(pages) ? { type, pages: pages.filter(isCount) } : null;
}
