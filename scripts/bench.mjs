// `npm run bench`: from a fresh clone to numbers. Words after `--` choose: `publish` makes the result the one the repository
// shows, `import` times the import of a file, `kernels` times single kernels instead of engines, and `kernels against=<revision>` times them beside another
// revision's. docs/benchmark.md names the variables that change a run.
import { rmSync } from 'node:fs';
import { buildSite, checkNode, installDependencies, run } from './setup.mjs';
import { installChromium } from './chromium.mjs';

const WORDS = ['publish', 'kernels', 'import'];
const against = process.argv.find((word) => word.startsWith('against='))?.slice('against='.length);
const words = process.argv.slice(2).filter((word) => !word.startsWith('against='));
const unknown = words.filter((word) => !WORDS.includes(word));
if (unknown.length > 0) throw new Error(`Unknown word ${unknown.join(', ')}; there are ${WORDS.join(', ')}.`);

checkNode();
installDependencies();
const chromium = installChromium();
const kernels = words.includes('kernels');
if (against && !kernels) throw new Error('A revision to measure against goes with the word kernels.');
const project = kernels ? 'kernels' : words.includes('import') ? 'import' : 'engines';
if (project === 'import') run('npm', ['run', 'build:runtime']);
else if (kernels) run('npx', ['svelte-kit', 'sync']);
else buildSite();

const AGAINST_FOLDER = 'bench/results/against'; // where the kernel benchmark looks for it
const removeOther = () => {
  rmSync(AGAINST_FOLDER, { recursive: true, force: true });
  run('git', ['worktree', 'prune']);
};
if (against) {
  removeOther();
  run('git', ['worktree', 'add', '--detach', AGAINST_FOLDER, against]);
  rmSync(`${AGAINST_FOLDER}/tsconfig.json`); // it extends a file that only a build makes; ours above it serves as well
}
try {
  run('npx', ['vitest', 'run', '--config', 'bench/vitest.config.ts', '--project', project], {
    ...(chromium ? { CHROME: chromium } : {}),
    ...(words.includes('publish') ? { BENCH_PUBLISH: '1' } : {}),
    ...(against ? { BENCH_AGAINST: against } : {}),
  });
} finally {
  if (against) removeOther();
}
