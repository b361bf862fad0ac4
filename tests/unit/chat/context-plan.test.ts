import { expect, test } from 'vitest';
import { answerRoom, LEAST_ANSWER_TOKENS, planContext } from '#chat/context-plan.ts';
import type { ContextPlan, Counters, PlanInputs } from '#chat/context-plan.ts';
import { exchangesOf, type PromptMessage, type SaidMessage } from '#chat/prompt.ts';

/** A tokenizer of words, with three marks around a message and one at the start: sizes here can be counted by eye. */
const words = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;
const counters: Counters = {
  prompt: (messages: PromptMessage[]) => {
    const counts = messages.map(({ content }) => words(content) + 3);
    counts[0]! += 1;
    return Promise.resolve({ total: counts.reduce((sum, count) => sum + count, 0), messages: counts });
  },
  text: (text) => Promise.resolve(words(text)),
};

const many = (count: number, word = 'word'): string => Array.from({ length: count }, () => word).join(' ');
const said = (id: string, role: SaidMessage['role'], text: string, rest: Partial<SaidMessage> = {}): SaidMessage => ({
  id,
  role,
  text,
  rule: 'auto',
  ...rest,
});

/** `turns` exchanges of `size` words each way, and a question. */
function branchOf(turns: number, size: number): SaidMessage[] {
  const past = Array.from({ length: turns }, (_, at) => [
    said(`q${at}`, 'user', many(size)),
    said(`a${at}`, 'assistant', many(size)),
  ]).flat();
  return [...past, said('now', 'user', many(size))];
}

function plan(branch: readonly SaidMessage[], settings: Partial<PlanInputs> = {}): Promise<ContextPlan> {
  const inputs: PlanInputs = {
    exchanges: exchangesOf(branch),
    instructions: '',
    digest: null,
    restates: false,
    textOf: ({ id }) => many(Number(id), 'paper'),
    windowTokens: 1000,
    maxAnswerTokens: null,
    ...settings,
  };
  return planContext(inputs, counters);
}

test('gives everything while it fits, and says what would go first', async () => {
  const { leftOut, nextOut, fits, overTokens, promptTokens, messages } = await plan(branchOf(3, 10));
  expect({ leftOut, nextOut, fits, overTokens }).toEqual({
    leftOut: [],
    nextOut: ['q0', 'a0'],
    fits: true,
    overTokens: 0,
  });
  expect(promptTokens).toBe(7 * 13 + 1);
  expect(messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'user',
    'assistant',
    'user',
    'assistant',
    'user',
  ]);
});

test('leaves out the oldest exchanges, several at once, and keeps the answer’s room', async () => {
  const { leftOut, nextOut, fits, promptTokens, answerTokens } = await plan(branchOf(9, 50));
  expect(leftOut).toEqual(['q0', 'a0', 'q1', 'a1', 'q2', 'a2', 'q3', 'a3']);
  expect(nextOut).toEqual(['q4', 'a4']);
  expect(fits).toBe(true);
  expect(promptTokens + answerTokens).toBeLessThanOrEqual(1000);
  expect(answerTokens).toBe(answerRoom(1000, null));
});

test('begins alike for several turns once something was left out', async () => {
  const firsts: (string | undefined)[] = [];
  for (let turns = 0; turns < 40; turns++) firsts.push((await plan(branchOf(turns, 30))).leftOut.at(-1));
  const changes = firsts.filter((id, at) => at > 0 && id !== firsts[at - 1]).length;
  expect(firsts.at(-1)).toBeDefined();
  expect(changes).toBeLessThanOrEqual(8); // one by one it would be 28
});

test('never leaves out what is pinned or asked, and always what was dropped', async () => {
  const branch = branchOf(9, 50).map((one) =>
    one.id === 'q0'
      ? { ...one, rule: 'pinned' as const }
      : one.id === 'q8'
        ? { ...one, rule: 'dropped' as const }
        : one,
  );
  const { leftOut, dropped, messages, fits } = await plan(branch);
  expect(dropped).toEqual(['q8', 'a8']);
  expect(leftOut).not.toContain('q0');
  expect(leftOut).not.toContain('now');
  expect(leftOut.length).toBeGreaterThan(0);
  expect(fits).toBe(true);
  expect(messages.at(-1)!.content).toBe(many(50));
});

test('says by how much a question is too long that nothing can make room for', async () => {
  const long = await plan([said('now', 'user', many(1100))]);
  expect(long).toMatchObject({ fits: false, overTokens: 1104 + LEAST_ANSWER_TOKENS - 1000, answerTokens: 0 });
  const pinned = branchOf(9, 60).map((one) => ({ ...one, rule: 'pinned' as const }));
  expect((await plan(pinned)).fits).toBe(false);
});

test('tells instructions, documents, history and question apart, and they add up', async () => {
  const paper = { id: '200', name: 'a.pdf', format: 'pdf', sizeBytes: 1, characters: 1, pages: 1 };
  const branch = branchOf(2, 20).map((one) => (one.id === 'q1' ? { ...one, attachments: [paper] } : one));
  const { parts, restatedTokens, promptTokens } = await plan(branch, { instructions: many(7), restates: true });
  expect(restatedTokens).toBe(14);
  expect(parts).toEqual({ instructions: 7 + 3 + 1 + 14, documents: 200, history: 4 * 23, question: 23 });
  expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(promptTokens);
});

test('a book is said to be too long without being joined to the prompt', async () => {
  const book = { id: '5000', name: 'a.pdf', format: 'pdf', sizeBytes: 1, characters: 1, pages: 300 };
  const result = await plan([said('now', 'user', 'What of it?', { attachments: [book] })]);
  expect(result).toMatchObject({ fits: false, parts: { documents: 5000 } });
  expect(result.overTokens).toBe(5000 + 3 + 4 + LEAST_ANSWER_TOKENS - 1000);
});

test('whatever the conversation, the plan fits or only the question and pinned turns are left', async () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 200; round++) {
    const branch = branchOf(random(12), 1).map((one) => ({
      ...one,
      text: many(1 + random(200)),
      rule: (['auto', 'auto', 'auto', 'pinned', 'dropped'] as const)[random(5)]!,
    }));
    const digest = random(3) === 0 ? { upToId: branch[random(branch.length)]!.id, text: many(20) } : null;
    const result = await plan(branch, { digest, instructions: many(random(30)), restates: random(2) === 0 });
    const { messages, promptTokens, answerTokens, nextOut } = result;
    expect(promptTokens).toBe((await counters.prompt([...messages])).total);
    const roles = messages.map(({ role }) => role).filter((role) => role !== 'system');
    roles.forEach((role, at) => expect(role).toBe(at % 2 === 0 ? 'user' : 'assistant'));
    expect(roles.length % 2).toBe(1);
    const isTight = promptTokens + answerRoom(1000, null) > 1000;
    if (isTight) expect(nextOut).toEqual([]);
    expect(answerTokens).toBeLessThanOrEqual(answerRoom(1000, null));
    expect(Object.values(result.parts).reduce((sum, part) => sum + part, 0)).toBe(promptTokens);
  }
});
