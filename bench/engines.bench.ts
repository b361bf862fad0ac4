// `npm run bench`: every engine on the same model, in turns. One test, because a benchmark is one run.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BROWSER_FLAGS } from './browser.ts';
import { contestants, OURS } from './contestants.ts';
import { expectAnswers } from './expected-answers.ts';
import { describeMachine } from './machine.ts';
import { findModel } from './model.ts';
import { CONTEXT_LENGTH, DECODE_TOKENS, PROMPTS } from './prompts.ts';
import { publishResult, reportResult } from './report.ts';
import type { BenchResult, EngineResult } from './result.ts';
import { measureRound, type MeasuredRound } from './round.ts';
import { serveBench } from './site.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);

const model = findModel();
let site: Awaited<ReturnType<typeof serveBench>>;
beforeAll(async () => {
  site = await serveBench(model);
});
afterAll(() => site.close());

test('measures every engine in interleaved rounds', async () => {
  const machine = describeMachine();
  const ggufPath = join(model.folder, model.files[0]!);
  const answers = await expectAnswers(ggufPath, {
    medium: { prompt: PROMPTS.medium, tokens: DECODE_TOKENS + 1 },
    long: { prompt: PROMPTS.long, tokens: 1 },
  });
  const everyone = contestants(model);
  const engines = everyone.map(({ id, label }): EngineResult => ({
    id,
    label,
    facts: null,
    rounds: [],
    failure: null,
  }));
  let seen: Pick<MeasuredRound, 'adapter' | 'browserVersion'> | null = null;

  for (let round = 0; round < ROUNDS; round++) {
    // Each round begins with another engine, so that none is always first on a rested or last on a heated machine.
    for (let turn = 0; turn < everyone.length; turn++) {
      const at = (round + turn) % everyone.length;
      const contestant = everyone[at]!;
      const engine = engines[at]!;
      if (engine.failure) continue;
      const startedMs = performance.now();
      try {
        const measured = await measureRound(contestant, site.url, answers, round === 0);
        seen = measured;
        engine.facts = measured.facts;
        engine.rounds.push(measured.round);
      } catch (error) {
        engine.failure = error instanceof Error ? error.message : String(error);
      }
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
      console.log(
        `round ${round + 1} of ${ROUNDS}, ${contestant.label}: ${engine.failure ?? 'measured'} (${seconds} s)`,
      );
    }
  }
  if (!seen) throw new Error(`No engine gave a number: ${engines.map(({ failure }) => failure).join(' | ')}`);

  const result: BenchResult = {
    format: 1,
    takenAt: new Date().toISOString(),
    machine,
    browser: { version: seen.browserVersion, flags: BROWSER_FLAGS },
    adapter: seen.adapter,
    model: { name: model.name, files: model.files, bytes: model.bytes },
    settings: {
      rounds: ROUNDS,
      mediumTokens: answers.medium.promptTokens,
      longTokens: answers.long.promptTokens,
      decodeTokens: DECODE_TOKENS,
      contextLength: CONTEXT_LENGTH,
    },
    expectedText: answers.medium.text,
    engines,
  };
  console.log(`Written to ${reportResult(result)}.`);

  const ours = engines.find(({ id }) => id === OURS);
  if (ours) {
    expect(ours.failure).toBeNull();
    expect(ours.rounds.filter(({ verdict }) => verdict.kind === 'wrong')).toEqual([]);
  }
  if (process.env.BENCH_PUBLISH) publishResult(result);
});
