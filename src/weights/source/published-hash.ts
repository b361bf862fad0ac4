// What a host of models says a file's SHA-256 is. Hugging Face and its mirrors keep large files outside the repository; in their place
// lies a text of three lines, which they serve beside the file itself:
//
//   https://host/owner/name/resolve/revision/path   the file
//   https://host/owner/name/raw/revision/path       version … / oid sha256:<64 hexadecimal digits> / size …
//
// The headers of the file do not say it: `X-Linked-ETag` is on the answer that redirects, which a page cannot read.
import { Transfer } from './transfer.ts';

/** Longer than the text is, shorter than any model. */
const MAX_BYTES = 1024;
/** Without an answer by then the file is taken without. */
const PATIENCE_MS = 5000;
const POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:[^\n]*\n)*?oid sha256:([0-9a-f]{64})\n/;

/** The SHA-256 that the host of `url` publishes of that file; null where it publishes none. Throws the signal's reason alone. */
export async function publishedHash(url: string, signal: AbortSignal | undefined): Promise<string | null> {
  const address = pointerAddress(url);
  if (address === null) return null;
  let transfer: Transfer | null = null;
  try {
    transfer = await Transfer.start(address, {}, PATIENCE_MS, signal);
    if (transfer.response.status !== 200) return null;
    let text = '';
    const decoder = new TextDecoder();
    for (let bytes = await transfer.next(); bytes !== null; bytes = await transfer.next()) {
      text += decoder.decode(bytes.subarray(0, MAX_BYTES), { stream: true });
      if (text.length > MAX_BYTES) return null; // the file itself: a small one, or another kind of host
    }
    return POINTER.exec(text)?.[1] ?? null;
  } catch {
    signal?.throwIfAborted();
    return null; // no such host, no answer, no leave to read it: nothing is published
  } finally {
    transfer?.cancel();
  }
}

function pointerAddress(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const address = new URL(url);
  const path = address.pathname.replace(/^(\/[^/]+\/[^/]+)\/resolve\//, '$1/raw/');
  if (path === address.pathname) return null;
  address.pathname = path;
  return address.href;
}
