import { beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { AppError } from '#base/errors.ts';
import type { Attachment } from '#chat/attachment.ts';
import type { PendingFile } from '#lib/state/attachments.svelte.ts';
import AttachmentChips from '#lib/ui/AttachmentChips.svelte';
import AttachmentText from '#lib/ui/AttachmentText.svelte';
import Composer from '#lib/ui/Composer.svelte';
import { render } from './render.ts';

const REF = { id: 'a', name: 'book.pdf', format: 'pdf', sizeBytes: 9000, characters: 1200, pages: 3 };
const TABLE = { id: 'b', name: 'cities.csv', format: 'csv', sizeBytes: 90, characters: 1, pages: null };
const file = new File(['x'], 'x.pdf');
const PENDING: PendingFile = {
  id: 'c',
  name: 'long.pdf',
  sizeBytes: 9,
  conversationId: '',
  progress: { done: 4, total: 9 },
  error: null,
  file,
  stop: new AbortController(),
};

const onopen = vi.fn();
const onremove = vi.fn();
const onretry = vi.fn();
beforeEach(() => vi.clearAllMocks());

test('a file says its name and length, opens, and can be taken out, by keyboard too', async () => {
  render(AttachmentChips, { attachments: [REF, TABLE], onopen, onremove, onretry });
  expect(page.getByRole('list', { name: 'Attached files' }).getByRole('listitem').elements()).toHaveLength(2);
  const open = page.getByRole('button', { name: 'Show the text of book.pdf, 3 pages' });
  await open.click();
  expect(onopen).toHaveBeenCalledExactlyOnceWith('a');
  await userEvent.tab();
  expect(document.activeElement?.getAttribute('aria-label')).toBe('Remove book.pdf');
  await userEvent.keyboard('{Enter}');
  expect(onremove).toHaveBeenCalledExactlyOnceWith('a');
  await expect.element(page.getByRole('button', { name: 'Show the text of cities.csv, 1 character' })).toBeVisible();
});

test('files of a message that was sent cannot be taken out', () => {
  render(AttachmentChips, { attachments: [REF], onopen });
  expect(page.getByRole('button').elements()).toHaveLength(1);
});

test('a file that is read shows how far, and can be stopped', async () => {
  render(AttachmentChips, { attachments: [], pending: [PENDING], onopen, onremove, onretry });
  await expect.element(page.getByText('Page 4 of 9')).toBeVisible();
  expect(page.getByRole('progressbar', { name: 'Reading long.pdf' }).element()).toMatchObject({ value: 4, max: 9 });
  await page.getByRole('button', { name: 'Stop reading long.pdf' }).click();
  expect(onremove).toHaveBeenCalledExactlyOnceWith('c');
});

test.each([
  ['a scan', new AppError('document-scanned', { name: 'long.pdf', pageCount: 3 }), /pictures/, false],
  ['a protected file', new AppError('document-protected', { name: 'long.pdf', kind: 'pdf' }), /password/, false],
  ['a dead reader', new AppError('document-reader-died', { name: 'long.pdf', reason: '' }), /stopped reading/, true],
])('%s is told in plain words', async (_, error, words, canRetry) => {
  render(AttachmentChips, { attachments: [], pending: [{ ...PENDING, error }], onopen, onremove, onretry });
  await expect.element(page.getByRole('alert').getByText(words)).toBeVisible();
  const retry = page.getByRole('button', { name: 'Try to read long.pdf again' });
  expect(retry.elements()).toHaveLength(canRetry ? 1 : 0);
});

test('the dialog shows the text page by page, and which pages are missing', async () => {
  const attachment: Attachment = {
    ...REF,
    conversationId: '',
    isDraft: true,
    addedAt: 0,
    standIn: null,
    language: null,
    direction: 'ltr',
    sections: [
      { label: 'page 1', page: 1, text: 'The first page.' },
      { label: 'page 9', page: 9, text: 'الصفحة التاسعة.' },
    ],
    warnings: [{ type: 'pages-without-text', pages: [2, 3, 4, 7] }],
  };
  render(AttachmentText, { name: REF.name, attachment, onclose: vi.fn() });
  await expect.element(page.getByRole('dialog', { name: 'book.pdf' })).toBeVisible();
  await expect.element(page.getByRole('heading', { name: 'Page 9' })).toBeVisible();
  await expect.element(page.getByText(/pages 2–4, 7\./)).toBeVisible();
  const arabic = page.getByText('الصفحة التاسعة.').element();
  expect(getComputedStyle(arabic).direction).toBe('rtl');
});

test('a book is not put into the page at once', async () => {
  const sections = Array.from({ length: 50 }, (_, at) => ({ label: '', page: at + 1, text: 'word '.repeat(1000) }));
  const attachment = { ...REF, characters: 250_000, sections, warnings: [] } as unknown as Attachment;
  render(AttachmentText, { name: REF.name, attachment, onclose: vi.fn() });
  const region = page.getByRole('region', { name: 'book.pdf' });
  await expect.element(region).toBeVisible();
  const text = region.element();
  expect(text.textContent!.length).toBeLessThan(70_000);
  text.scrollTop = text.scrollHeight;
  await expect.poll(() => text.textContent!.length).toBeGreaterThan(70_000);
});

test('a text that is gone is said to be gone', async () => {
  render(AttachmentText, { name: REF.name, attachment: null, onclose: vi.fn() });
  await expect.element(page.getByText('no longer stored here')).toBeVisible();
});

const composer = { text: '', busy: false, canSend: true, placeholder: '', onstop: vi.fn(), oninput: vi.fn() };

function paste(data: DataTransfer): ClipboardEvent {
  const field = page.getByRole('textbox', { name: 'Your message' }).element();
  const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
  field.dispatchEvent(event);
  return event;
}

test('pasted files are attached, and a long pasted text is offered as one while it stays text', () => {
  const [onfiles, onlongpaste] = [vi.fn(), vi.fn()];
  render(Composer, { ...composer, onsend: vi.fn(), onfiles, onlongpaste });
  const files = new DataTransfer();
  files.items.add(file);
  expect(paste(files).defaultPrevented).toBe(true);
  expect(onfiles.mock.calls[0]![0]).toHaveLength(1);

  const short = new DataTransfer();
  short.setData('text/plain', 'a few words');
  expect(paste(short).defaultPrevented).toBe(false);
  expect(onlongpaste).not.toHaveBeenCalled();
  const long = new DataTransfer();
  long.setData('text/plain', 'line\r\n'.repeat(1000));
  expect(paste(long).defaultPrevented).toBe(false);
  expect(onlongpaste).toHaveBeenCalledExactlyOnceWith('line\n'.repeat(1000));

  const word = new DataTransfer(); // as office programs copy: the text, and a picture of it
  word.items.add(file);
  word.setData('text/plain', 'the words');
  expect(paste(word).defaultPrevented).toBe(false);
  expect(onfiles).toHaveBeenCalledOnce();
});

test('a message may be files alone', async () => {
  const onsend = vi.fn();
  render(Composer, { ...composer, onsend, hasFiles: true });
  await page.getByRole('button', { name: 'Send' }).click();
  expect(onsend).toHaveBeenCalledOnce();
});
