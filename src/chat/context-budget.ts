// Whether the next question still fits. Nothing is ever cut silently, so this is asked before sending.

/** Role marks and separators a chat template puts around one turn; templates we know need 3 to 9 tokens. */
const TOKENS_PER_TURN = 8;
/** Start mark and the system text a model's own template may add. */
const TOKENS_PER_PROMPT = 32;
/** A question that leaves less room than this gets no useful answer. */
export const ANSWER_ROOM_TOKENS = 64;

export type ContextBudget = {
  /** Tokens of the prompt: conversation, question and what the template adds. An upper estimate. */
  promptTokens: number;
  windowTokens: number;
  fits: boolean;
  /** Tokens by which the prompt is too long; 0 when it fits. */
  overTokens: number;
};

/** Adds up token counts of every turn, the unsent question's included, against a model's window. */
export function contextBudget(turnTokens: readonly number[], windowTokens: number): ContextBudget {
  const text = turnTokens.reduce((sum, count) => sum + count, 0);
  const promptTokens = text + (turnTokens.length + 1) * TOKENS_PER_TURN + TOKENS_PER_PROMPT;
  const overTokens = Math.max(0, promptTokens + ANSWER_ROOM_TOKENS - windowTokens);
  return { promptTokens, windowTokens, fits: overTokens === 0, overTokens };
}

/** The most tokens an answer may have: what is left of the window, at most `limit`. */
export function answerLimit(budget: ContextBudget, limit: number): number {
  return Math.max(1, Math.min(limit, budget.windowTokens - budget.promptTokens));
}
