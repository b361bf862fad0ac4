// Every error code in plain words, with the one thing to do about it. A new code does not compile until it has words.
import type { ErrorCode, ErrorDetails } from '#base/errors.ts';
import { formatBytes } from './format.ts';

export type ErrorAction = 'retry' | 'load' | 'models' | 'space' | 'chat' | 'page' | 'none';
export type ErrorWords = { text: string; action: ErrorAction };
type Entry = readonly [text: string | ((details: ErrorDetails) => string), action: ErrorAction];

const bytes = (details: ErrorDetails, name: string): string => formatBytes(Number(details[name] ?? 0));
const host = (details: ErrorDetails): string => {
  const url = String(details['url']);
  return URL.canParse(url) ? new URL(url).host : 'The server';
};

const BROKEN_FILE: Entry = [
  'This file is damaged or is not a complete GGUF model. Download it again, or choose another one.',
  'models',
];
const UNSUPPORTED: Entry = [
  'This model is built in a way that Daylight cannot run. Models of the Llama family in the formats Q4_0, Q4_K_M, Q5_K_M, Q6_K or Q8_0 work.',
  'models',
];
const TOKENIZER: Entry = [
  'This model reads text in a way that Daylight does not know. Choose another model.',
  'models',
];
const SERVER: Entry = [
  (details) =>
    `${host(details)} does not deliver this file in a usable way. Download it yourself and open it from disk.`,
  'models',
];
const CONNECTION: Entry = [
  'The connection broke off, several times. What has arrived is kept: try again when it is better, and loading goes on from there.',
  'retry',
];
const STORE_READ: Entry = [
  'The stored model is not intact any more. Delete it under “On this device”, and load it again.',
  'space',
];
const ENGINE: Entry = ['The engine stopped with a mistake of its own. Loading the model again usually helps.', 'load'];
const LIBRARY: Entry = ['The model could not be prepared for this device. Loading it again may help.', 'load'];
const GPU_GONE: Entry = [
  'The graphics card stopped working for this page, often because its memory was full. Close other heavy tabs or programs and load the model again. Your conversation is safe.',
  'load',
];

const DOCUMENT_LIMITS: Readonly<Record<string, (count: number) => string>> = {
  bytes: (count) => formatBytes(count),
  characters: (count) => `${count.toLocaleString('en')} characters`,
  pages: (count) => `${count.toLocaleString('en')} pages`,
  columns: (count) => `${count.toLocaleString('en')} columns`,
};
const documentLimit = (details: ErrorDetails, name: 'value' | 'limit'): string =>
  (DOCUMENT_LIMITS[String(details['unit'])] ?? String)(Number(details[name] ?? 0));
const DOCUMENT_KINDS: Readonly<Record<string, string>> = {
  image: 'This is a picture. Only text can be read, not pictures of it.',
  media: 'This is a picture, sound or film. Only text can be read.',
  archive: 'This is an archive of other files. Unpack it, and choose the documents inside.',
  spreadsheet: 'Spreadsheets cannot be read directly. Save the table as CSV.',
  presentation: 'Presentations cannot be read directly. Save them as PDF.',
  'open-document': 'OpenDocument files cannot be read directly. Save the document as DOCX or PDF.',
  book: 'E-books cannot be read directly. Save the book as PDF or HTML.',
  'rich-text': 'RTF files cannot be read directly. Save the document as DOCX or PDF.',
  model: 'This is a model, not a document. Open it where models are chosen.',
};

const ENTRIES: Record<ErrorCode, Entry> = {
  invariant: ENGINE,

  'gguf-truncated': BROKEN_FILE,
  'gguf-magic': ['This is not a GGUF file. Choose a file that ends in .gguf.', 'models'],
  'gguf-version': [
    'This GGUF file is of a version that cannot be read. Look for a newer file of the same model.',
    'models',
  ],
  'gguf-limit': BROKEN_FILE,
  'gguf-text': BROKEN_FILE,
  'gguf-duplicate': BROKEN_FILE,
  'gguf-value-type': BROKEN_FILE,
  'gguf-metadata': BROKEN_FILE,
  'gguf-tensor-type': UNSUPPORTED,
  'gguf-tensor-shape': BROKEN_FILE,
  'gguf-tensor-place': BROKEN_FILE,
  'gguf-not-finite': BROKEN_FILE,
  'gguf-tensor-missing': UNSUPPORTED,
  'gguf-tensor-unknown': UNSUPPORTED,
  'gguf-split': ['These parts do not make one whole model. Choose all parts of the same model together.', 'models'],
  'gguf-unsupported': UNSUPPORTED,

  'packed-row': UNSUPPORTED,
  'packed-size': LIBRARY,

  'tokenizer-model': TOKENIZER,
  'tokenizer-piece': TOKENIZER,
  'tokenizer-byte-missing': TOKENIZER,
  'tokenizer-merge': TOKENIZER,
  'tokenizer-pre': TOKENIZER,
  'tokenizer-no-end': TOKENIZER,
  'tokenizer-too-long': TOKENIZER,
  'chat-template-unknown': [
    'This model expects conversations in a form that Daylight does not know. Choose another model.',
    'models',
  ],
  'chat-messages': ['This model cannot go on with this conversation. Start a new chat with it.', 'chat'],
  'chat-content': ['This model takes text only. Start a new chat with it.', 'chat'],

  'source-unreachable': [
    (details) =>
      `${host(details)} could not be reached. Check your connection. If other sites do load, this one does not let pages read its files: download the file and open it from disk.`,
    'retry',
  ],
  'source-http': [
    (details) =>
      `${host(details)} refused to deliver the file (answer ${String(details['status'] ?? 'unknown')}). Check the address.`,
    'models',
  ],
  'source-not-weights': [
    (details) =>
      `${host(details)} sent something other than a model file. Check that the address leads to the file itself.`,
    'models',
  ],
  'source-protocol': SERVER,
  'source-cut': CONNECTION,
  'source-stalled': CONNECTION,
  'source-changed': ['The file changed while it was being loaded. Start again.', 'retry'],
  'source-differs': [
    (details) => `${host(details)} has another file under this address than the one expected. Choose another source.`,
    'models',
  ],
  'source-encoded': SERVER,
  'source-size-unknown': SERVER,
  'source-file': ['The file can no longer be read: it was moved or changed. Choose it again.', 'models'],

  'storage-full': [
    (details) =>
      `There is not enough room in this browser: the model needs ${bytes(details, 'neededBytes')} more, and ${bytes(details, 'freeBytes')} are free. Free some space on the disk, or delete a stored model.`,
    'space',
  ],
  'storage-failed': [
    'The browser could not store the model. Check that the disk is not full, and reload the page.',
    'page',
  ],
  'storage-unavailable': [
    'This browser keeps nothing for this page. Leave private browsing, or allow the site to store data, and reload.',
    'page',
  ],
  'storage-blocked': [
    'Another tab still uses an older version of this page. Close the other tabs of Daylight and try again.',
    'retry',
  ],
  'storage-outdated': ['Another tab brought a newer version of this page. Reload this one.', 'page'],
  'stored-model-missing': ['This model is no longer stored on this device. Load it from its source again.', 'models'],
  'stored-model-incomplete': [
    'This model is not completely stored. Load it from its source again; what is there is not downloaded twice.',
    'models',
  ],
  'stored-record-invalid': STORE_READ,
  'stored-chunk-damaged': [
    'A piece of the stored model is damaged. Load the model from its source again: only that piece is fetched.',
    'models',
  ],
  'stored-file-missing': STORE_READ,
  'model-busy': ['This model is being used in another tab. Close that tab, or wait, and try again.', 'retry'],
  'import-row-too-long': UNSUPPORTED,
  'import-waits': [
    (details) =>
      `${bytes(details, 'storedBytes')} of this model are stored already, and ${host(details)}, where the rest is, does not answer. Try again later. To begin anew from another place, delete what is stored.`,
    'retry',
  ],
  'import-differs': [
    'The file has changed since the first part of it was stored. Delete that part and load the model again.',
    'space',
  ],
  'folder-invalid': [
    'This folder holds no model that this version can use. Choose the folder that was exported, or export it again with this version.',
    'models',
  ],
  'folder-file': [
    (details) =>
      `${String(details['name'])} in this folder is missing or damaged. Copy the folder again and choose it once more: what was good is kept.`,
    'models',
  ],
  'export-failed': [
    'The model could not be written there. Check that the disk has room and may be written to; the same export goes on where it was.',
    'retry',
  ],
  'import-files': ['These files are not one model. Choose one GGUF file, or all parts of one split model.', 'models'],
  'import-died': [
    'The browser ended the import, often because memory ran out. Load the model again: what is stored is kept.',
    'retry',
  ],

  'catalog-invalid': ['The list of models of this site is damaged. Tell whoever runs the site.', 'none'],
  'catalog-unreachable': ['The list of models could not be read. Check your connection, and try again.', 'retry'],

  'program-invalid': UNSUPPORTED,
  'program-text': UNSUPPORTED,
  'program-tensor': UNSUPPORTED,
  'library-too-large': UNSUPPORTED,
  'library-wasm': ['A part of this site is missing or out of date. Reload the page.', 'page'],
  'library-trap': ENGINE,
  'library-unprogrammed': STORE_READ,
  'library-call': ENGINE,
  'library-parameter': STORE_READ,
  'library-context-full': [
    'This conversation is as long as the model can handle. Nothing was cut; start a new chat to go on.',
    'chat',
  ],
  'library-kernel': LIBRARY,
  'library-gpu': GPU_GONE,
  'library-memory': GPU_GONE,
  'kernel-shape': UNSUPPORTED,
  'kernel-compile': LIBRARY,

  'engine-failed': ENGINE,
  'engine-died': [
    'The engine was ended by the browser, often because memory ran out. Close other heavy tabs and load the model again. Your conversation is safe.',
    'load',
  ],
  'engine-disposed': ENGINE,
  'engine-busy': ['The engine is still busy. Wait a moment and try again.', 'retry'],
  'engine-unloaded': ['The model was unloaded before the answer was finished.', 'load'],
  'engine-request': ENGINE,
  'no-model': ['No model is loaded.', 'models'],
  'model-unknown': ['This site does not have that model. Reload the page.', 'page'],
  'prompt-too-long': [
    'This conversation is longer than the model can handle. Nothing was cut; start a new chat to go on.',
    'chat',
  ],
  'webgpu-missing': [
    'This browser gave the page no graphics card. Use a current Chrome, Edge or Safari, with graphics acceleration switched on in its settings.',
    'none',
  ],
  'gpu-memory': [
    'The graphics card has too little free memory for this model. Close other programs and tabs, or choose a smaller model.',
    'models',
  ],
  'webgpu-limit': ['This graphics card is too small for this model. A smaller model may work.', 'models'],
  'cpu-unsupported': [
    'This browser can run a model neither on the graphics card nor on the processor. Use a current Chrome, Edge or Firefox.',
    'none',
  ],
  'cpu-too-large': [
    'Without the graphics card this model is too large for the browser. Choose a smaller one.',
    'models',
  ],
  'cpu-cannot': ['Without the graphics card the model cannot do this.', 'none'],
  'cpu-failed': ENGINE,
  'device-lost': GPU_GONE,
  'self-test-failed': [
    'This graphics card, or its driver, computes wrongly, so the answers would be nonsense. The model was unloaded. Update the graphics driver or use another browser.',
    'none',
  ],

  'document-empty': ['This file is empty.', 'none'],
  'document-no-text': ['This file holds no words.', 'none'],
  'document-too-large': [
    (details) =>
      `This file is too large: it has ${documentLimit(details, 'value')}, and ${documentLimit(details, 'limit')} can be read. Divide it, or take the part that matters.`,
    'none',
  ],
  'document-unsupported': [
    (details) =>
      DOCUMENT_KINDS[String(details['found'])] ??
      'This kind of file cannot be read. Text, Markdown, HTML, CSV, PDF and Word (DOCX) can.',
    'none',
  ],
  'document-binary': ['This kind of file cannot be read. Text, Markdown, HTML, CSV, PDF and Word (DOCX) can.', 'none'],
  'document-old-word': [
    'This is a document of an old Word (.doc). Open it in Word or LibreOffice and save it as DOCX or PDF.',
    'none',
  ],
  'document-scanned': [
    (details) =>
      `This PDF has no text: ${Number(details['pageCount']) === 1 ? 'its page is a picture' : `its ${String(details['pageCount'])} pages are pictures`}, as from a scanner. Recognise the text with a scanning app first (OCR), then add it again.`,
    'none',
  ],
  'document-protected': [
    'This file is protected by a password. Open it where you know the password, and save a copy without one.',
    'none',
  ],
  'document-damaged': ['This file is damaged or incomplete. Download it again, or save it anew.', 'none'],
  'document-inflates': [
    'This file unpacks to far more than any document holds, so it was not read. It may have been made to do harm.',
    'none',
  ],
  'document-unreadable': ['The file can no longer be read: it was moved or changed. Choose it again.', 'none'],
  'document-map-missing': [
    'To read this file, a small part of this site is needed that could not be fetched. Check your connection, and try again.',
    'retry',
  ],
  'document-stuck': [
    (details) =>
      `Page ${String(details['page'])} of this file takes far too long to read, so reading was stopped. Save a copy without that page, and add it again.`,
    'none',
  ],
  'document-reader-died': [
    'The browser stopped reading this file, often because memory ran out. Try again, or divide the file.',
    'retry',
  ],
  'document-passage': ENGINE,

  'attachments-too-many': [
    (details) => `At most ${String(details['limit'])} files can go with one message. Send some first.`,
    'none',
  ],
  'attachment-missing': ['The text of this file is no longer stored here. Attach the file again.', 'none'],
  'dictation-denied': [
    'The browser does not let this page use the microphone. Allow it in the browser’s settings for this site, and try again.',
    'none',
  ],
  'dictation-blocked': ['This browser does not allow speech recognition here. You can go on typing.', 'none'],
  'dictation-no-microphone': ['No microphone was found. Connect one, or choose one in the system’s settings.', 'none'],
  'dictation-network': [
    'The browser sends speech to its maker to understand it, and could not reach them. Check your connection.',
    'none',
  ],
  'dictation-language': ['This browser does not understand speech in this language.', 'none'],
  'dictation-pack': ['The language pack could not be downloaded. Check your connection, and try again.', 'none'],
  'dictation-silence': ['Nothing was heard. Speak nearer to the microphone, or see whether it is switched on.', 'none'],
  'dictation-failed': ['Dictation stopped without saying why. Try again.', 'none'],
  'reading-no-voice': [
    'This browser has no voice for the language of this answer. One can be added in the system’s settings, under speech.',
    'none',
  ],
  'reading-only-remote': [
    'The only voices for this language send the text over the network. You can allow that in the settings, under voice.',
    'none',
  ],
  'reading-denied': ['The browser did not let the page speak. Press the button once more.', 'none'],
  'reading-network': [
    'This voice needs the network, and could not reach it. Choose a voice on this device in the settings.',
    'none',
  ],
  'reading-audio': [
    'The sound output is in use or missing. Look at the system’s sound settings, and try again.',
    'none',
  ],
  'reading-failed': [
    'This voice could not read the answer. Choose another one in the settings, and try again.',
    'none',
  ],

  'chats-unavailable': ['This browser keeps nothing for this page, so conversations end when you close it.', 'none'],
  'chats-not-saved': ['The last change could not be saved on this device.', 'none'],
};

/** Words and action for an error; one of an unknown code, as a newer worker may send, is told as the engine's. */
export function errorWords(error: { code: string; details: ErrorDetails }): ErrorWords {
  const entry = Object.hasOwn(ENTRIES, error.code) ? ENTRIES[error.code as ErrorCode] : ENGINE;
  const [text, action] = entry;
  return { text: typeof text === 'string' ? text : text(error.details), action };
}
