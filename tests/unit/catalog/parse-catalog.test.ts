import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isAppError } from '#base/errors.ts';
import { catalogIdOf, identityOf, memoryBytes } from '#catalog/catalog.ts';
import { parseCatalog } from '#catalog/parse-catalog.ts';
import { locales } from '#lib/text/paraglide/runtime.js';
import { LAYOUT_VERSION } from '#weights/import/plan.ts';

type Entry = Record<string, unknown>;
const file = (): { models: Entry[] } => JSON.parse(readFileSync('static/catalog.json', 'utf8')) as { models: Entry[] };
const catalog = parseCatalog(file());

/** The site's catalog with one entry changed. */
function changed(change: (entry: Entry) => void): unknown {
  const json = file();
  change(json.models[1]!);
  return json;
}

function refusal(json: unknown): Record<string, unknown> {
  try {
    parseCatalog(json);
  } catch (error) {
    if (isAppError(error, 'catalog-invalid')) return error.details;
    throw error;
  }
  return { at: 'nothing was refused' };
}

describe('the catalog of the site', () => {
  it('offers SOLAR in four sizes, one of them recommended, and the model it carries', () => {
    const solar = catalog.models.filter(({ family }) => family === 'solar-10.7b-instruct');
    expect(solar.map(({ quantization }) => quantization)).toEqual(['Q4_K_M', 'Q4_0', 'Q5_K_M', 'Q8_0']);
    expect(catalog.models.filter(({ badge }) => badge === 'recommended').map(({ id }) => id)).toEqual([
      'solar-10.7b-instruct-q4_k_m',
    ]);
    expect(catalog.models.filter(({ badge }) => badge === 'included').map(({ id }) => id)).toEqual([
      'smollm2-135m-instruct',
    ]);
  });

  it('says of every SOLAR that its licence forbids commercial use', () => {
    for (const model of catalog.models.filter(({ family }) => family === 'solar-10.7b-instruct')) {
      expect(model).toMatchObject({ contextLength: 4096, parameterCount: 10_731_524_096 });
      expect(model.licence).toMatchObject({ name: 'CC BY-NC 4.0', allowsCommercialUse: false });
    }
  });

  it('knows what SOLAR takes at its whole context: 805 MB beside its weights', () => {
    const solar = catalog.models.find(({ id }) => id === 'solar-10.7b-instruct-q4_0')!;
    expect(memoryBytes(solar, 4096) - solar.memory.weightBytes).toBe(805_306_368);
  });

  it('names lists and files of the site that are there', () => {
    const lists = catalog.models.flatMap(({ sources }) => sources.flatMap((one) => (one.kind === 'site' ? one : [])));
    expect(lists.length).toBeGreaterThan(0);
    for (const { list } of lists) expect(existsSync(`static/${list}`)).toBe(true);
  });

  it('pins the model it carries, in the layout that imports have now', () => {
    const [embedded] = catalog.models;
    expect(embedded!.sources[0]!.contentHash).toMatch(new RegExp(`^${LAYOUT_VERSION}-`));
  });

  it('has every text in every language of the page', () => {
    for (const { goodAt, limits } of catalog.models) {
      for (const words of [goodAt, limits]) {
        expect(new Set(locales.map((locale) => words[locale]))).toHaveProperty('size', locales.length);
        expect(words['ar']).toMatch(/\p{Script=Arabic}/u);
        expect(words['ko']).toMatch(/\p{Script=Hangul}/u);
      }
    }
  });
});

describe('identities', () => {
  it('name the entry and change with its bytes', () => {
    const [embedded] = catalog.models;
    expect(catalogIdOf(identityOf(embedded!))).toBe('smollm2-135m-instruct');
    expect(identityOf({ ...embedded!, version: 'other' })).not.toBe(identityOf(embedded!));
  });

  it('are none for a model from a file or an address', () => {
    expect(catalogIdOf('file|solar@home.gguf|12|34')).toBe(null);
    expect(catalogIdOf('url|https://user@host/model.gguf|12|')).toBe(null);
  });
});

describe('a catalog that cannot be used', () => {
  it.each<[string, unknown]>([
    ['the file', null],
    ['the file', []],
    ['models', {}],
    ['models', { models: 'none' }],
    ['models', { models: [] }],
    ['models', { models: Array.from({ length: 257 }, () => ({})) }],
    ['models[0]', { models: [7] }],
  ])('names its place: %s', (at, json) => {
    expect(refusal(json)).toMatchObject({ at });
  });

  it.each<[string, (entry: Entry) => void]>([
    ['models[1].id', (entry) => (entry['id'] = 'Has Spaces')],
    ['models[1].id', (entry) => delete entry['id']],
    ['models', (entry) => (entry['id'] = 'smollm2-135m-instruct')],
    ['models[1].name', (entry) => (entry['name'] = 'x'.repeat(2001))],
    ['models[1].badge', (entry) => (entry['badge'] = 'best')],
    ['models[1].sources', (entry) => (entry['sources'] = [])],
    ['models[1].sources[0].files', (entry) => (entry['sources'] = [{ files: [] }])],
    ['models[1].sources[0].files[0].urls', (entry) => (entry['sources'] = [{ files: [{ urls: [] }] }])],
    ['models[1].sources[0].files[0].urls', (entry) => (entry['sources'] = [{ files: [{ urls: ['javascript:0'] }] }])],
    ['models[1].sources[0].files[0].urls', (entry) => (entry['sources'] = [{ files: [{ urls: ['../up.gguf'] }] }])],
    [
      'models[1].sources[0].files[0].sha256',
      (entry) => (entry['sources'] = [{ files: [{ urls: ['a.gguf'], sha256: 'F'.repeat(64) }] }]),
    ],
    [
      'models[1].sources[0].contentHash',
      (entry) => (entry['sources'] = [{ list: 'a.json', contentHash: `1-${'F'.repeat(64)}` }]),
    ],
    ['models[1].sources[0].list', (entry) => (entry['sources'] = [{ list: '//other.example/model.json' }])],
    ['models[1].sizeBytes', (entry) => (entry['sizeBytes'] = 0)],
    ['models[1].sizeBytes', (entry) => (entry['sizeBytes'] = 1.5)],
    ['models[1].sizeBytes', (entry) => (entry['sizeBytes'] = '6 GB')],
    ['models[1].contextLength', (entry) => (entry['contextLength'] = 1e9)],
    ['models[1].memory', (entry) => (entry['memory'] = null)],
    ['models[1].licence.url', (entry) => (entry['licence'] = { name: 'x', url: 'none', allowsCommercialUse: true })],
    ['models[1].homepage', (entry) => (entry['homepage'] = 'data:text/html,hello')],
    ['models[1].goodAt', (entry) => (entry['goodAt'] = { ar: 'كل شيء' })],
    ['models[1].sampling.temperature', (entry) => (entry['sampling'] = { temperature: NaN, topP: 1 })],
    ['models[1].knownAnswers.prompt', (entry) => (entry['knownAnswers'] = [{ prompt: [0.5], continuation: [1] }])],
  ])('names the mistake at %s', (at, change) => {
    expect(refusal(changed(change))).toMatchObject({ at });
  });
});
