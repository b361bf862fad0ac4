// What names and expressions of a chat template stand for while it is read: known values, text whose contents are still
// open, and everything else.

/** A value that a template names: a JavaScript value where it is known while the template is read. */
export type Value =
  | { readonly kind: 'known'; readonly value: string | number | boolean | null | undefined }
  /** Written text, by its parts. */
  | { readonly kind: 'text'; readonly parts: readonly TextPart[] }
  | { readonly kind: 'messages'; readonly from: number }
  /** The message at hand as a whole. */
  | { readonly kind: 'message' }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  /** A number of which only the least is known. */
  | { readonly kind: 'atLeast'; readonly least: number }
  | { readonly kind: 'unknown' };

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'token'; readonly name: 'bos' | 'eos' }
  /** What the message at hand, the system message in front, or the first user's message says. */
  | { readonly kind: 'content' | 'system' | 'question' }
  | { readonly kind: 'trimmed'; readonly parts: readonly TextPart[] };

export const UNKNOWN: Value = { kind: 'unknown' };
export const known = (value: string | number | boolean | null | undefined): Value => ({ kind: 'known', value });

/** What names stand for; `isFilled` says whether the content or the system message is not empty. */
export type Scope = {
  lookUp(name: string): Value;
  isFilled(part: 'content' | 'system' | 'question'): boolean;
};

/** Whether a value counts as true; null when that is not known. */
export function truth(value: Value, scope: Scope): boolean | null {
  if (value.kind === 'known') return Boolean(value.value);
  if (value.kind === 'text') return value.parts.some((part) => isFilled(part, scope));
  return value.kind === 'messages' || value.kind === 'atLeast' ? true : null;
}

function isFilled(part: TextPart, scope: Scope): boolean {
  if (part.kind === 'text') return part.text !== '';
  if (part.kind === 'trimmed') return part.parts.some((inner) => isFilled(inner, scope));
  return part.kind === 'token' || scope.isFilled(part.kind);
}

/** The parts of a value that is written; null for one that is no text. */
export function partsOf(value: Value): readonly TextPart[] | null {
  if (value.kind === 'text') return value.parts;
  if (value.kind !== 'known' || typeof value.value !== 'string') return null;
  return value.value === '' ? [] : [{ kind: 'text', text: value.value }];
}
