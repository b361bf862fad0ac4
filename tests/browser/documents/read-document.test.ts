import { afterEach, expect, test } from 'vitest';
import workerUrl from '#documents/document.worker.ts?worker&url';
import { readDocument } from '#documents/read-document.ts';
import { docxFile, heading, paragraph } from '#tests/support/documents/docx.ts';
import { collectionFont, hex, makePdf, pdfFile, textLines } from '#tests/support/documents/pdf.ts';

const KOREAN = makePdf({
  pages: [`BT /F1 12 Tf 72 700 Td ${hex([0xd5, 0x5c, 0xad, 0x6d, 0xc5, 0xb4])} Tj ET`],
  fonts: { F1: collectionFont('UniKS-UCS2-H', 'Korea1') },
});
const manyPages = (count: number): File =>
  pdfFile(makePdf({ pages: Array.from({ length: count }, (_, page) => textLines([`Page ${page}`, 'with words'])) }));

const channels: BroadcastChannel[] = [];
afterEach(() => channels.splice(0).forEach((channel) => channel.close()));

/** The real worker behind a shim that tells of every request it makes. */
function watchedWorker(requests: string[]): () => Worker {
  const name = `requests-${crypto.randomUUID()}`;
  const channel = new BroadcastChannel(name);
  channels.push(channel);
  channel.addEventListener('message', ({ data }) => requests.push(String(data)));
  const shim = `
    const channel = new BroadcastChannel(${JSON.stringify(name)});
    const { fetch } = globalThis;
    globalThis.fetch = (...args) => (channel.postMessage(new Request(...args).url), fetch(...args));
    for (const other of ['XMLHttpRequest', 'EventSource', 'importScripts', 'Worker'])
      globalThis[other] = class { constructor() { channel.postMessage(other); throw new Error(other); } };
    const refuse = () => { channel.postMessage('eval'); throw new Error('eval'); };
    globalThis.eval = refuse;
    globalThis.Function = new Proxy(Function, { apply: refuse, construct: refuse });
    const early = [];
    const keep = (event) => early.push(event);
    addEventListener('message', keep);
    await import(${JSON.stringify(new URL(workerUrl, location.href).href)});
    removeEventListener('message', keep);
    for (const { data } of early) dispatchEvent(new MessageEvent('message', { data }));
  `;
  return () => new Worker(URL.createObjectURL(new Blob([shim], { type: 'text/javascript' })), { type: 'module' });
}

test('reads a PDF in its worker and says how far it is, page by page', async () => {
  const progress: number[] = [];
  const document = await readDocument(manyPages(3), { onProgress: ({ done }) => progress.push(done) });
  expect(document.sections).toEqual(
    [0, 1, 2].map((page) => ({ label: `page ${page + 1}`, page: page + 1, text: `Page ${page}\nwith words` })),
  );
  expect(progress).toEqual([0, 1, 2, 3]);
});

test('reads a DOCX in its worker', async () => {
  const { kind, sections } = await readDocument(await docxFile(heading('Title') + paragraph('Some words.')));
  expect([kind, sections]).toEqual(['docx', [{ label: 'Title', page: null, text: 'Title\n\nSome words.' }]]);
});

test('asks the site itself for the character maps that a PDF names, and nothing else of anyone', async () => {
  const requests: string[] = [];
  const createWorker = watchedWorker(requests);
  expect((await readDocument(pdfFile(KOREAN), { createWorker })).sections[0]!.text).toBe('한국어');
  await expect.poll(() => requests.length).toBeGreaterThan(0);
  expect(requests.filter((url) => !(url.startsWith(`${location.origin}/`) && url.includes('.bcmap')))).toEqual([]);

  requests.length = 0;
  const bait = 'https://example.com/bait';
  const page = `<html><head><link rel=stylesheet href="${bait}"></head><body background="${bait}"><img src="${bait}"><iframe src="${bait}"></iframe><script src="${bait}"></script><p>Words`;
  const word = await docxFile(
    `<w:p><w:r><w:t>Words</w:t></w:r><w:r><w:drawing><a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:link="bait"/></w:drawing></w:r></w:p>`,
  );
  const pdf = makePdf({
    pages: [textLines(['Words'])],
    pageEntries: `/AA << /O << /S /URI /URI (${bait}) >> >> /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /JavaScript /JS (app.launchURL\\("${bait}"\\)) >> >>]`,
  });
  for (const file of [new File([page], 'a.html'), word, pdfFile(pdf)]) {
    expect((await readDocument(file, { createWorker })).sections[0]!.text).toBe('Words');
  }
  expect(requests).toEqual([]);
});

test('an error keeps its code and details on the way out of the worker', async () => {
  await expect(readDocument(new File([], 'empty.txt'))).rejects.toMatchObject({
    name: 'AppError',
    code: 'document-empty',
    details: { name: 'empty.txt' },
  });
});

test('cancelling ends the worker within a page, with the signal’s reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let ended = false;
  let last = 0;
  const reading = readDocument(manyPages(2000), {
    signal: controller.signal,
    createWorker: () => {
      const worker = new Worker(workerUrl, { type: 'module' });
      const terminate = worker.terminate.bind(worker);
      worker.terminate = () => ((ended = true), terminate());
      return worker;
    },
    onProgress: ({ done }) => {
      last = done;
      if (done === 5) controller.abort(reason);
    },
  });
  await expect(reading).rejects.toBe(reason);
  expect(ended).toBe(true);
  expect(last).toBe(5);
  await expect(readDocument(manyPages(1), { signal: controller.signal })).rejects.toBe(reason);
});

test('ends a page that takes without end, and names it', async () => {
  const script = `onmessage = () => {
    let done = 0;
    const timer = setInterval(() => {
      postMessage({ type: 'progress', progress: { done, total: 9 } });
      if (++done === 7) clearInterval(timer);
    }, 100);
  };`;
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const reading = readDocument(manyPages(1), { createWorker: () => new Worker(url), patienceMs: 450 });
  await expect(reading).rejects.toMatchObject({ code: 'document-stuck', details: { page: 7, seconds: 0.45 } });
});

test('says that the reader died when its thread does', async () => {
  const script = URL.createObjectURL(new Blob(['throw new Error("out of memory")'], { type: 'text/javascript' }));
  const reading = readDocument(manyPages(1), { createWorker: () => new Worker(script) });
  await expect(reading).rejects.toMatchObject({ code: 'document-reader-died' });
});
