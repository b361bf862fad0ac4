// The files of a draft with the real reader, its worker and the real store.
import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '#base/errors.ts';
import { MAX_ATTACHMENTS } from '#chat/attachment.ts';
import type { AttachmentRef } from '#chat/attachment.ts';
import { ChatStore } from '#chat/store.ts';
import { readDocument } from '#documents/read-document.ts';
import { Attachments } from '#lib/state/attachments.svelte.ts';
import type { ReadFile } from '#lib/state/attachments.svelte.ts';
import { makePdf, pdfFile, textLines } from '#tests/support/documents/pdf.ts';

const DATABASE = 'daylight-attachments-test';
const PDF = pdfFile(makePdf({ pages: [textLines(['One']), '', textLines(['Three'])] }), 'book.pdf');
const NOTE = new File(['# A note\nWords.'], 'note.md');
const PICTURE = new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0])], 'photo.png');

let store: ChatStore;
const said: string[] = [];
const onChange = vi.fn();

beforeEach(async () => {
  store = await ChatStore.open(DATABASE);
  said.length = 0;
  onChange.mockClear();
});
afterEach(async () => {
  store.close();
  await deleteDB(DATABASE);
});

function draft(changes: { readFile?: ReadFile; isKept?: boolean } = {}) {
  const session = { conversation: null as { id: string } | null, attachments: [] as readonly AttachmentRef[] };
  let count = 0;
  const attachments = new Attachments({
    session: () => session as never,
    store: () => (changes.isKept === false ? null : store.attachments),
    readFile: changes.readFile ?? readDocument,
    now: () => ++count,
    newId: () => `id-${++count}`,
    say: (text) => said.push(text),
    onChange,
  });
  const settled = () => expect.poll(() => attachments.isReading, { timeout: 20_000 }).toBe(false);
  return { session, attachments, settled };
}

test('reads several files in order, keeps their texts, and says why one could not be read', async () => {
  const { session, attachments, settled } = draft();
  attachments.add([PDF, PICTURE, NOTE]);
  expect(attachments.isReading).toBe(true);
  await settled();
  expect(session.attachments).toMatchObject([
    { name: 'book.pdf', format: 'pdf', pages: 3, characters: 8 },
    { name: 'note.md', format: 'markdown', pages: null },
  ]);
  expect(attachments.here).toMatchObject([{ name: 'photo.png', error: { code: 'document-unsupported' } }]);
  const [book] = session.attachments;
  expect(await store.attachments.read(book!.id)).toMatchObject({
    isDraft: true,
    conversationId: '',
    sections: [
      { page: 1, text: 'One' },
      { page: 3, text: 'Three' },
    ],
    warnings: [{ type: 'pages-without-text', pages: [2] }],
  });
  attachments.forgetFailed();
  expect(attachments.here).toEqual([]);
  expect(said).toEqual(['book.pdf is attached.', 'photo.png could not be read.', 'note.md is attached.']);
  expect(onChange).toHaveBeenCalledTimes(2);
});

test('a file that is taken out is no longer in the store', async () => {
  const { session, attachments, settled } = draft();
  attachments.add([NOTE]);
  await settled();
  const { id } = session.attachments[0]!;
  attachments.remove(id);
  expect(session.attachments).toEqual([]);
  await expect.poll(() => store.attachments.read(id)).toBeNull();
});

test('taking a file out while it is read ends the reading, and the next one is read', async () => {
  const signals: AbortSignal[] = [];
  const readFile: ReadFile = (file, options) => {
    signals.push(options.signal);
    if (file !== PDF) return readDocument(file, options);
    return new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason)));
  };
  const { session, attachments, settled } = draft({ readFile });
  attachments.add([PDF, NOTE]);
  await expect.poll(() => signals.length).toBe(1);
  attachments.remove(attachments.here[0]!.id);
  await settled();
  expect(signals[0]!.aborted).toBe(true);
  expect(session.attachments.map(({ name }) => name)).toEqual(['note.md']);
  expect(attachments.here).toEqual([]);
});

test('a file is read again where that may help', async () => {
  let tries = 0;
  const readFile: ReadFile = (file, options) => {
    if (++tries > 1) return readDocument(file, options);
    return Promise.reject(new AppError('document-reader-died', { name: file.name, reason: 'memory' }));
  };
  const { session, attachments, settled } = draft({ readFile });
  attachments.add([NOTE]);
  await expect.poll(() => attachments.here[0]?.error?.code).toBe('document-reader-died');
  attachments.retry(attachments.here[0]!.id);
  await settled();
  expect(session.attachments).toHaveLength(1);
});

test('more files than a message may have are refused before they are read, and the first ones are taken', async () => {
  const { session, attachments, settled } = draft();
  attachments.add(Array.from({ length: MAX_ATTACHMENTS + 2 }, (_, at) => new File([`text ${at}`], `${at}.txt`)));
  expect(attachments.problem).toMatchObject({ code: 'attachments-too-many', details: { count: 22, limit: 20 } });
  expect(attachments.here).toHaveLength(MAX_ATTACHMENTS);
  await settled();
  expect(session.attachments).toHaveLength(MAX_ATTACHMENTS);
  attachments.add([NOTE]);
  expect(attachments.here).toEqual([]);
});

test('a file belongs to the draft it was attached to, wherever the person goes meanwhile', async () => {
  const { session, attachments } = draft();
  attachments.add([NOTE]);
  session.conversation = { id: 'other' };
  expect(attachments.here).toEqual([]);
  await expect.poll(() => store.attachments.of('')).toHaveLength(1);
  expect(session.attachments).toEqual([]);
  await expect.poll(() => attachments.pending).toEqual([]);
});

test('where the browser keeps nothing, texts last as long as the page', async () => {
  const { session, attachments, settled } = draft({ isKept: false });
  attachments.addText('Pasted words');
  await settled();
  const [{ id, name }] = session.attachments as [AttachmentRef];
  expect(name).toBe('Pasted text.txt');
  expect((await attachments.read(id))?.sections[0]?.text).toBe('Pasted words');
  attachments.remove(id);
  expect(await attachments.read(id)).toBeNull();
});
