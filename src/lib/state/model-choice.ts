// What a person chose to load, and how it is asked of the engine.
export type ModelChoice =
  | { kind: 'embedded'; name: string; model: string }
  | { kind: 'stored'; name: string; key: string }
  | { kind: 'urls'; name: string; urls: readonly string[] }
  | { kind: 'files'; name: string; files: readonly File[] };

/** Parts that a split model may have; more is a mistake in the file's name. */
const MAX_PARTS = 512;

export type LoadSource = { gguf: readonly string[] | readonly File[] } | { model: string } | { stored: string };

export function sourceOf(choice: ModelChoice): LoadSource {
  switch (choice.kind) {
    case 'embedded':
      return { model: choice.model };
    case 'stored':
      return { stored: choice.key };
    case 'urls':
      return { gguf: choice.urls };
    case 'files':
      return { gguf: choice.files };
    default:
      return choice satisfies never;
  }
}

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
