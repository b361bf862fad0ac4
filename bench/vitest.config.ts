import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM_FLAGS, findChromium } from '../scripts/chromium.mjs';
import { processTree, processType, threadTimes } from './processes.ts';

const executablePath = findChromium();

/** Milliseconds of processor time that the test browser's GPU process has spent; null where the system does not say. */
function gpuProcessMs(): number | null {
  if (process.platform !== 'linux') return null;
  const own = processTree((pid) => pid === process.pid).filter((pid) => processType(pid) === 'gpu-process');
  return own.length === 0 ? null : own.flatMap(threadTimes).reduce((sum, [, ms]) => sum + ms, 0);
}

/** Measurements, apart from the tests: a plain `vitest run` must never start them. */
export default defineConfig({
  test: {
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: { name: 'engines', environment: 'node', include: ['bench/engines.bench.ts'] },
      },
      {
        extends: true,
        test: { name: 'import', environment: 'node', include: ['bench/import.bench.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'kernels',
          include: ['bench/kernels.bench.ts'],
          env: Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('BENCH_'))),
          browser: {
            enabled: true,
            headless: true,
            commands: { gpuProcessMs },
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { args: CHROMIUM_FLAGS, ...(executablePath ? { executablePath } : {}) },
            }),
            instances: [{ browser: 'chromium' as const }],
          },
        },
      },
    ],
  },
});
