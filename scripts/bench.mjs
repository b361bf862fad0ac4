// `npm run bench`: from a fresh clone to numbers. Words after `--` choose: `publish` makes the result the one the repository
// shows, `kernels` times single kernels instead of engines. docs/benchmark.md names the variables that change a run.
import { buildSite, checkNode, installDependencies, run } from './setup.mjs';
import { installChromium } from './chromium.mjs';

const WORDS = ['publish', 'kernels'];
const words = process.argv.slice(2);
const unknown = words.filter((word) => !WORDS.includes(word));
if (unknown.length > 0) throw new Error(`Unknown word ${unknown.join(', ')}; there are ${WORDS.join(', ')}.`);

checkNode();
installDependencies();
const chromium = installChromium();
const kernels = words.includes('kernels');
if (!kernels) buildSite();
run('npx', ['vitest', 'run', '--config', 'bench/vitest.config.ts', '--project', kernels ? 'kernels' : 'engines'], {
  ...(chromium ? { CHROME: chromium } : {}),
  ...(words.includes('publish') ? { BENCH_PUBLISH: '1' } : {}),
});
