import { AppError, isAppError } from '#base/errors.ts';
import { runtimeFault } from '#model-library/package/runtime-fault.ts';

/** WebLLM's names for what is wrong with a request, as opposed to with itself. */
const REQUEST_ERRORS: ReadonlySet<string> = new Set([
  'ConfigValueError',
  'CustomResponseFormatError',
  'CustomSystemPromptError',
  'DependencyError',
  'FunctionNotFoundError',
  'GrammarMatcherInitError',
  'InvalidNumberStringError',
  'InvalidResponseFormatError',
  'InvalidResponseFormatGrammarError',
  'InvalidResponseFormatStructuralTagError',
  'InvalidStreamOptionsError',
  'InvalidToolChoiceError',
  'MinValueError',
  'NonNegativeError',
  'RangeError',
  'SeedTypeError',
  'StreamingCountError',
  'UnsupportedFieldsError',
  'UnsupportedModelIdError',
  'UnsupportedToolChoiceTypeError',
  'UnsupportedToolTypeError',
]);

/** The AppError for what WebLLM threw; anything it does not know comes back as it is. */
export function translateError(error: unknown): unknown {
  if (isAppError(error) || !(error instanceof Error)) return error;
  const fault = runtimeFault(error);
  if (fault) return fault;
  if (error.name === 'ContextWindowSizeExceededError') {
    // The numbers stand only in its text.
    const [promptTokens = 0, contextLength = 0] = (error.message.match(/\d+/g) ?? []).map(Number);
    return new AppError('prompt-too-long', { promptTokens, contextLength }, { cause: error });
  }
  if (REQUEST_ERRORS.has(error.name)) {
    return new AppError('engine-request', { what: firstSentence(error.message) }, { cause: error });
  }
  return error;
}

/** Our sentence goes on after it, so its last full stop goes. */
const firstSentence = (text: string) => text.trim().replace(/\.$/, '');
