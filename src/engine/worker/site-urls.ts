import { AppError } from '#base/errors.ts';
import type { CutUrl } from '#weights/import/open-sources.ts';

/** Beside a model's pieces. */
const LIST_NAME = 'model.json';

/**
 * Addresses of all pieces of a model the site serves, as the model.json beside `piece` lists them: a host's copy may hold
 * large files in parts. Throws `source-unreachable` when the list cannot be had or is none.
 */
export async function siteUrls(piece: URL, signal: AbortSignal): Promise<(string | CutUrl)[]> {
  const address = new URL(LIST_NAME, piece);
  let list: unknown;
  try {
    const response = await fetch(address, { signal, cache: 'no-cache' });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    list = await response.json();
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('source-unreachable', { url: address.href, reason }, { cause: error });
  }
  const href = (name: string) => new URL(name, piece).href;
  return filesOf(list, address).map(({ name, parts }) =>
    parts === undefined ? href(name) : { url: href(name), parts: parts.map((part) => href(part.name)) },
  );
}

type ListedFile = { readonly name: string; readonly parts?: readonly { readonly name: string }[] };

function filesOf(list: unknown, address: URL): readonly ListedFile[] {
  const files = typeof list === 'object' && list !== null && 'files' in list ? list.files : null;
  const isNamed = (one: unknown): one is { name: string } =>
    typeof one === 'object' && one !== null && 'name' in one && typeof one.name === 'string';
  const isFile = (one: unknown): one is ListedFile =>
    isNamed(one) && (!('parts' in one) || (Array.isArray(one.parts) && one.parts.every(isNamed)));
  if (Array.isArray(files) && files.length > 0 && files.every(isFile)) return files;
  throw new AppError('source-unreachable', { url: address.href, reason: 'it lists no files' });
}
