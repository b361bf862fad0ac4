// A long run of the GGUF fuzz test: node scripts/fuzz-gguf.mjs [mutated headers, 1000000] [seed, from the clock]
import { spawnSync } from 'node:child_process';

const [runs = '1000000', seed = String(Date.now() % 1_000_000_007)] = process.argv.slice(2);
console.log(`${runs} mutated headers, seed ${seed}`);
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', 'tests/unit/formats/gguf/fuzz.test.ts'],
  { stdio: 'inherit', env: { ...process.env, GGUF_FUZZ_RUNS: runs, GGUF_FUZZ_SEED: seed } },
);
process.exit(status ?? 1);
