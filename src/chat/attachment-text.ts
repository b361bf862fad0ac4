// An attachment as a model is given it: between fences that its own text cannot close, with marks for its pages, so that an
// answer can name them, and said to be a document, so that words in it are less easily taken for the person's wishes.
import type { Attachment, AttachmentRef, AttachmentSection } from './attachment.ts';

/** `text.slice(start, end)` of one section, as `documents` places its passages. */
export type TextSpan = { readonly sectionIndex: number; readonly start: number; readonly end: number };

/** Longer names cost tokens and say no more. */
const MAX_NAME = 80;
/** Stands where something was left out. */
const GAP = '[…]';

type Named = Pick<AttachmentRef, 'name'>;
type Texted = Named & Pick<Attachment, 'sections' | 'pages'>;

/** The attachment as prompt text: whole, or what stands for it. */
export function attachmentText(attachment: Texted & Partial<Pick<Attachment, 'standIn'>>): string {
  const { standIn } = attachment;
  if (standIn?.kind === 'passages') return standIn.text; // fenced when they were chosen
  if (standIn)
    return fenced(headOf(attachment, `Notes from reading all ${standIn.parts} parts of the file`), standIn.text);
  const body = attachment.sections.map((section) => marked(section, section.text)).join('\n\n');
  return fenced(headOf(attachment, 'The file'), body);
}

/** Only some places of it, in the document's order, with `[…]` where something between them is left out. */
export function excerptText(attachment: Texted, spans: readonly TextSpan[]): string {
  const { sections } = attachment;
  const ordered = [...spans].sort((a, b) => a.sectionIndex - b.sectionIndex || a.start - b.start);
  const parts: string[] = [];
  let before: { index: number; end: number } = { index: 0, end: 0 };
  for (const { sectionIndex, start, end } of ordered) {
    const section = sections[sectionIndex];
    if (section === undefined) continue;
    const follows = joins(sections, before, sectionIndex, start);
    if (!follows) parts.push(GAP);
    const text = section.text.slice(start, end);
    // A passage that goes on in the middle of a page needs no second mark.
    const isSamePage = follows && sectionIndex === before.index && parts.length > 0;
    if (isSamePage) parts[parts.length - 1] += text;
    else parts.push(marked(section, text));
    before = { index: sectionIndex, end };
  }
  if (!joins(sections, before, sections.length, 0)) parts.push(GAP);
  return fenced(headOf(attachment, 'Parts of the file'), parts.join('\n\n'));
}

/** Attachments before a question, as one message has them. */
export function withAttachments(question: string, texts: readonly string[]): string {
  return [...texts, question].filter((one) => one !== '').join('\n\n');
}

function headOf({ name, pages }: Texted, what: string): string {
  const title = plainName(name);
  return pages === null ? `${what} "${title}":` : `${what} "${title}" (${pages} ${pages === 1 ? 'page' : 'pages'}):`;
}

/** A name is written by whoever made the file: no line, quote or fence of it gets out of its place. */
const plainName = (name: string): string => {
  const plain = name.replace(/[\p{C}\p{Z}"`]+/gu, ' ').trim();
  const characters = [...plain];
  return characters.length <= MAX_NAME ? plain : `${characters.slice(0, MAX_NAME - 1).join('')}…`;
};

/** Headings are in the text already; the numbers of pages and rows are not. */
function marked({ label, page }: AttachmentSection, text: string): string {
  if (page !== null) return `[page ${page}]\n${text}`;
  return /^rows \d/.test(label) ? `[${label}]\n${text}` : text;
}

function fenced(head: string, body: string): string {
  let longest = 2;
  for (const [run] of body.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${head}\n${fence}\n${body.trimEnd()}\n${fence}`;
}

/** True when nothing but white space lies between what was shown last and the next place. */
function joins(
  sections: readonly AttachmentSection[],
  from: { index: number; end: number },
  toIndex: number,
  toStart: number,
): boolean {
  const between =
    from.index === toIndex
      ? [sections[toIndex]!.text.slice(from.end, toStart)]
      : [
          sections[from.index]?.text.slice(from.end) ?? '',
          ...sections.slice(from.index + 1, toIndex).map(({ text }) => text),
          sections[toIndex]?.text.slice(0, toStart) ?? '',
        ];
  return between.every((text) => text.trim() === '');
}
