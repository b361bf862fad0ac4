// The table of docs/architecture.md as data. A rule nobody runs is a wish.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOMS: Record<string, readonly string[]> = {
  'src/base': [],
  'src/catalog': [],
  'src/formats/gguf': [],
  'src/formats/tokenizer': ['src/formats/gguf'],
  'src/formats/chat-template': ['src/formats/gguf', 'src/formats/tokenizer'],
  'src/formats/packed': ['src/formats/gguf'],
  'src/weights/source': [],
  'src/weights/store': ['npm:idb'],
  'src/model-library/runtime': [],
  'src/model-library/kernels': ['src/formats/packed', 'src/formats/gguf'],
  'src/model-library/reference': ['src/formats/gguf', 'src/formats/packed'],
  'src/model-library/program': ['src/model-library/kernels', 'src/formats/gguf', 'src/formats/packed'],
  'src/model-library/package': ['src/model-library/program', 'src/model-library/kernels'],
  'src/weights/import': [
    'types:src/catalog',
    'src/formats/gguf',
    'src/formats/tokenizer',
    'src/formats/chat-template',
    'src/formats/packed',
    'src/weights/source',
    'src/weights/store',
    'src/model-library/kernels',
    'src/model-library/program',
    'src/model-library/package',
    'src/engine/protocol',
  ],
  'src/engine/protocol': ['types:@mlc-ai/web-llm'],
  'src/engine/worker': [
    'src/catalog',
    'npm:@mlc-ai/web-llm',
    'npm:idb',
    'src/engine/protocol',
    'src/formats/gguf',
    'src/formats/tokenizer',
    'src/formats/chat-template',
    'src/formats/packed',
    'src/weights/source',
    'src/weights/store',
    'src/weights/import',
    'src/model-library/kernels',
    'src/model-library/reference',
    'src/model-library/program',
    'src/model-library/package',
    'src/model-library/runtime',
  ],
  'src/engine/cpu': [
    'src/catalog',
    'npm:@wllama/wllama',
    'types:@mlc-ai/web-llm',
    'src/engine/protocol',
    'src/engine/worker',
    'src/formats/gguf',
    'src/formats/tokenizer',
    'src/formats/chat-template',
    'src/weights/source',
    'src/weights/store',
    'src/weights/import',
  ],
  'src/engine/client': ['src/engine/protocol', 'types:@mlc-ai/web-llm'],
  'src/sdk': ['src/engine/client', 'src/engine/protocol', 'types:@mlc-ai/web-llm'],
  'src/chat': ['src/engine/protocol', 'npm:idb', 'npm:minisearch'],
  'src/documents': ['src/engine/protocol', 'npm:pdfjs-dist', 'npm:mammoth'],
  'src/markdown': ['npm:marked', 'npm:dompurify', 'npm:katex', 'npm:shiki'],
  'src/voice': [],
  'src/lib/text': [],
  'src/lib/state': [
    'src/catalog',
    'src/chat',
    'src/documents',
    'src/voice',
    'src/lib/text',
    'src/engine/client',
    'src/engine/protocol',
    'npm:svelte',
  ],
  'src/lib/ui': [
    'src/lib/text',
    'src/markdown',
    'types:src/lib/state',
    'types:src/catalog',
    'types:src/chat',
    'types:src/documents',
    'types:src/voice',
    'types:src/engine/protocol',
    'npm:svelte',
    'npm:bits-ui',
  ],
  'src/routes': [
    'src/lib/state',
    'src/lib/ui',
    'src/lib/text',
    'src/chat',
    'src/documents',
    'src/voice',
    'src/engine/client',
    'types:src/catalog',
    'types:src/engine/protocol',
    'npm:svelte',
    'npm:$app',
  ],
};

const ALIASES: Record<string, string> = {
  '#base/': 'src/base/',
  '#catalog/': 'src/catalog/',
  '#formats/': 'src/formats/',
  '#weights/': 'src/weights/',
  '#model-library/': 'src/model-library/',
  '#engine/': 'src/engine/',
  '#chat/': 'src/chat/',
  '#documents/': 'src/documents/',
  '#markdown/': 'src/markdown/',
  '#voice/': 'src/voice/',
  '#lib/': 'src/lib/',
  '$lib/': 'src/lib/',
};

type Import = { file: string; specifier: string; typeOnly: boolean };

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (path === join('src', 'model-library', 'runtime')) return [];
    if (statSync(path).isDirectory()) return sourceFiles(path);
    return /\.(ts|svelte)$/.test(name) ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const found: Import[] = [];
  const statements = /^\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?['"]([^'"]+)['"]/gm;
  for (const [, type, specifier] of text.matchAll(statements)) {
    found.push({ file, specifier: specifier!, typeOnly: type !== undefined });
  }
  for (const [, specifier] of text.matchAll(/(?:\bimport\(|new URL\()\s*['"]([^'"]+)['"]/g)) {
    found.push({ file, specifier: specifier!, typeOnly: false });
  }
  return found;
}

const roomOf = (path: string): string | undefined =>
  Object.keys(ROOMS).find((room) => path === room || path.startsWith(`${room}/`));

/** The room or package an import reaches; null for a file of its own room. */
function targetOf({ file, specifier }: Import): string | null {
  const own = roomOf(file);
  if (specifier.startsWith('.')) {
    const target = roomOf(join(file, '..', specifier));
    return target === undefined || target === own ? null : target;
  }
  for (const [alias, folder] of Object.entries(ALIASES)) {
    if (!specifier.startsWith(alias)) continue;
    const path = folder + specifier.slice(alias.length);
    const target = roomOf(path);
    if (target === undefined) return path;
    return target === own ? null : target;
  }
  const parts = specifier.split('/');
  return `npm:${specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]}`;
}

const files = sourceFiles('src');

test('every source file lives in a known room', () => {
  const outside = files.filter(
    (file) => roomOf(file) === undefined && !/^src\/(app\.d\.ts|service-worker\.ts)$/.test(file),
  );
  expect(outside).toEqual([]);
});

test('a room imports only what the architecture allows', () => {
  const broken = files.flatMap(importsOf).filter((one) => {
    const room = roomOf(one.file);
    const target = targetOf(one);
    if (room === undefined || target === null || target === 'src/base') return false;
    const bare = target.replace(/^npm:/, '');
    const allowed = ROOMS[room]!;
    return !allowed.includes(target) && !(one.typeOnly && allowed.includes(`types:${bare}`));
  });
  expect(broken.map(({ file, specifier }) => `${file} -> ${specifier}`)).toEqual([]);
});

test('no import climbs out of its room with ../../', () => {
  const climbing = files.flatMap(importsOf).filter(({ specifier }) => specifier.startsWith('../../'));
  expect(climbing.map(({ file, specifier }) => `${file} -> ${specifier}`)).toEqual([]);
});

test('rooms form no cycle', () => {
  const edges = new Map<string, string[]>(
    Object.entries(ROOMS).map(([room, allowed]) => [
      room,
      allowed.map((name) => name.replace(/^types:/, '')).filter((name) => name in ROOMS),
    ]),
  );
  const visiting = new Set<string>();
  const done = new Set<string>();
  const cycle: string[] = [];
  const visit = (room: string): void => {
    if (done.has(room)) return;
    if (visiting.has(room)) {
      cycle.push(room);
      return;
    }
    visiting.add(room);
    edges.get(room)!.forEach(visit);
    visiting.delete(room);
    done.add(room);
  };
  Object.keys(ROOMS).forEach(visit);
  expect(cycle).toEqual([]);
});
