// Every error code in plain words, with the one thing to do about it. A new code does not compile until it has words.
import type { ErrorCode, ErrorDetails } from '#base/errors.ts';
import { formatBytes, formatNumber } from './format.ts';
import { m } from './paraglide/messages.js';

export type ErrorAction = 'retry' | 'load' | 'models' | 'space' | 'chat' | 'page' | 'none';
export type ErrorWords = { text: string; action: ErrorAction };
type Entry = readonly [text: (details: ErrorDetails) => string, action: ErrorAction];

const bytes = (details: ErrorDetails, name: string): string => formatBytes(Number(details[name] ?? 0));
const host = (details: ErrorDetails): string => {
  const url = String(details['url']);
  return URL.canParse(url) ? new URL(url).host : m['failures.theServer']();
};

const BROKEN_FILE: Entry = [m['failures.brokenFile'], 'models'];
const UNSUPPORTED: Entry = [m['failures.unsupported'], 'models'];
const TOKENIZER: Entry = [m['failures.tokenizer'], 'models'];
const SERVER: Entry = [(details) => m['failures.server']({ host: host(details) }), 'models'];
const CONNECTION: Entry = [m['failures.connection'], 'retry'];
const STORE_READ: Entry = [m['failures.storeRead'], 'space'];
const ENGINE: Entry = [m['failures.engine'], 'load'];
const LIBRARY: Entry = [m['failures.library'], 'load'];
const GPU_GONE: Entry = [m['failures.gpuGone'], 'load'];

const DOCUMENT_LIMITS: Readonly<Record<string, (count: number) => string>> = {
  bytes: (count) => formatBytes(count),
  characters: (count) => m['attachments.characters']({ count, number: formatNumber(count) }),
  pages: (count) => m['attachments.pages']({ count, number: formatNumber(count) }),
  columns: (count) => m['attachments.columns']({ count, number: formatNumber(count) }),
};
const documentLimit = (details: ErrorDetails, name: 'value' | 'limit'): string =>
  (DOCUMENT_LIMITS[String(details['unit'])] ?? String)(Number(details[name] ?? 0));
const DOCUMENT_KINDS: Readonly<Record<string, () => string>> = {
  image: m['failures.kinds.image'],
  media: m['failures.kinds.media'],
  archive: m['failures.kinds.archive'],
  spreadsheet: m['failures.kinds.spreadsheet'],
  presentation: m['failures.kinds.presentation'],
  'open-document': m['failures.kinds.open-document'],
  book: m['failures.kinds.book'],
  'rich-text': m['failures.kinds.rich-text'],
  model: m['failures.kinds.model'],
};

const ENTRIES: Record<ErrorCode, Entry> = {
  invariant: ENGINE,

  'gguf-truncated': BROKEN_FILE,
  'gguf-magic': [m['failures.gguf-magic'], 'models'],
  'gguf-version': [m['failures.gguf-version'], 'models'],
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
  'gguf-split': [m['failures.gguf-split'], 'models'],
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
  'chat-template-unknown': [m['failures.chat-template-unknown'], 'models'],
  'chat-messages': [m['failures.chat-messages'], 'chat'],
  'chat-content': [m['failures.chat-content'], 'chat'],

  'source-unreachable': [(details) => m['failures.source-unreachable']({ host: host(details) }), 'retry'],
  'source-http': [
    (details) => m['failures.source-http']({ host: host(details), status: String(details['status'] ?? 'unknown') }),
    'models',
  ],
  'source-not-weights': [(details) => m['failures.source-not-weights']({ host: host(details) }), 'models'],
  'source-protocol': SERVER,
  'source-cut': CONNECTION,
  'source-stalled': CONNECTION,
  'source-changed': [m['failures.source-changed'], 'retry'],
  'source-differs': [(details) => m['failures.source-differs']({ host: host(details) }), 'models'],
  'source-encoded': SERVER,
  'source-size-unknown': SERVER,
  'source-file': [m['failures.source-file'], 'models'],

  'storage-full': [
    (details) =>
      m['failures.storage-full']({ needed: bytes(details, 'neededBytes'), free: bytes(details, 'freeBytes') }),
    'space',
  ],
  'storage-failed': [m['failures.storage-failed'], 'page'],
  'storage-unavailable': [m['failures.storage-unavailable'], 'page'],
  'storage-blocked': [m['failures.storage-blocked'], 'retry'],
  'storage-outdated': [m['failures.storage-outdated'], 'page'],
  'stored-model-missing': [m['failures.stored-model-missing'], 'models'],
  'stored-model-incomplete': [m['failures.stored-model-incomplete'], 'models'],
  'stored-record-invalid': STORE_READ,
  'stored-chunk-damaged': [m['failures.stored-chunk-damaged'], 'models'],
  'stored-file-missing': STORE_READ,
  'model-busy': [m['failures.model-busy'], 'retry'],
  'import-row-too-long': UNSUPPORTED,
  'import-waits': [
    (details) => m['failures.import-waits']({ stored: bytes(details, 'storedBytes'), host: host(details) }),
    'retry',
  ],
  'import-differs': [m['failures.import-differs'], 'space'],
  'import-content': [m['failures.import-content'], 'models'],
  'folder-invalid': [m['failures.folder-invalid'], 'models'],
  'folder-file': [(details) => m['failures.folder-file']({ name: String(details['name']) }), 'models'],
  'export-failed': [m['failures.export-failed'], 'retry'],
  'import-files': [m['failures.import-files'], 'models'],
  'import-died': [m['failures.import-died'], 'retry'],

  'catalog-invalid': [m['failures.catalog-invalid'], 'none'],
  'catalog-unreachable': [m['failures.catalog-unreachable'], 'retry'],

  'program-invalid': UNSUPPORTED,
  'program-text': UNSUPPORTED,
  'program-tensor': UNSUPPORTED,
  'library-too-large': UNSUPPORTED,
  'library-wasm': [m['failures.library-wasm'], 'page'],
  'library-trap': ENGINE,
  'library-unprogrammed': STORE_READ,
  'library-call': ENGINE,
  'library-parameter': STORE_READ,
  'library-context-full': [m['failures.library-context-full'], 'chat'],
  'library-kernel': LIBRARY,
  'library-gpu': GPU_GONE,
  'library-memory': GPU_GONE,
  'kernel-shape': UNSUPPORTED,
  'kernel-compile': LIBRARY,

  'engine-failed': ENGINE,
  'engine-died': [m['failures.engine-died'], 'load'],
  'engine-disposed': ENGINE,
  'engine-busy': [m['failures.engine-busy'], 'retry'],
  'engine-unloaded': [m['failures.engine-unloaded'], 'load'],
  'engine-request': ENGINE,
  'no-model': [m['failures.no-model'], 'models'],
  'model-unknown': [m['failures.model-unknown'], 'page'],
  'prompt-too-long': [m['failures.prompt-too-long'], 'chat'],
  'webgpu-missing': [m['failures.webgpu-missing'], 'none'],
  'gpu-memory': [m['failures.gpu-memory'], 'models'],
  'webgpu-limit': [m['failures.webgpu-limit'], 'models'],
  'cpu-unsupported': [m['failures.cpu-unsupported'], 'none'],
  'cpu-too-large': [m['failures.cpu-too-large'], 'models'],
  'cpu-cannot': [m['failures.cpu-cannot'], 'none'],
  'cpu-failed': ENGINE,
  'device-lost': GPU_GONE,
  'self-test-failed': [m['failures.self-test-failed'], 'none'],

  'document-empty': [m['failures.document-empty'], 'none'],
  'document-no-text': [m['failures.document-no-text'], 'none'],
  'document-too-large': [
    (details) =>
      m['failures.document-too-large']({
        value: documentLimit(details, 'value'),
        limit: documentLimit(details, 'limit'),
      }),
    'none',
  ],
  'document-unsupported': [
    (details) => (DOCUMENT_KINDS[String(details['found'])] ?? m['failures.document-binary'])(),
    'none',
  ],
  'document-binary': [m['failures.document-binary'], 'none'],
  'document-old-word': [m['failures.document-old-word'], 'none'],
  'document-scanned': [
    (details) => {
      const count = Number(details['pageCount'] ?? 0);
      return m['failures.document-scanned']({ count, number: formatNumber(count) });
    },
    'none',
  ],
  'document-protected': [m['failures.document-protected'], 'none'],
  'document-damaged': [m['failures.document-damaged'], 'none'],
  'document-inflates': [m['failures.document-inflates'], 'none'],
  'document-unreadable': [m['failures.document-unreadable'], 'none'],
  'document-map-missing': [m['failures.document-map-missing'], 'retry'],
  'document-stuck': [(details) => m['failures.document-stuck']({ page: String(details['page']) }), 'none'],
  'document-reader-died': [m['failures.document-reader-died'], 'retry'],
  'document-passage': ENGINE,

  'attachments-too-many': [
    (details) => m['failures.attachments-too-many']({ limit: String(details['limit']) }),
    'none',
  ],
  'attachment-missing': [m['failures.attachment-missing'], 'none'],
  'dictation-denied': [m['failures.dictation-denied'], 'none'],
  'dictation-blocked': [m['failures.dictation-blocked'], 'none'],
  'dictation-no-microphone': [m['failures.dictation-no-microphone'], 'none'],
  'dictation-network': [m['failures.dictation-network'], 'none'],
  'dictation-language': [m['failures.dictation-language'], 'none'],
  'dictation-pack': [m['failures.dictation-pack'], 'none'],
  'dictation-silence': [m['failures.dictation-silence'], 'none'],
  'dictation-failed': [m['failures.dictation-failed'], 'none'],
  'reading-no-voice': [m['failures.reading-no-voice'], 'none'],
  'reading-only-remote': [m['failures.reading-only-remote'], 'none'],
  'reading-denied': [m['failures.reading-denied'], 'none'],
  'reading-network': [m['failures.reading-network'], 'none'],
  'reading-audio': [m['failures.reading-audio'], 'none'],
  'reading-failed': [m['failures.reading-failed'], 'none'],

  'chats-unavailable': [m['failures.chats-unavailable'], 'none'],
  'chats-not-saved': [m['failures.chats-not-saved'], 'none'],
  'chats-file-large': [m['failures.chats-file-large'], 'none'],
  'chats-file-damaged': [m['failures.chats-file-damaged'], 'none'],
  'chats-file-version': [m['failures.chats-file-version'], 'page'],
  'chats-file-unknown': [m['failures.chats-file-unknown'], 'none'],
};

/** Words and action for an error; one of an unknown code, as a newer worker may send, is told as the engine's. */
export function errorWords(error: { code: string; details: ErrorDetails }): ErrorWords {
  const entry = Object.hasOwn(ENTRIES, error.code) ? ENTRIES[error.code as ErrorCode] : ENGINE;
  const [text, action] = entry;
  return { text: text(error.details), action };
}
