// A theme whose colours are the numbers of `KINDS`: which colours those are is a matter of the page's style sheet.
import type { ThemeRegistrationRaw } from 'shiki/core';
import { KINDS } from './messages.ts';

const SCOPES: Readonly<Record<Exclude<(typeof KINDS)[number], 'plain'>, string[]>> = {
  comment: ['comment', 'punctuation.definition.comment', 'markup.quote'],
  string: ['string', 'punctuation.definition.string', 'markup.inserted', 'string.regexp'],
  keyword: ['keyword', 'storage', 'keyword.operator.new', 'variable.language', 'markup.deleted', 'entity.name.section'],
  constant: ['constant', 'support.constant', 'constant.character.escape', 'markup.bold'],
  function: ['entity.name.function', 'support.function', 'meta.function-call.generic', 'variable.function'],
  type: [
    'entity.name.type',
    'entity.name.class',
    'entity.name.tag',
    'support.type',
    'support.class',
    'storage.type.java',
  ],
  name: ['entity.other.attribute-name', 'variable.parameter', 'support.type.property-name', 'meta.object-literal.key'],
};

const colourOf = (kind: number): string => `#0000${kind.toString(16).padStart(2, '0')}`;

export const THEME = {
  name: 'daylight',
  type: 'light',
  fg: colourOf(0),
  bg: '#ffffff',
  settings: [
    { settings: { foreground: colourOf(0), background: '#ffffff' } },
    // Operators are too many to be coloured; they read as what stands around them.
    { scope: ['keyword.operator'], settings: { foreground: colourOf(0) } },
    ...Object.entries(SCOPES).map(([kind, scope]) => ({
      scope,
      settings: { foreground: colourOf(KINDS.indexOf(kind as (typeof KINDS)[number])) },
    })),
  ],
} satisfies ThemeRegistrationRaw & { name: string };

/** The kind that a colour of the theme stands for. */
export function kindOf(colour: string | undefined): number {
  const kind = Number.parseInt(colour?.slice(1, 7) ?? '', 16);
  return kind > 0 && kind < KINDS.length ? kind : 0;
}
