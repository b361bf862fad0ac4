// One engine, one round: a fresh profile, an import, a new page, a warm load, and the timed prompts.
import { CLAIMED_ADAPTER, openBrowser, readAdapter, type Adapter, type BenchPage } from './browser.ts';
import type { Contestant } from './contestants.ts';
import { judge, type Expected, type Verdict } from './judge.ts';
import type { Counts, EngineFacts } from './page/driver.ts';
import { browserMemoryBytes, watchPeakMemory } from './process-memory.ts';
import { browserThreadTimes, largest, workBetween, type ThreadTimes } from './thread-times.ts';
import { DECODE_TOKENS, PROMPTS } from './prompts.ts';
import type { PerToken, Round } from './result.ts';

export type MeasuredRound = {
  readonly round: Round;
  readonly facts: EngineFacts;
  readonly adapter: Adapter;
  readonly browserVersion: string;
};

type Answers = Readonly<Record<'medium' | 'long', Expected>>;

const above = (peak: number | null, idle: number | null) => (peak === null || idle === null ? null : peak - idle);

/** The counts that decoding `DECODE_TOKENS` added: a run of one token differs from the long run in nothing else. */
function perToken(before: Counts | null, afterOne: Counts | null, afterAll: Counts | null): PerToken | null {
  if (!before || !afterOne || !afterAll) return null;
  const added = (name: keyof PerToken) =>
    (afterAll[name] - afterOne[name] - (afterOne[name] - before[name])) / DECODE_TOKENS;
  return {
    dispatches: added('dispatches'),
    submits: added('submits'),
    readbacks: added('readbacks'),
    buffersCreated: added('buffersCreated'),
    bindGroupsCreated: added('bindGroupsCreated'),
    pipelinesCreated: added('pipelinesCreated'),
    bytesWritten: added('bytesWritten'),
  };
}

/** What decoding added per token: the run of one token, from `start` to `between`, holds the same prefill. */
function decodeWork(start: ThreadTimes | null, between: ThreadTimes | null, end: ThreadTimes | null) {
  if (!start || !between || !end) return null;
  const one = workBetween(start, between);
  return largest(
    [...workBetween(between, end)].map(([name, ms]) => [name, (ms - (one.get(name) ?? 0)) / DECODE_TOKENS]),
  );
}

/** Page and workers as the browser measures them; null where it does not answer within a minute. */
function scriptMemory(page: BenchPage): Promise<number | null> {
  return page.page.evaluate(async () => {
    const measurable = performance as { measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> };
    if (!measurable.measureUserAgentSpecificMemory) return null;
    const limit = new Promise<null>((resolve) => setTimeout(() => resolve(null), 60_000));
    return Promise.race([measurable.measureUserAgentSpecificMemory().then(({ bytes }) => bytes), limit]);
  });
}

function worst(verdicts: readonly Verdict[]): Verdict {
  const order = ['wrong', 'tie', 'equal'] as const;
  return verdicts.reduce((a, b) => (order.indexOf(b.kind) < order.indexOf(a.kind) ? b : a));
}

/** `withScriptMemory` asks the browser for its own measure too, which may take a minute: once is enough. */
export async function measureRound(
  contestant: Contestant,
  siteUrl: string,
  answers: Answers,
  withScriptMemory: boolean,
): Promise<MeasuredRound> {
  const browser = await openBrowser();
  try {
    const url = siteUrl + contestant.path;
    const first = await browser.open(url);
    const adapter = await readAdapter(first.page);
    const idle = browserMemoryBytes(browser.profileFolder);

    const importWatch = watchPeakMemory(browser.profileFolder);
    const imported = await first.call('import');
    const importPeak = importWatch.stop();
    await first.close();

    const page = await browser.open(url);
    const loadWatch = watchPeakMemory(browser.profileFolder);
    const threadsAtOpen = browserThreadTimes(browser.profileFolder);
    const loaded = await page.call('load');
    const threadsAtLoad = browserThreadTimes(browser.profileFolder);
    const woken = await page.call('generate', PROMPTS.short, 8);
    const loadCounts = await page.call('counts');
    const loadPeak = loadWatch.stop();

    const before = await page.call('counts');
    const threadsAtStart = browserThreadTimes(browser.profileFolder);
    const medium = await page.call('generate', PROMPTS.medium, 1);
    const afterOne = await page.call('counts');
    const threadsBetween = browserThreadTimes(browser.profileFolder);
    const decode = await page.call('generate', PROMPTS.medium, DECODE_TOKENS + 1);
    const threadsAtEnd = browserThreadTimes(browser.profileFolder);
    const afterAll = await page.call('counts');
    const long = await page.call('generate', PROMPTS.long, 1);

    for (const generation of [medium, decode, long]) {
      if (generation.keptTokens > 0) throw new Error(`${generation.keptTokens} prompt tokens came from a cache.`);
    }
    for (const [generation, tokens] of [
      [medium, 1],
      [decode, DECODE_TOKENS + 1],
      [long, 1],
    ] as const) {
      if (generation.completionTokens !== tokens) {
        throw new Error(`${generation.completionTokens} tokens came where ${tokens} were asked for.`);
      }
    }
    for (const [generation, expected] of [
      [medium, answers.medium],
      [long, answers.long],
    ] as const) {
      if (generation.promptTokens !== expected.promptTokens) {
        throw new Error(
          `The prompt became ${generation.promptTokens} tokens, not ${expected.promptTokens} as llama.cpp makes.`,
        );
      }
    }
    const facts = await page.call('facts');
    if (contestant.usesGpu && !facts.runsOn.toLowerCase().includes(CLAIMED_ADAPTER.toLowerCase())) {
      throw new Error(`It computed on "${facts.runsOn}", which is not the adapter ${CLAIMED_ADAPTER} that is claimed.`);
    }
    return {
      adapter,
      facts,
      browserVersion: browser.version,
      round: {
        import: imported,
        load: {
          elapsedMs: loaded.elapsedMs,
          stagesMs: loaded.stagesMs,
          storeBytesRead: loadCounts?.storeBytesRead ?? null,
          firstTokenMs: loaded.elapsedMs + woken.firstTokenMs,
        },
        medium,
        long,
        decode,
        perToken: perToken(before, afterOne, afterAll),
        threadMs: {
          load: threadsAtOpen && threadsAtLoad && largest([...workBetween(threadsAtOpen, threadsAtLoad)]),
          token: decodeWork(threadsAtStart, threadsBetween, threadsAtEnd),
        },
        memory: {
          idle,
          importPeak: above(importPeak, idle),
          loadPeak: above(loadPeak, idle),
          script: withScriptMemory ? await scriptMemory(page) : null,
          wasm: facts.wasmBytes,
          gpuBuffers: afterAll?.liveBufferBytes ?? null,
        },
        verdict: worst([
          judge(decode.text, DECODE_TOKENS + 1, answers.medium),
          judge(medium.text, 1, answers.medium),
          judge(long.text, 1, answers.long),
        ]),
      },
    };
  } finally {
    await browser.close();
  }
}
