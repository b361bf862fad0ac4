// What a "/" at the beginning of a message offers: commands that can be done now, and the prompts a person saved.
import type { SavedPrompt } from '#chat/records.ts';
import { findPrompts, matchRank } from '#chat/saved-prompt.ts';
import { commandName } from '#lib/text/commands.ts';
import type { App } from './app.svelte.ts';
import { COMMANDS } from './commands.ts';
import type { Command, Page } from './commands.ts';

export type Suggestion =
  | { readonly kind: 'command'; readonly id: string; readonly name: string; readonly command: Command }
  | { readonly kind: 'prompt'; readonly id: string; readonly name: string; readonly prompt: SavedPrompt };

/** Longer is no name of anything, but a message that begins with a slash. */
const QUERY_CHARACTERS = 60;
/** More is not chosen from, but searched. */
const MAX_SUGGESTED_PROMPTS = 30;

/** What is looked for in a draft: the words behind a slash that begins it; null for an ordinary message. */
export function slashQuery(draft: string): string | null {
  return draft.startsWith('/') && draft.length <= QUERY_CHARACTERS && !draft.includes('\n') ? draft.slice(1) : null;
}

/** What a draft offers, commands first; nothing for an ordinary message. */
export function suggestionsFor(draft: string, app: App): Suggestion[] {
  const query = slashQuery(draft);
  if (query === null) return [];
  const commands = COMMANDS.filter(({ isTyped, isAvailable }) => isTyped && isAvailable(app))
    .map((command) => ({ command, name: commandName(command.id) }))
    // By the English word whatever the language: it is what is shown and what can be typed on every keyboard.
    .map((one) => ({ ...one, rank: matchRank(one.command.id, query) === 0 ? 0 : matchRank(one.name, query) }))
    .filter((one): one is typeof one & { rank: number } => one.rank !== null)
    .sort((a, b) => a.rank - b.rank)
    .map(({ command, name }): Suggestion => ({ kind: 'command', id: `command-${command.id}`, name, command }));
  const prompts = findPrompts<SavedPrompt>(app.prompts.all, query)
    .filter(({ name }) => matchRank(name, query) !== null)
    .slice(0, MAX_SUGGESTED_PROMPTS)
    .map((prompt): Suggestion => ({ kind: 'prompt', id: `prompt-${prompt.id}`, name: prompt.name, prompt }));
  return [...commands, ...prompts];
}

/** Does what was chosen. What was typed to find it goes. */
export function takeSuggestion(suggestion: Suggestion, app: App, page: Page): void {
  app.write('');
  if (suggestion.kind === 'command') suggestion.command.run(app, page);
  else page.usePrompt(suggestion.prompt);
}
