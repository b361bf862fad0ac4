import { defineConfig } from 'vitest/config';

/** Run by scripts/full-size.mjs alone: an hour and 15 GB of disk are no part of `npm test`. */
export default defineConfig({
  test: {
    name: 'full-size',
    environment: 'node',
    include: ['tests/full-size/**/*.test.ts'],
    testTimeout: 4 * 3_600_000,
    hookTimeout: 600_000,
    disableConsoleIntercept: true,
  },
});
