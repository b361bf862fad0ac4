// The one table of everything that can go wrong. Codes are for programs, messages for developers;
// the UI alone turns codes into words for users. A message says what happened, the value, the limit and the next step.
// This file imports nothing.

export type ErrorDetails = Readonly<Record<string, string | number | boolean | bigint | null>>;

/** Placeholders in braces are filled from the error's details. Keep the groups; add yours to its group. */
const MESSAGES = {
  // base
  invariant: 'This should be impossible: {what}.',

  // formats: GGUF
  'gguf-truncated':
    'The file ends at byte {size}, but {what} at byte {at} needs {needed} bytes. Download the file again.',
  'gguf-magic': 'This is no GGUF file: it begins with "{found}" instead of "GGUF".',
  'gguf-version': 'The GGUF version is {version}; versions 2 and 3 in little-endian order can be read.',
  'gguf-limit': '{what} at byte {at} is {value}; the limit is {limit}.',
  'gguf-text': '{what} at byte {at} is {reason}.',
  'gguf-duplicate': 'The {what} "{name}" comes a second time at byte {at}.',
  'gguf-value-type': '{what} has the value type {type} at byte {at}, which cannot be read here.',
  'gguf-metadata': 'The metadata "{key}" is {found}; expected {expected}.',
  'gguf-tensor-type':
    'The tensor {name} is of type {type}, which is not supported. Choose another quantisation of the model, such as Q4_0 or Q4_K_M.',
  'gguf-tensor-shape': 'The tensor {name} has the shape {shape}: {reason}.',
  'gguf-tensor-place': 'The tensor {name} with {size} bytes cannot begin at byte {offset}: {reason}.',
  'gguf-not-finite':
    'Block {block} of the tensor {name} ({type}) has a scale that is infinite or no number. Download the file again, or take another one.',
  'gguf-tensor-missing': 'The model has no tensor {name}.',
  'gguf-tensor-unknown':
    'The model has a tensor {name}, which a plain llama model does not have; ignoring it would give wrong answers.',
  'gguf-split': 'The pieces of the split model do not belong together: {what} is {found}; expected {expected}.',
  'gguf-unsupported': 'The model uses {what} ({found}), which is not supported; supported: {supported}.',

  // formats: packed
  'packed-row':
    'A row of {k} weights cannot be packed as {format}: the length must be a positive multiple of {multiple}.',
  'packed-size':
    'Packing {rowCount} rows of {k} weights as {format} takes {sourceBytes} bytes to {targetBytes} bytes on a multiple of 4; got {gotSource} and {gotTarget}.',

  // formats: tokenizer and chat template
  'tokenizer-model':
    'The tokenizer is of the kind "{found}"; supported: llama (SentencePiece) and gpt2 (byte-level BPE).',
  'tokenizer-piece': 'Piece {id} of the vocabulary, "{piece}", cannot be used: {reason}.',
  'tokenizer-byte-missing': 'The vocabulary has no byte piece {piece}; a SentencePiece vocabulary needs all 256.',
  'tokenizer-too-long':
    'The pieces of the vocabulary are too long to find their merges: {cutting} of at most {limit} cuts.',
  'tokenizer-merge': 'Merge {rank} of the tokenizer, "{merge}", cannot be used: {reason}.',
  'tokenizer-pre': 'The tokenizer splits text in the way "{name}", which is unknown here; known: {known}.',
  'tokenizer-no-end': 'No token of this model ends an answer. Its control tokens: {known}.',
  'chat-template-unknown':
    'The chat template of the model is none that is known here: {found}. Known families: {known}. Choose a model of one of them.',
  'chat-messages': 'Message {index} has the role {role}; the chat template of this model wants {expected} there.',
  'chat-content': 'Message {index} holds {found}; this model takes text only.',

  // weights: sources
  'source-unreachable':
    '{url} could not be reached ({reason}). Check the connection; where other sites do load, this host may not let other sites read its files (CORS): download the file and choose it from disk.',
  'source-http': 'The server answered {status} for {url}. {next}',
  'source-not-weights': 'The server sent {type} for {url} instead of a model file. Check the address.',
  'source-protocol': 'The server sent {found} for {url}; expected {expected}. Use another host for this file.',
  'source-cut':
    'The connection to {url} ended after {got} of {wanted} bytes, {attempts} times without progress. Try again later; what is stored is kept.',
  'source-stalled': 'No byte of {url} came for {seconds} s, {attempts} times. Try again later; what is stored is kept.',
  'source-changed': 'The file {url} changed while it was read: {what} was {before} and is {after}. Start again.',
  'source-differs':
    '{url} is not the file that was expected: {what} is {found}; expected {expected}. Nothing of it is used. Try another host, or choose the file from disk.',
  'source-encoded':
    'The server compresses {url} ({encoding}), so parts of its {sizeBytes} bytes cannot be asked for; the limit for that is {limit} bytes. Use another host.',
  'source-size-unknown': 'The server does not say how long {url} is. Use another host, or choose the file from disk.',
  'source-file':
    'The file {name} can no longer be read at byte {at}: {reason}. It was moved or changed; choose it again.',

  // weights: store and import
  'storage-full':
    'The model needs {neededBytes} more bytes and this browser has {freeBytes} of {quotaBytes} left. Free disk space or delete another model.',
  'storage-failed': 'The browser could not {action}: {reason}. Reload the page; check that the disk is not full.',
  'storage-unavailable':
    'The browser keeps no data for this page ({reason}). Leave private browsing, or allow site data.',
  'storage-blocked': 'Another tab holds an older version of the model store open. Close the other tabs of this site.',
  'storage-outdated': 'Another tab updated the model store to a newer version. Reload this page.',
  'stored-model-missing': 'No model {key} is stored here.',
  'stored-model-incomplete': 'The model {key} is stored only in part: {reason}. Load it from its source again.',
  'stored-record-invalid': 'The stored record of {key} cannot be used: {reason}. Delete the model and load it again.',
  'stored-chunk-damaged':
    'Chunk {index} of {path} in the stored model {key} is damaged: {reason}. Load the model from its source again; only damaged chunks are fetched.',
  'stored-file-missing': 'The stored model has no file {url}. Nothing is fetched in its place.',
  'model-busy': 'The model {key} is in use by {holder} in this or another tab. Try again when that has ended.',
  'import-died': 'The import worker died: {reason}. Load the model again; what is stored is kept.',
  'import-row-too-long': 'One row of {name} takes {bytes} bytes; at most {limit} fit into a chunk.',
  'import-files': 'The chosen files are not one model: {reason}.',
  'import-waits':
    '{storedBytes} bytes of {key} are stored from {url}, which cannot be read now ({reason}). Try again later; or delete the model, and another host is tried.',
  'import-differs':
    'The stored part of {key} was made from other bytes than {url} has: chunk {index} of {path} differs. Delete the model and import it again.',
  'import-content':
    'The weights of {key} from {url} are not those that the catalog names: their content hash is {found}, expected {expected}. They were deleted. Tell the owner of the site, or take another model.',
  'folder-invalid': 'The folder holds no model that can be used here: {what} is {found}; expected {expected}.',
  'folder-file':
    'The file {name} of the model folder cannot be used: {reason}. Copy or export the folder again; what was imported is kept.',
  'export-failed':
    'The file {name} could not be written: {reason}. Choose another folder or free space on its disk; what is written is kept.',

  // catalog
  'catalog-invalid': "The site's catalog.json cannot be used: {at} is {found}; expected {expected}.",
  'catalog-unreachable': "The site's {url} could not be read: {reason}. Check the connection and reload the page.",

  // model library
  'program-invalid': 'The model library cannot be made: its {what} is {value}.',
  'program-text':
    'The model library cannot be made: the text near "{near}" holds the character {unit} at {at}; only ASCII is possible.',
  'program-tensor': 'The model library cannot be made: the tensor {name} is {found}; expected {expected}.',
  'library-too-large': "The model's program takes {size} bytes; at most {limit} fit into the model library.",
  'library-wasm': 'The model library runtime cannot be used: {reason}. Build it again with "npm run build:runtime".',
  'library-trap': 'The model library stopped: {reason} Load the model again.',
  'library-unprogrammed': 'The model library has no model in it: {reason} Import the model again.',
  'library-call': 'The model library refused a call: {reason}',
  'library-parameter': 'The stored weights do not fit the model library: {reason} Import the model again.',
  'library-context-full': 'The conversation has reached its longest length: {reason}',
  'library-kernel': 'A GPU program of the model is missing: {reason} Load the model again.',
  'library-gpu': 'The GPU could not be used: {reason}',
  'library-memory': 'The model library ran out of memory: {reason}',
  'kernel-compile': 'This GPU does not accept the kernel {kernel}: {messages}',
  'kernel-shape': 'The kernel {kernel} cannot take {dimension} = {value}: it must be {needed}.',

  // engine
  'engine-failed': 'The engine failed with {name}: {message}',
  'engine-died': 'The engine worker died: {reason}. Connect again to start a new one.',
  'engine-disposed': 'This engine was disposed; connect again.',
  'engine-busy': 'The engine cannot take {request} while {running}. Wait for it, or interrupt it first.',
  'engine-unloaded': 'The model was unloaded before this ended.',
  'engine-request': 'The request is not acceptable: {what}.',
  'no-model': 'No model is loaded, so {request} is impossible. Call load() first.',
  'model-unknown': 'There is no model called {model} here. Known: {known}.',
  'prompt-too-long':
    'The prompt has {promptTokens} tokens and the context holds {contextLength}. Shorten it, or load with a larger contextLength.',
  'webgpu-missing':
    'WebGPU is not available: {reason}. Use a current Chrome, Edge or Safari with hardware acceleration switched on.',
  'webgpu-limit':
    'This GPU allows {limit} = {value} and {needed} is needed. Another browser or device is required for this model.',
  'gpu-memory':
    'The GPU has too little free memory: the model needs {neededBytes} bytes with a context of {contextLength}, and it refused at {refusedAtBytes} ({message}). Close other programs and tabs, choose a smaller contextLength, or a smaller model.',
  'cpu-unsupported':
    'This browser cannot compute on the processor: {reason}. Use a current Chrome, Edge or Firefox, or any browser with WebGPU.',
  'cpu-too-large':
    'On the processor {what} takes {sizeBytes} bytes; at most {limit} are possible. Choose a smaller model or a smaller contextLength, or a browser with WebGPU.',
  'cpu-cannot': 'The engine on the processor cannot do {what}; the one on the GPU can.',
  'cpu-failed': 'llama.cpp failed on the processor: {reason}. Load the model again.',
  'device-lost': 'The GPU device was lost ({reason}): {message}. Load the model again.',
  'self-test-failed':
    'This GPU computes wrongly: {check} is {value} instead of {expected}, further than {tolerance} away. The model was unloaded. Update the browser and the graphics driver, or use another device.',

  // documents
  'document-empty': 'The file {name} is empty.',
  'document-no-text': 'The file {name} was read and holds no words.',
  'document-too-large':
    'The file {name} has {value} {unit}; at most {limit} can be read. Divide it, or take the part that matters.',
  'document-unsupported':
    'The file {name} is of a kind that cannot be read here ({found}). Readable are text, Markdown, source code, HTML, CSV, PDF and DOCX.',
  'document-binary': 'The file {name} is of an unknown kind: byte {at} belongs to no text.',
  'document-old-word':
    'The file {name} is in the format of Word before 2007 (.doc), which cannot be read. Save it as .docx or PDF.',
  'document-scanned':
    'None of the {pageCount} pages of {name} has text: they are pictures, as a scanner makes them. Recognise the text first (OCR).',
  'document-protected': 'The file {name} ({kind}) is protected by a password. Save a copy without one.',
  'document-damaged': 'The file {name} ({kind}) is damaged: {reason}. Save or download it again.',
  'document-inflates':
    'The file {name} unpacks to more than {limit} bytes at {part}. No document needs that; it was not read.',
  'document-unreadable': 'The file {name} could not be read: {reason}. It was moved or changed; choose it again.',
  'document-map-missing':
    'The file {name} needs the character map {map}, which could not be fetched from this site: {reason}. Check the connection and try again.',
  'document-stuck':
    'Page {page} of {name} was not read within {seconds} s. It may be made to take without end; read the file without it.',
  'document-reader-died': 'The reader of {name} died: {reason}. Try again, or divide the file.',
  'document-passage': 'One character of the text takes {tokens} tokens; a passage of {limit} cannot hold it.',

  // attachments and voice
  'attachments-too-many': '{count} files cannot be attached to one message; at most {limit} can. Send some first.',
  'attachment-missing': 'The text of the attachment {id} is not stored here any more. Attach the file again.',
  'dictation-denied': 'The microphone was refused ({message}). Allow it for this site in the browser.',
  'dictation-blocked': 'The browser allows no speech recognition here ({message}).',
  'dictation-no-microphone': 'No microphone could be opened ({message}). Connect one, or choose another in the system.',
  'dictation-network': 'The speech service of the browser could not be reached ({message}). Check the connection.',
  'dictation-language': 'The browser recognises no speech in {language}.',
  'dictation-pack': 'The language pack for {language} could not be fetched. Check the connection and try again.',
  'dictation-silence': 'No speech was heard.',
  'dictation-failed': 'Speech recognition failed: {reason} {message}',
  'reading-no-voice': 'The browser has no voice for {language}. Install one in the system.',
  'reading-only-remote': 'The only voices for {language} send the text over the network. Allow that, or install one.',
  'reading-denied': 'The browser did not let the page speak. Press the button again.',
  'reading-network': 'The voice for {language} needs the network, which failed. Choose one on this device.',
  'reading-audio': 'The sound output is not available ({reason}). Close what uses it and try again.',
  'reading-failed': 'The voice for {language} failed: {reason}. Choose another one.',

  // chat
  'chats-unavailable': 'The browser refused to open the database {name}: {reason}. Conversations are not kept.',
  'chats-not-saved': 'The conversation could not be saved: {reason}.',
  'chats-file-large': 'The file {name} has {value} {unit}; at most {limit} can be imported. Export less at a time.',
  'chats-file-damaged': 'The file {name} is no JSON: {reason}. Export it again.',
  'chats-file-version':
    'The file {name} has the format version {version}; known is {known}. Reload the page for a newer one.',
  'chats-file-unknown':
    'The file {name} is no export that is known: Daylight (JSON), ChatGPT (conversations.json or the ZIP), Open WebUI (JSON).',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof MESSAGES;

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(fill(MESSAGES[code], details), options);
    this.code = code;
    this.details = details;
  }
}

/** True for an AppError, also one rebuilt on another thread; narrows by `code` where one is given. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return (
    error instanceof Error && error.name === 'AppError' && (code === undefined || (error as AppError).code === code)
  );
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(MESSAGES, code);
}

function fill(message: string, details: ErrorDetails): string {
  return message.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(details, name) ? String(details[name]) : placeholder,
  );
}
