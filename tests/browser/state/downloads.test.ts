import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '#base/errors.ts';
import type { ErrorCode } from '#base/errors.ts';
import type { Engine } from '#engine/client/engine.ts';
import type { ModelInfo } from '#engine/protocol/info.ts';
import type { LoadProgress, LoadStage } from '#engine/protocol/progress.ts';
import { Downloads } from '#lib/state/downloads.svelte.ts';
import type { ImportChoice } from '#lib/state/model-choice.ts';

const SOLAR: ImportChoice = { kind: 'catalog', name: 'SOLAR Q4_K_M', model: 'solar-q4_k_m' };
const OTHER: ImportChoice = { kind: 'urls', name: 'other', urls: ['https://h.example/other.gguf'] };
const TOTAL = 1000;

const stored = (changes: Partial<ModelInfo> = {}): ModelInfo => ({
  key: 'solar-1',
  name: 'SOLAR Q4_K_M',
  state: 'importing',
  storedBytes: 400,
  totalBytes: TOTAL,
  catalogId: 'solar-q4_k_m',
  licence: null,
  completedAt: null,
  verifiedAt: null,
  contentHash: null,
  architecture: 'llama',
  contextLength: 4096,
  parameterCount: 1e10,
  source: '',
  ...changes,
});

/** One import at a time, whose reports and end the test gives. */
class Importer {
  readonly asked: Parameters<Engine['models']['import']>[0][] = [];
  readonly deleted: string[] = [];
  #settle: { resolve: (model: ModelInfo) => void; reject: (error: unknown) => void } | null = null;

  report(stage: LoadStage, doneBytes: number, bytesPerSecond = 100): void {
    const progress: LoadProgress = { stage, doneBytes, totalBytes: TOTAL, bytesPerSecond, secondsLeft: null };
    this.asked.at(-1)!.onProgress?.(progress);
  }

  succeed = (): void => this.#settle?.resolve(stored({ state: 'complete', storedBytes: TOTAL }));
  fail = (code: ErrorCode): void => this.#settle?.reject(new AppError(code, {}));

  get engine(): Engine {
    const models: Pick<Engine['models'], 'import' | 'delete'> = {
      import: (options) => {
        this.asked.push(options);
        return new Promise((resolve, reject) => {
          this.#settle = { resolve, reject };
          options.signal?.addEventListener('abort', () => reject(options.signal!.reason as Error));
        });
      },
      delete: async (key) => void this.deleted.push(key),
    };
    return { models } as Engine;
  }
}

let importer: Importer;
let onDisk: ModelInfo[];
let nowMs: number;
let network: (isOnline: boolean) => void;
let downloads: Downloads;
const onReady = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  importer = new Importer();
  onDisk = [];
  nowMs = 0;
  onReady.mockClear();
  downloads = new Downloads({
    engine: async () => importer.engine,
    persist: async () => true,
    now: () => nowMs,
    onStored: async () => onDisk,
    onReady,
    onRate: () => undefined,
    onNetwork: (act) => (network = act),
  });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Lets what was begun reach the engine, or what ended reach the page. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1);

async function begin(choice = SOLAR): Promise<void> {
  downloads.start(choice);
  await settle();
}

describe('a download', () => {
  test('runs, shows what came over the network, and is ready to be used', async () => {
    await begin();
    expect(importer.asked).toMatchObject([{ model: 'solar-q4_k_m' }]);
    importer.report('network', 0);
    importer.report('disk', 900);
    nowMs = 5000;
    importer.report('network', 500);
    expect(downloads.current).toMatchObject({ status: 'running', progress: { doneBytes: 500, bytesPerSecond: 100 } });
    importer.succeed();
    await settle();
    expect(downloads.current).toMatchObject({ status: 'ready', model: { state: 'complete' } });
    expect(onReady).toHaveBeenCalledOnce();
  });

  test('is one at a time', async () => {
    await begin();
    downloads.start(OTHER);
    await settle();
    expect(downloads.current?.choice).toBe(SOLAR);
    expect(importer.asked).toHaveLength(1);
  });

  test('says that another tab is at it, and runs when that tab has gone', async () => {
    await begin();
    importer.report('waiting', 0);
    expect(downloads.current?.status).toBe('waiting');
    expect(downloads.isBusy).toBe(true);
    importer.report('network', 300);
    expect(downloads.current?.status).toBe('running');
  });

  test('that is paused tells no failure, and goes on with the bytes it showed', async () => {
    await begin();
    importer.report('network', 300);
    nowMs = 2000;
    importer.report('network', 350);
    downloads.pause();
    await settle();
    expect(importer.asked[0]!.signal?.aborted).toBe(true);
    expect(downloads.current).toMatchObject({ status: 'paused', error: null, progress: { doneBytes: 350 } });
    downloads.resume();
    await settle();
    expect(importer.asked).toHaveLength(2);
    expect(downloads.current).toMatchObject({ status: 'running', progress: { doneBytes: 350, bytesPerSecond: null } });
  });

  test('that is given up deletes what has arrived of it, and nothing else', async () => {
    await begin();
    onDisk = [stored({ key: 'other-1', catalogId: 'other' }), stored(), stored({ key: 'whole', state: 'complete' })];
    await downloads.discard();
    expect(importer.deleted).toEqual(['solar-1']);
    expect(downloads.current).toBeNull();
  });

  test('without a byte for much longer than the line needs is quiet, and is not when the next one comes', async () => {
    await begin();
    importer.report('network', 300, 16e6);
    nowMs = 4000;
    importer.report('network', 500, 16e6);
    await vi.advanceTimersByTimeAsync(4900);
    expect(downloads.current?.isQuiet).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(downloads.current).toMatchObject({ status: 'running', isQuiet: true });
    nowMs = 30_000;
    importer.report('network', 510);
    // The rate of before the silence is not told any more.
    expect(downloads.current).toMatchObject({ isQuiet: false, progress: { bytesPerSecond: null } });
  });

  test('over a slow line is given the time that a report takes there', async () => {
    await begin();
    importer.report('network', 300, 1e6);
    nowMs = 4000;
    importer.report('network', 500, 1e6);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(downloads.current?.isQuiet).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(downloads.current?.isQuiet).toBe(true);
  });

  test('is quiet at once where the browser knows that the network is away; a pause stays a pause', async () => {
    await begin();
    network(false);
    expect(downloads.current?.isQuiet).toBe(true);
    importer.report('network', 1);
    expect(downloads.current?.isQuiet).toBe(false);
    downloads.pause();
    network(false);
    expect(downloads.current).toMatchObject({ status: 'paused', isQuiet: false });
  });
});

describe('a failure', () => {
  test('is told, keeps what is stored, and can be tried again', async () => {
    await begin();
    importer.report('network', 300);
    importer.fail('storage-full');
    await settle();
    expect(downloads.current).toMatchObject({ status: 'failed', error: { code: 'storage-full' } });
    expect(importer.deleted).toEqual([]);
    downloads.resume();
    await settle();
    expect(downloads.current).toMatchObject({ status: 'running', error: null, progress: { doneBytes: 300 } });
  });

  test.each(['source-cut', 'source-unreachable', 'source-stalled', 'import-waits'] as const)(
    'of the network (%s) is mended by the network',
    async (code) => {
      await begin();
      importer.fail(code);
      await settle();
      expect(downloads.current?.status).toBe('failed');
      network(true);
      await settle();
      expect(downloads.current?.status).toBe('running');
      expect(importer.asked).toHaveLength(2);
    },
  );

  test('of anything else is not, and neither is a pause', async () => {
    await begin();
    importer.fail('storage-full');
    await settle();
    network(true);
    await settle();
    expect(downloads.current?.status).toBe('failed');
    downloads.resume();
    await settle();
    downloads.pause();
    network(true);
    await settle();
    expect(downloads.current?.status).toBe('paused');
    expect(importer.asked).toHaveLength(2);
  });
});

describe('what an earlier visit left', () => {
  test('is offered under the name of its variant, as far as it is', () => {
    downloads.offer([stored({ key: 'done', state: 'complete' }), stored()]);
    expect(downloads.current).toMatchObject({
      choice: SOLAR,
      status: 'paused',
      progress: { doneBytes: 400, totalBytes: TOTAL },
    });
  });

  test('is not offered without a source, without a byte, or for the included model', () => {
    const file = stored({ catalogId: null, source: 'solar.gguf' });
    downloads.offer([file, stored({ storedBytes: 0 }), stored({ catalogId: 'smollm2-135m-instruct' })]);
    expect(downloads.current).toBeNull();
  });

  test('is not offered again in a visit in which it was declined', () => {
    downloads.offer([stored()]);
    downloads.dismiss();
    downloads.offer([stored()]);
    expect(downloads.current).toBeNull();
  });
});
