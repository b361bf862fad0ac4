// What is taken of Shiki: its core and the engine that needs no WebAssembly.
export { createHighlighterCore } from 'shiki/core';
export type { GrammarState, HighlighterCore } from 'shiki/core';
export { createJavaScriptRegexEngine } from 'shiki/engine/javascript';
