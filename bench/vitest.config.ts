import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM_FLAGS, findChromium } from '../scripts/chromium.mjs';

const executablePath = findChromium();

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
        test: {
          name: 'kernels',
          include: ['bench/kernels.bench.ts'],
          env: Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('BENCH_'))),
          browser: {
            enabled: true,
            headless: true,
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
