import { expect, test } from 'vitest';
import { parseAttachment, parseAttachmentRef, refOf } from '#chat/attachment.ts';
import type { Attachment } from '#chat/attachment.ts';

const RECORD: Attachment = {
  id: 'a',
  name: 'report.pdf',
  format: 'pdf',
  sizeBytes: 900,
  characters: 5,
  pages: 2,
  conversationId: 'c',
  isDraft: true,
  addedAt: 7,
  language: null,
  direction: 'rtl',
  standIn: null,
  sections: [{ label: 'page 1', page: 1, text: 'Words' }],
  warnings: [
    { type: 'pages-without-text', pages: [2] },
    { type: 'encoding-assumed', encoding: 'windows-1256' },
    { type: 'quote-not-closed', row: 3 },
  ],
};

test('a record comes back as it was written, and a message keeps all but its text', () => {
  expect(parseAttachment(structuredClone(RECORD))).toEqual(RECORD);
  expect(parseAttachmentRef(refOf(RECORD))).toEqual({
    id: 'a',
    name: 'report.pdf',
    format: 'pdf',
    sizeBytes: 900,
    characters: 5,
    pages: 2,
  });
});

test.each([
  ['nothing', null],
  ['no id', { ...RECORD, id: 4 }],
  ['a negative size', { ...RECORD, sizeBytes: -1 }],
  ['no sections', { ...RECORD, sections: 'text' }],
  ['a section without text', { ...RECORD, sections: [{ label: '', page: null }] }],
  ['no conversation', { ...RECORD, conversationId: undefined }],
])('a record with %s is none', (_, value) => {
  expect(parseAttachment(value)).toBeNull();
});

test('what is only said besides falls back', () => {
  const warnings = [{ type: 'pages-damaged', pages: [1, -2, 'x'] }, { type: 'other' }, null];
  const bent = { ...RECORD, isDraft: 'yes', addedAt: NaN, direction: 'up', warnings, pages: 1.5 };
  expect(parseAttachment(bent)).toMatchObject({
    isDraft: false,
    addedAt: 0,
    direction: 'ltr',
    warnings: [{ type: 'pages-damaged', pages: [1] }],
    pages: null,
  });
});
