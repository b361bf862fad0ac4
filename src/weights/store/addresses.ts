// The addresses under which WebLLM asks for a stored model. The host does not exist and never will (RFC 2606), so a request
// that slipped through could not reach anybody.
const ORIGIN = 'https://daylight.invalid';
const KEY = /^[a-z0-9][a-z0-9-]{0,99}$/;

/** Whether a text can be a model's key: letters, digits and dashes, since it stands in addresses. */
export function isModelKey(key: string): boolean {
  return KEY.test(key);
}

/** The folder of a model; WebLLM puts its own `resolve/main/` behind it. */
export function modelUrl(key: string): string {
  return `${ORIGIN}/${key}`;
}

/** The address of one file of a model. */
export function fileUrl(key: string, path: string): string {
  return `${ORIGIN}/${key}/resolve/main/${path}`;
}

/** What an address names; null for one that is none of ours. */
export function parseFileUrl(url: string): { key: string; path: string } | null {
  const match = /^https:\/\/daylight\.invalid\/([^/]+)\/resolve\/main\/([^?#]+)$/.exec(url);
  return match && isModelKey(match[1]!) ? { key: match[1]!, path: match[2]! } : null;
}
