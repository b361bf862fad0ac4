import { AppError } from '#base/errors.ts';
import type { Catalog, CatalogFile, CatalogModel, CatalogSource, KnownAnswer, Words } from './catalog.ts';

/** More is a mistake; each is a card on a page. */
const MAX_MODELS = 256;
const MAX_LIST = 1024;
const MAX_TEXT = 2000;
const MAX_BYTES = 2 ** 45;

const CONTENT_HASH = /^\d{1,4}-[0-9a-f]{64}$/;
const BADGES = ['included', 'recommended', 'fastest', 'precise'] as const;

/** Reads what a catalog.json says; throws `catalog-invalid` with the place of the first mistake. */
export function parseCatalog(json: unknown): Catalog {
  const models = list(field(object(json, 'the file'), 'models', ''), 'models', MAX_MODELS).map(parseModel);
  if (models.length === 0) throw invalid('models', 'empty', 'at least one model');
  const ids = new Set<string>();
  for (const { id } of models) {
    if (ids.has(id)) throw invalid('models', `"${id}" twice`, 'ids that differ');
    ids.add(id);
  }
  return { models };
}

function parseModel(value: unknown, index: number): CatalogModel {
  const at = `models[${index}]`;
  const model = object(value, at);
  const get = (name: string) => field(model, name, at);
  const memory = object(get('memory'), `${at}.memory`);
  const licence = object(get('licence'), `${at}.licence`);
  const sampling = object(get('sampling'), `${at}.sampling`);
  const sources = list(get('sources'), `${at}.sources`, 16).map((one, i) => parseSource(one, `${at}.sources[${i}]`));
  if (sources.length === 0) throw invalid(`${at}.sources`, 'empty', 'at least one source');
  return {
    id: matching(get('id'), `${at}.id`, /^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, dots and hyphens'),
    name: text(get('name'), `${at}.name`),
    family: text(get('family'), `${at}.family`),
    quantization: text(get('quantization'), `${at}.quantization`),
    badge: parseBadge(model['badge'] ?? null, `${at}.badge`),
    version: text(get('version'), `${at}.version`),
    sources,
    sizeBytes: count(get('sizeBytes'), `${at}.sizeBytes`, MAX_BYTES),
    parameterCount: count(get('parameterCount'), `${at}.parameterCount`, 1e13),
    contextLength: count(get('contextLength'), `${at}.contextLength`, 2 ** 24),
    memory: {
      weightBytes: count(field(memory, 'weightBytes', at), `${at}.memory.weightBytes`, MAX_BYTES),
      largestBufferBytes: count(field(memory, 'largestBufferBytes', at), `${at}.memory.largestBufferBytes`, MAX_BYTES),
      kvBytesPerPosition: count(field(memory, 'kvBytesPerPosition', at), `${at}.memory.kvBytesPerPosition`, 2 ** 32),
    },
    licence: {
      name: text(field(licence, 'name', at), `${at}.licence.name`),
      url: webAddress(field(licence, 'url', at), `${at}.licence.url`),
      allowsCommercialUse: flag(field(licence, 'allowsCommercialUse', at), `${at}.licence.allowsCommercialUse`),
    },
    homepage: webAddress(get('homepage'), `${at}.homepage`),
    languages: list(get('languages'), `${at}.languages`, 200).map((one) => text(one, `${at}.languages`)),
    goodAt: words(get('goodAt'), `${at}.goodAt`),
    limits: words(get('limits'), `${at}.limits`),
    singleTurn: flag(model['singleTurn'] ?? false, `${at}.singleTurn`),
    sampling: {
      temperature: number(field(sampling, 'temperature', at), `${at}.sampling.temperature`, 0, 2),
      topP: number(field(sampling, 'topP', at), `${at}.sampling.topP`, 0.01, 1),
    },
    knownAnswers: list(model['knownAnswers'] ?? [], `${at}.knownAnswers`, 16).map((one) => parseAnswer(one, at)),
  };
}

function parseSource(value: unknown, at: string): CatalogSource {
  const source = object(value, at);
  const hash = source['contentHash'] ?? null;
  const contentHash =
    hash === null
      ? null
      : matching(hash, `${at}.contentHash`, CONTENT_HASH, 'a version, a hyphen and 64 hexadecimal digits');
  if (source['list'] !== undefined) {
    return { kind: 'site', list: siteAddress(source['list'], `${at}.list`), contentHash };
  }
  const files = list(field(source, 'files', at), `${at}.files`, MAX_LIST).map((one, i) =>
    parseFile(one, `${at}.files[${i}]`),
  );
  if (files.length === 0) throw invalid(`${at}.files`, 'empty', 'at least one file');
  return { kind: 'files', files, contentHash };
}

function parseFile(value: unknown, at: string): CatalogFile {
  const file = object(value, at);
  const urls = list(field(file, 'urls', at), `${at}.urls`, 16).map((one) => fileAddress(one, `${at}.urls`));
  if (urls.length === 0) throw invalid(`${at}.urls`, 'empty', 'at least one address');
  const [size, hash] = [file['sizeBytes'] ?? null, file['sha256'] ?? null];
  return {
    urls,
    sizeBytes: size === null ? null : count(size, `${at}.sizeBytes`, MAX_BYTES),
    sha256: hash === null ? null : matching(hash, `${at}.sha256`, /^[0-9a-f]{64}$/, '64 hexadecimal digits'),
  };
}

function parseAnswer(value: unknown, at: string): KnownAnswer {
  const answer = object(value, `${at}.knownAnswers`);
  const ids = (name: string) =>
    list(field(answer, name, at), `${at}.knownAnswers.${name}`, 256).map((id) => {
      const integer = number(id, `${at}.knownAnswers.${name}`, 0, 2 ** 24);
      if (!Number.isInteger(integer)) throw invalid(`${at}.knownAnswers.${name}`, String(id), 'whole numbers');
      return integer;
    });
  return { prompt: ids('prompt'), continuation: ids('continuation') };
}

function parseBadge(value: unknown, at: string): CatalogModel['badge'] {
  if (value === null) return null;
  const badge = BADGES.find((one) => one === value);
  if (!badge) throw invalid(at, shown(value), BADGES.join(', '));
  return badge;
}

/** http(s) anywhere, or a path below the site. */
function fileAddress(value: unknown, at: string): string {
  const address = text(value, at);
  return /^[a-z][a-z0-9+.-]*:/i.test(address) ? webAddress(address, at) : siteAddress(address, at);
}

function webAddress(value: unknown, at: string): string {
  const address = text(value, at);
  const protocol = URL.canParse(address) ? new URL(address).protocol : '';
  if (protocol !== 'https:' && protocol !== 'http:') throw invalid(at, shown(value), 'an http or https address');
  return address;
}

function siteAddress(value: unknown, at: string): string {
  const address = text(value, at);
  if (/^[/\\]|:|\.\./.test(address)) throw invalid(at, shown(value), 'a path below the site');
  return address;
}

function words(value: unknown, at: string): Words {
  const given = object(value, at);
  const read = Object.entries(given).map(([language, one]) => [language, text(one, `${at}.${language}`)] as const);
  if (!Object.hasOwn(given, 'en')) throw invalid(at, 'no English', 'words under "en"');
  return Object.fromEntries(read) as Words;
}

function object(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(at, shown(value), 'an object');
  return value as Record<string, unknown>;
}

function field(from: Record<string, unknown>, name: string, at: string): unknown {
  if (!Object.hasOwn(from, name)) throw invalid(at === '' ? name : `${at}.${name}`, 'missing', 'a value');
  return from[name];
}

function list(value: unknown, at: string, limit: number): unknown[] {
  if (!Array.isArray(value)) throw invalid(at, shown(value), 'a list');
  if (value.length > limit) throw invalid(at, `${value.length} long`, `at most ${limit}`);
  return value;
}

function text(value: unknown, at: string): string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT) {
    throw invalid(at, shown(value), `a text of 1 to ${MAX_TEXT} characters`);
  }
  return value;
}

function matching(value: unknown, at: string, pattern: RegExp, expected: string): string {
  const given = text(value, at);
  if (!pattern.test(given)) throw invalid(at, shown(value), expected);
  return given;
}

function count(value: unknown, at: string, limit: number): number {
  const given = number(value, at, 1, limit);
  if (!Number.isInteger(given)) throw invalid(at, shown(value), 'a whole number');
  return given;
}

function number(value: unknown, at: string, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw invalid(at, shown(value), `a number from ${least} to ${most}`);
}

function flag(value: unknown, at: string): boolean {
  if (typeof value !== 'boolean') throw invalid(at, shown(value), 'true or false');
  return value;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 60);

function invalid(at: string, found: string, expected: string): AppError {
  return new AppError('catalog-invalid', { at, found, expected });
}
