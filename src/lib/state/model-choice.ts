// What a person chose to load, and how it is asked of the engine.
import { variantName } from '#catalog/catalog.ts';
import type { CatalogModel } from '#catalog/catalog.ts';
import type { ModelInfo } from '#engine/protocol/info.ts';

export type ModelChoice =
  | { kind: 'catalog'; name: string; model: string }
  | { kind: 'stored'; name: string; key: string; catalogId: string | null }
  | { kind: 'urls'; name: string; urls: readonly string[] }
  | { kind: 'files'; name: string; files: readonly File[] };

/** What has to be brought here first. */
export type ImportChoice = Exclude<ModelChoice, { kind: 'stored' }>;

/** Parts that a split model may have; more is a mistake in the file's name. */
const MAX_PARTS = 512;

export type LoadSource = { gguf: readonly string[] | readonly File[] } | { model: string } | { stored: string };

export function sourceOf(choice: ModelChoice): LoadSource {
  switch (choice.kind) {
    case 'catalog':
      return { model: choice.model };
    case 'stored':
      // By its source where that is known: then a damaged piece is fetched again, and what is stored needs no network.
      return choice.catalogId === null ? { stored: choice.key } : { model: choice.catalogId };
    case 'urls':
      return { gguf: choice.urls };
    case 'files':
      return { gguf: choice.files };
    default:
      return choice satisfies never;
  }
}

/** The choice that goes on with an unfinished model; null when its file has to be opened again. */
export function choiceToGoOn({ name, catalogId, source }: ModelInfo): ImportChoice | null {
  if (catalogId !== null) return { kind: 'catalog', name, model: catalogId };
  const urls = source.split(' ').filter((part) => part !== '');
  const isWeb = urls.length > 0 && urls.every((url) => /^https?:/.test(url) && URL.canParse(url));
  return isWeb ? { kind: 'urls', name, urls } : null;
}

/** Whether a stored model is what this choice brings, or brought in part. */
export function isChoiceOf(choice: ImportChoice, model: Pick<ModelInfo, 'catalogId' | 'source'>): boolean {
  if (choice.kind === 'catalog') return choice.model === model.catalogId;
  if (choice.kind === 'files') return choice.files.some(({ name }) => model.source.includes(name));
  const sources = model.source.split(' ');
  return choice.urls.some((url) => sources.includes(url));
}

/** A model of the catalog, under the name of its variant. */
export const choiceOf = (entry: CatalogModel): ImportChoice => ({
  kind: 'catalog',
  name: variantName(entry),
  model: entry.id,
});

export const storedChoice = ({ key, name, catalogId }: ModelInfo): ModelChoice => ({
  kind: 'stored',
  name,
  key,
  catalogId,
});

/** The choice a typed address stands for; null when it is none. The address of one part stands for all of them. */
export function choiceOfUrl(text: string): ModelChoice | null {
  if (!URL.canParse(text.trim())) return null;
  const url = new URL(text.trim());
  if (url.username !== '' || url.password !== '') return null;
  const isLocal = url.hostname === 'localhost' || url.hostname === '127.0.0.1';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) return null;
  const file = decodePart(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
  if (file === '') return null;
  url.hash = '';
  return { kind: 'urls', name: nameOfFile(file), urls: partsOf(url.href) };
}

/** The choice for files picked or dropped; null when none is a GGUF. Other files among them are left out. */
export function choiceOfFiles(files: Iterable<File>): ModelChoice | null {
  const models = [...files].filter(({ name }) => /\.gguf$/i.test(name));
  const first = models[0];
  return first === undefined ? null : { kind: 'files', name: nameOfFile(first.name), files: models };
}

/** "model-00001-of-00003.gguf" -> "model". */
export const nameOfFile = (file: string): string =>
  file.replace(/\.gguf$/i, '').replace(/-\d{5}-of-\d{5}$/, '') || file;

function partsOf(href: string): string[] {
  const match = /-(\d{5})-of-(\d{5})\.gguf(?=$|\?)/i.exec(href);
  const count = Number(match?.[2] ?? 0);
  if (match === null || count < 1 || count > MAX_PARTS) return [href];
  const [from, to] = [match.index + 1, match.index + 6];
  return Array.from(
    { length: count },
    (_, at) => href.slice(0, from) + String(at + 1).padStart(5, '0') + href.slice(to),
  );
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray percent sign: the name is only shown
  }
}
