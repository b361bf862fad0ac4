// What a person may set for the answers of one conversation, where it comes as text.
import { DEFAULT_SETTINGS } from './conversation.ts';
import type { ConversationSettings } from './conversation.ts';
import { parseSettings } from './stored.ts';

/** Longer schemas take the grammar's compiler seconds. */
const MAX_SCHEMA = 20_000;

/** What is wrong with a JSON schema as text, in the words of the parser; null for one that can be tried, and for none. */
export function problemOfSchema(text: string): string | null {
  if (text.trim() === '') return null;
  if (text.length > MAX_SCHEMA) return `${text.length} > ${MAX_SCHEMA}`;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? null : '{ … }';
  } catch (error) {
    return (error as SyntaxError).message;
  }
}

/** Settings that were kept as text; the defaults where they are none. */
export function settingsOfText(text: string | null): ConversationSettings {
  try {
    return text === null ? DEFAULT_SETTINGS : parseSettings(JSON.parse(text));
  } catch {
    return DEFAULT_SETTINGS; // not ours: an older page, or a curious person
  }
}
