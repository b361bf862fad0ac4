// Says whether an engine's greedy text is the one llama.cpp gives on this GGUF. A wrong answer makes a speed void.

/** Natural-log units. Two candidates this close are a tie that rounding of activations may decide either way. */
const TIE_MARGIN = 0.1;

export type Expected = {
  readonly promptTokens: number;
  readonly ids: readonly number[];
  readonly text: string;
  /** Characters of `text` before each token. */
  readonly startsAt: readonly number[];
  /** Between the best and the second best, at each token. */
  readonly margins: readonly number[];
};

export type Verdict = {
  /** `tie`: equal up to a token whose two best candidates lie closer than the stated margin. */
  readonly kind: 'equal' | 'tie' | 'wrong';
  readonly equalTokens: number;
  readonly ofTokens: number;
  readonly explanation: string;
};

/** Compares a text of `tokens` greedy tokens with the expected one. */
export function judge(text: string, tokens: number, expected: Expected): Verdict {
  const ofTokens = Math.min(tokens, expected.ids.length);
  const whole = expected.text.slice(0, expected.startsAt[ofTokens] ?? expected.text.length);
  let same = 0;
  while (same < whole.length && text[same] === whole[same]) same++;
  if (same === whole.length && text.length === whole.length) {
    return { kind: 'equal', equalTokens: ofTokens, ofTokens, explanation: `all ${ofTokens} tokens equal llama.cpp's` };
  }
  let at = 0; // the token in which the first difference lies
  while (at + 1 < ofTokens && expected.startsAt[at + 1]! <= same) at++;
  const margin = expected.margins[at]!;
  const where = `token ${at + 1} of ${ofTokens} differs from llama.cpp's, where its two best lie ${margin.toFixed(3)} apart`;
  return { kind: margin < TIE_MARGIN ? 'tie' : 'wrong', equalTokens: at, ofTokens, explanation: where };
}
