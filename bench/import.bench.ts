// `npm run bench -- import`: how fast a GGUF from disk becomes a stored model, and where the time goes. A browser with a profile on
// disk, the import worker built from the source as it is now, no site.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { build } from 'vite';
import { openBrowser } from './browser.ts';
import type { ImportBench } from './import/page.ts';
import { writeModelFile } from './import/model-file.ts';
import { describeMachine } from './machine.ts';
import { browserMemoryBytes, watchPeakMemory } from './process-memory.ts';
import { processTimes } from './processes.ts';
import { browserThreadTimes, largest, workBetween, type ThreadTimes } from './thread-times.ts';

const LAYERS = Number(process.env.BENCH_LAYERS ?? 8);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const STAGES = ['read', 'check and pack', 'hash', 'write'] as const;
const RUNTIME = 'src/model-library/runtime/build/runtime.wasm';

async function bundle(folder: string): Promise<void> {
  const entries = {
    'page.js': 'bench/import/page.ts',
    'stages.worker.js': 'bench/import/stages.worker.ts',
    'import.worker.js': 'src/weights/import/import.worker.ts',
  };
  for (const [output, input] of Object.entries(entries)) {
    await build({
      configFile: false,
      publicDir: false,
      logLevel: 'warn',
      build: {
        outDir: folder,
        emptyOutDir: false,
        target: 'es2022',
        modulePreload: false,
        reportCompressedSize: false,
        rolldownOptions: { input, output: { entryFileNames: output, codeSplitting: false } },
      },
    });
  }
}

function serve(folder: string) {
  const server = createServer((request, response) => {
    const name = request.url?.slice(1) ?? '';
    if (name === '') {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><body><script type="module" src="/page.js"></script>');
      return;
    }
    try {
      const path = name === 'runtime.wasm' ? RUNTIME : join(folder, name.replace(/[^\w.]/g, ''));
      const type = name.endsWith('.js') ? 'text/javascript' : 'application/wasm';
      const bytes = readFileSync(path);
      response.writeHead(200, { 'content-type': type }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise<{ url: string; close(): void }>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ url: `http://127.0.0.1:${port}/`, close: () => void server.close() });
    });
  });
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
const seconds = (work: ThreadTimes) => [...work.values()].reduce((sum, ms) => sum + ms, 0) / 1000;

test('import from a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'daylight-bench-import-'));
  const file = join(tmpdir(), `daylight-bench-${LAYERS}-layers.gguf`);
  const sizeBytes = writeModelFile(file, LAYERS);
  await bundle(folder);
  const server = await serve(folder);
  const { cpu, cores, system, revision, loadAverage } = describeMachine();
  console.log(`${cpu}, ${cores} cores, ${system}; revision ${revision}; load average before the run ${loadAverage}`);
  console.log(`${megabytes(sizeBytes)} MB of Q4_0, ${LAYERS} layers of SOLAR's width`);
  try {
    for (let round = 1; round <= ROUNDS; round++) await measure(server.url, file, sizeBytes, round);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
    if (!process.env.BENCH_KEEP) rmSync(file, { force: true });
  }
});

const timesOf = (profileFolder: string) => ({
  processes: processTimes(profileFolder),
  threads: browserThreadTimes(profileFolder) ?? new Map<string, number>(),
});

async function measure(url: string, file: string, sizeBytes: number, round: number): Promise<void> {
  const browser = await openBrowser();
  try {
    const { page } = await browser.open(url);
    await page.locator('input').setInputFiles(file);
    await page.waitForTimeout(1500); // until the browser is idle
    const { profileFolder } = browser;
    const idleBytes = browserMemoryBytes(profileFolder) ?? 0;
    const call = <Name extends keyof ImportBench>(name: Name, ...words: Parameters<ImportBench[Name]>) =>
      page.evaluate(
        ([method, given]) => {
          const { bench } = globalThis as unknown as { bench: Record<string, (...all: unknown[]) => unknown> };
          return bench[method]!(...given);
        },
        [name, words] as const,
      ) as ReturnType<ImportBench[Name]>;
    const timed = async <T>(work: () => Promise<T>) => {
      const before = timesOf(profileFolder);
      const result = await work();
      const after = timesOf(profileFolder);
      return {
        result,
        processes: workBetween(before.processes, after.processes),
        threads: workBetween(before.threads, after.threads),
      };
    };

    const memory = watchPeakMemory(profileFolder);
    const whole = await timed(() => call('import'));
    const peakBytes = (memory.stop() ?? 0) - idleBytes;
    const rate = sizeBytes / 1e3 / whole.result;
    console.log(
      `\nround ${round}: ${rate.toFixed(0)} MB/s, ${(whole.result / 1000).toFixed(1)} s, processor ` +
        `${((seconds(whole.processes) * 1e9) / sizeBytes).toFixed(2)} s a GB, at most ${megabytes(peakBytes)} MB above idle`,
    );
    // The import worker's own thread has ended; what the renderer did beyond its living threads is its.
    for (const [name, ms] of [...whole.processes, ...Object.entries(largest([...whole.threads]))]) {
      console.log(`  ${((ms * 1e6) / sizeBytes).toFixed(2)} s a GB  ${name}`);
    }
    const partBytes = Math.min(sizeBytes, 256 * 1024 * 1024);
    for (const stage of STAGES) {
      const alone = await timed(() => call('stage', stage, partBytes));
      const mbs = partBytes / 1e3 / alone.result.elapsedMs;
      const work = (seconds(alone.processes) * 1e9) / partBytes;
      console.log(`  ${stage} alone: ${mbs.toFixed(0)} MB/s, processor ${work.toFixed(2)} s a GB`);
    }
    const freed = await call('remove');
    console.log(
      `  deleted: ${megabytes(freed.beforeBytes)} -> ${megabytes(freed.afterBytes)} MB in use after ${freed.elapsedMs.toFixed(0)} ms`,
    );
    expect(freed.beforeBytes).toBeGreaterThan(sizeBytes * 0.9);
  } finally {
    await browser.close();
  }
}
