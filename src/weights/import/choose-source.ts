import { AppError, isAppError } from '#base/errors.ts';
import type { ByteSource } from '#weights/source/byte-source.ts';
import type { UrlSourceOptions } from '#weights/source/url-source.ts';
import { storedBytes, type ModelRecord } from '#weights/store/model-record.ts';
import { isFrom, openSources, type GgufSource } from './open-sources.ts';

/**
 * Opens the first of a model's sources that can be opened. They hold different bytes, so once something of one is stored only
 * that one is asked: throws `import-waits` while it cannot be read, and otherwise what the preferred source failed with.
 * `begun` are the models whose import has not ended and which this one may be.
 */
export async function openFirst(
  sources: readonly GgufSource[],
  begun: readonly ModelRecord[],
  options: UrlSourceOptions,
): Promise<ByteSource[]> {
  for (const record of begun) {
    const source = storedBytes(record) > 0 ? sources.find((one) => isFrom(one, record.locators)) : undefined;
    if (source) return await openBegun(source, record, sources.length > 1, options);
  }
  let failure: unknown = null;
  for (const source of sources) {
    try {
      return await openSources(source, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isSourceFailure(error)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new AppError('import-files', { reason: 'there is none' });
}

async function openBegun(
  source: GgufSource,
  record: ModelRecord,
  hasOthers: boolean,
  options: UrlSourceOptions,
): Promise<ByteSource[]> {
  try {
    return await openSources(source, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!hasOthers || !isSourceFailure(error)) throw error;
    const { key, locators } = record;
    throw new AppError(
      'import-waits',
      { key, storedBytes: storedBytes(record), url: locators[0] ?? '', reason: error.message },
      { cause: error },
    );
  }
}

function isSourceFailure(error: unknown): error is AppError {
  return isAppError(error) && error.code.startsWith('source-');
}
