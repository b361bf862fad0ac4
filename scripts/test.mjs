// `npm test`: from a fresh clone to a verdict. Extra words choose steps: `npm test -- unit gpu`.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSite, checkNode, installDependencies, run } from './setup.mjs';
import { installChromium } from './chromium.mjs';

checkNode();
installDependencies();
const chromium = installChromium();
const env = { ...(chromium ? { CHROME: chromium } : {}), REQUIRE_GPU: '1' };

const vitest = (project) => run('npx', ['vitest', 'run', '--project', project], env);
const STEPS = {
  format: () => run('npx', ['prettier', '--check', '.', '--log-level', 'warn']),
  lint: () => run('npx', ['eslint', '.', '--max-warnings', '0']),
  types: () => {
    run('npx', ['svelte-kit', 'sync']);
    run('npm', ['run', '--silent', 'build:text']);
    run('npx', ['tsc', '--noEmit', '-p', '.']);
    run('npx', ['svelte-check', '--fail-on-warnings', '--threshold', 'warning']);
  },
  runtime: () => run('npm', ['run', '--silent', 'build:runtime']),
  unit: () => vitest('unit'),
  browser: () => vitest('browser'),
  gpu: () => vitest('gpu'),
  build: () => {
    buildSite();
    printSizes();
    checkFirstLoad();
    printLanguages();
  },
  e2e: () => vitest('e2e'),
};

function sizeOf(path) {
  if (!existsSync(path)) return { bytes: 0, gzipBytes: 0 };
  const files = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [];
  if (statSync(path).isFile()) {
    const bytes = readFileSync(path);
    return { bytes: bytes.length, gzipBytes: gzipSync(bytes).length };
  }
  return files
    .map(sizeOf)
    .reduce((a, b) => ({ bytes: a.bytes + b.bytes, gzipBytes: a.gzipBytes + b.gzipBytes }), { bytes: 0, gzipBytes: 0 });
}

function printSizes() {
  const parts = {
    page: 'build/_app/immutable',
    'engine worker': 'build/engine/engine.worker.js',
    'import worker': 'build/engine/import.worker.js',
    'sdk.js': 'build/sdk.js',
    'runtime.wasm': 'src/model-library/runtime/build/runtime.wasm',
  };
  const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
  console.log('\nSizes (raw, gzip):');
  for (const [name, path] of Object.entries(parts)) {
    const { bytes, gzipBytes } = sizeOf(path);
    console.log(`  ${name.padEnd(14)} ${kib(bytes).padStart(12)} ${kib(gzipBytes).padStart(12)}`);
  }
}

/** Compressed JavaScript that a page loads before anything is clicked: 150 KB is a second on a slow phone's network. */
const FIRST_LOAD_BYTES = 150_000;

/** Fails when a page asks for more script at once than the budget. What it fetches when it is needed does not count. */
function checkFirstLoad() {
  const pages = readdirSync('build', { recursive: true }).filter((name) => name.endsWith('.html'));
  for (const name of pages) {
    const html = readFileSync(join('build', name), 'utf8');
    const links = [...html.matchAll(/<link [^>]*href="([^"]+\.js)"[^>]*rel="modulepreload"/g)].map(([, path]) => path);
    if (links.length === 0) continue; // no page of ours
    const bytes = links.map((path) => sizeOf(join('build', dirname(name), path)).gzipBytes).reduce((a, b) => a + b, 0);
    console.log(
      `  first load of ${name}: ${links.length} scripts, ${(bytes / 1000).toFixed(1)} KB of ${FIRST_LOAD_BYTES / 1000} KB`,
    );
    if (bytes === 0 || bytes > FIRST_LOAD_BYTES)
      throw new Error(`${name} loads ${bytes} bytes of compressed script at once.`);
  }
}

/** Who reads another language than English fetches its words too, beside the English ones that the page is built with. */
function printLanguages() {
  const manifest = JSON.parse(readFileSync('.svelte-kit/output/client/.vite/manifest.json', 'utf8'));
  for (const [source, { file }] of Object.entries(manifest)) {
    const [, locale] = /\/paraglide\/messages\/(\w+)\.js$/.exec(source) ?? [];
    if (locale)
      console.log(`  the words of ${locale}: ${(sizeOf(join('build', file)).gzipBytes / 1000).toFixed(1)} KB more`);
  }
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !Object.hasOwn(STEPS, name));
if (unknown.length > 0)
  throw new Error(`Unknown step ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}.`);
const steps = chosen.length > 0 ? chosen : Object.keys(STEPS);
const startedMs = Date.now();
for (const name of steps) {
  const stepMs = Date.now();
  STEPS[name]();
  console.log(`\n[${name}] passed in ${((Date.now() - stepMs) / 1000).toFixed(0)} s`);
}
console.log(`\nAll steps passed in ${((Date.now() - startedMs) / 1000).toFixed(0)} s: ${steps.join(', ')}`);
