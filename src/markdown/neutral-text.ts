// What a model writes may hold characters that draw nothing and change how the rest reads. They end here, before any parsing.

/**
 * Embeddings, overrides and isolates (U+202A–202E, U+2066–2069) can make a line read as something it is not; Arabic and
 * Hebrew need none of them, and the marks U+200E, U+200F and U+061C, which move only their neighbours, stay.
 * U+E0FF is a mark of this room's own. Control characters mean nothing in a page. A tab and a line feed do; a carriage return only doubles one.
 */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const UNWANTED = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\uE0FF\uFEFF]/g;

/** The text without characters that reorder or hide what stands around them. Works on any part of a text alone. */
export function neutralise(text: string): string {
  return text.replace(UNWANTED, '');
}
