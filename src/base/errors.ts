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

  // weights: sources

  // weights: store and import

  // model library

  // engine
  'engine-failed': 'The engine failed with {name}: {message}',
  'engine-died': 'The engine worker died: {reason}. Connect again to start a new one.',
  'engine-disposed': 'This engine was disposed; connect again.',
  'engine-busy': 'The engine cannot take {request} while {running}. Wait for it, or interrupt it first.',
  'engine-unloaded': 'The model was unloaded before {request} ended.',
  'engine-request': 'The request is not acceptable: {what}.',
  'no-model': 'No model is loaded, so {request} is impossible. Call load() first.',
  'model-unknown': 'There is no model called {model} here. Known: {known}.',
  'prompt-too-long':
    'The prompt has {promptTokens} tokens and the context holds {contextLength}. Shorten it, or load with a larger contextLength.',
  'webgpu-missing':
    'WebGPU is not available: {reason}. Use a current Chrome, Edge or Safari with hardware acceleration switched on.',
  'webgpu-limit':
    'This GPU allows {limit} = {value} and {needed} is needed. Another browser or device is required for this model.',
  'device-lost': 'The GPU device was lost ({reason}): {message}. Load the model again.',
  'self-test-failed':
    'This GPU computes wrongly: {check} gave {value} where {tolerance} is allowed. The model was unloaded.',

  // chat
  'chats-unavailable': 'The browser refused to open the database {name}: {reason}. Conversations are not kept.',
  'chats-not-saved': 'The conversation could not be saved: {reason}.',
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
