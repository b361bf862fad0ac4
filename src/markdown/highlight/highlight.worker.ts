// Colours code. In a worker, because preparing a grammar takes longer than a frame, and because no pattern of a grammar is
// safe from every text: the page ends a worker that takes too long.
import { createHighlighterCore, createJavaScriptRegexEngine } from './shiki.ts';
import type { GrammarState, HighlighterCore } from './shiki.ts';
import { loadGrammar } from './grammars.ts';
import { findLanguage } from './languages.ts';
import type { HighlightReply, HighlightRequest } from './messages.ts';
import { kindOf, THEME } from './theme.ts';

/** Longer lines are data, not code. */
const MAX_LINE = 1000;

const scope = self as unknown as DedicatedWorkerGlobalScope;
/** Where each block's lines have brought its grammar to; null when the block has none. */
const states = new Map<number, GrammarState | null>();
let highlighter: Promise<HighlighterCore> | null = null;
let queue = Promise.resolve();

scope.addEventListener('message', (event: MessageEvent<HighlightRequest>) => {
  const request = event.data;
  if (request.type === 'forget') states.delete(request.id);
  else queue = queue.then(() => answer(request));
});

async function answer(request: HighlightRequest & { type: 'lines' }): Promise<void> {
  let runs: Uint32Array | null;
  try {
    runs = await colour(request);
  } catch {
    runs = null; // no network for the grammar, or a grammar that fails: the code stays plain
  }
  scope.postMessage({ type: 'runs', id: request.id, runs } satisfies HighlightReply);
}

async function colour({ id, language, text }: HighlightRequest & { type: 'lines' }): Promise<Uint32Array | null> {
  const lang = findLanguage(language);
  if (lang === null) return null;
  highlighter ??= createHighlighterCore({
    themes: [THEME],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const core = await highlighter;
  if (!core.getLoadedLanguages().includes(lang)) await core.loadLanguage(await loadGrammar(lang));
  scope.postMessage({ type: 'began', id } satisfies HighlightReply);

  const before = states.get(id);
  const lines = core.codeToTokensBase(text.replace(/\n$/, ''), {
    lang,
    theme: THEME.name,
    tokenizeMaxLineLength: MAX_LINE,
    tokenizeTimeLimit: 0, // the first line pays for the grammar's patterns; the page watches the time
    ...(before ? { grammarState: before } : {}),
  });
  states.set(id, core.getLastGrammarState(lines) ?? null);
  const runs: number[] = [];
  const add = (length: number, kind: number): void => {
    if (runs.length > 0 && runs.at(-1) === kind) runs[runs.length - 2]! += length;
    else runs.push(length, kind);
  };
  for (const line of lines) {
    for (const { content, color } of line) add(content.length, kindOf(color));
    add(1, 0); // the line feed
  }
  return Uint32Array.from(runs);
}
