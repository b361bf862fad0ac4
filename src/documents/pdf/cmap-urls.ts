// Where the site keeps Adobe's character maps. A file each, so that a document fetches the one or two it names; loaded when the
// first is needed.
const FILES = import.meta.glob<string>('/node_modules/pdfjs-dist/cmaps/*.bcmap', {
  query: '?url&no-inline',
  import: 'default',
  eager: true,
});

/** Address by file name, such as `UniKS-UCS2-H.bcmap`. */
export const CMAP_URLS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FILES).map(([path, url]) => [path.slice(path.lastIndexOf('/') + 1), url]),
);
