import { expect, test } from 'vitest';
import { ANSWER_ROOM_TOKENS, answerLimit, contextBudget } from '#chat/context-budget.ts';

test('fits exactly until there is no room left for an answer', () => {
  const empty = contextBudget([0], 1000).promptTokens;
  const most = 1000 - ANSWER_ROOM_TOKENS - empty;
  expect(contextBudget([most], 1000)).toMatchObject({ fits: true, overTokens: 0 });
  expect(contextBudget([most + 1], 1000)).toMatchObject({ fits: false, overTokens: 1 });
});

test('counts what the template adds to every turn', () => {
  const one = contextBudget([100], 4096).promptTokens;
  const two = contextBudget([50, 50], 4096).promptTokens;
  expect(two).toBeGreaterThan(one);
});

test('an answer gets what is left of the window, at most the limit', () => {
  const budget = contextBudget([100], 1000);
  expect(answerLimit(budget, 50)).toBe(50);
  expect(answerLimit(budget, 5000)).toBe(1000 - budget.promptTokens);
  expect(answerLimit(contextBudget([5000], 1000), 50)).toBe(1);
});
