// Texts that a person keeps and uses again, with places to fill: "Explain {{topic}} to {{reader}}."
// Names and texts come from people and from files, so each length is bounded here and nowhere else.
import type { SavedPrompt } from './records.ts';

export const NAME_CHARACTERS = 80;
/** Longer than any context worth sending; a longer text is a document. */
export const TEXT_CHARACTERS = 20_000;
/** More would be a form nobody fills. */
export const MAX_VARIABLES = 12;
/** What a list can show and a search can go through at each key. */
export const MAX_PROMPTS = 500;

/** Why a prompt cannot be kept. */
export type PromptProblem = 'no-name' | 'no-text' | 'long-name' | 'long-text' | 'many-variables';

/** Letters of any language, digits, spaces and `_-'.`; braces never nest. */
const VARIABLE = /\{\{\s*([\p{L}\p{N}_][\p{L}\p{M}\p{N}_'’.\- ]{0,39}?)\s*\}\}/gu;

/** The names of the places to fill, each once, in the order in which they come. */
export function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(VARIABLE)].map(([, name]) => name!))];
}

/** The text with its places filled, once: what a value says is never read as another place. Others stay as written. */
export function fillPrompt(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(VARIABLE, (place, name: string) => values.get(name) ?? place);
}

/** Null when a prompt can be kept. */
export function problemOf({ name, text }: Pick<SavedPrompt, 'name' | 'text'>): PromptProblem | null {
  if (name.trim() === '') return 'no-name';
  if (text.trim() === '') return 'no-text';
  if (name.length > NAME_CHARACTERS) return 'long-name';
  if (text.length > TEXT_CHARACTERS) return 'long-text';
  return variablesOf(text).length > MAX_VARIABLES ? 'many-variables' : null;
}

/** A name for a text that has none: the beginning of its first line, cut at a word. */
export function nameFor(text: string): string {
  const line = text.trim().split('\n')[0]!.replace(/\s+/g, ' ').trim();
  const characters = [...line];
  if (line.length <= NAME_CHARACTERS / 2) return line;
  const cut = characters.slice(0, NAME_CHARACTERS / 2 - 1).join('');
  const lastSpace = cut.lastIndexOf(' ');
  return `${(lastSpace > cut.length / 2 ? cut.slice(0, lastSpace) : cut).trimEnd()}…`;
}

/** Those that a search finds, best first: by the beginning of the name, of a word of it, a part of it, then by the text. */
export function findPrompts<One extends Pick<SavedPrompt, 'name' | 'text'>>(
  prompts: readonly One[],
  query: string,
): One[] {
  const wanted = folded(query);
  if (wanted === '') return [...prompts];
  const rankOf = ({ name, text }: One): number =>
    matchRank(name, query) ?? (folded(text).includes(wanted) ? TEXT_RANK : NO_RANK);
  return prompts
    .map((prompt) => ({ prompt, rank: rankOf(prompt) }))
    .filter(({ rank }) => rank < NO_RANK)
    .sort((a, b) => a.rank - b.rank)
    .map(({ prompt }) => prompt);
}

const TEXT_RANK = 3;
const NO_RANK = 4;

/** How well a name answers a search: 0 when it begins so, 1 when a word of it does, 2 when it holds it; null for not. */
export function matchRank(name: string, query: string): number | null {
  const [text, wanted] = [folded(name), folded(query)];
  if (text.startsWith(wanted)) return 0;
  if (text.includes(` ${wanted}`)) return 1;
  return text.includes(wanted) ? 2 : null;
}

/** Without case, accents, vowel signs, and runs of space: as people type when they search. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();
}
