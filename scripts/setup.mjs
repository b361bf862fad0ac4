// What `npm start` and `npm test` share: dependencies and the built site. Node's built-ins only, until the dependencies are there.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

const WINDOWS = process.platform === 'win32';

/** Runs a command with its output shown; throws when it fails. */
export function run(command, args, env = {}) {
  console.log(`\n> ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    shell: WINDOWS,
    env: { ...process.env, ...env },
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed with status ${status}.`);
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Daylight needs Node 20.19 or newer; this is ${process.versions.node}.`);
  }
}

/** Installs the locked dependencies when they are missing or the lock has changed since. */
export function installDependencies() {
  const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const stamp = 'node_modules/.daylight-lock';
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  // Without scripts: everything we use ships its binaries inside its packages. Not `npm ci`: it refuses a lock that was
  // made where the registry lacks an optional package for another system. This keeps to the lock and leaves it unchanged.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts']);
  mkdirSync('node_modules', { recursive: true });
  writeFileSync(stamp, lock);
}

const BUILD_INPUTS = [
  'src',
  'messages',
  'project.inlang/settings.json',
  'static',
  'scripts',
  'package-lock.json',
  'svelte.config.js',
  'vite.config.ts',
  'vite.engine.config.ts',
];
const BUILD_OUTPUTS = [
  join('static', 'engine'),
  join('static', 'sdk.js'),
  join('static', 'sdk.d.ts'),
  join('src', 'model-library', 'runtime', 'build'),
  join('src', 'lib', 'text', 'paraglide'),
];

function newestMs(path) {
  if (!existsSync(path) || BUILD_OUTPUTS.includes(path)) return 0;
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), 0);
}

/** Builds the site into build/ unless it is newer than everything it is made from. */
export function buildSite() {
  const stamp = join('build', '.built');
  const newest = Math.max(...BUILD_INPUTS.map(newestMs));
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest) return;
  run('npm', ['run', '--silent', 'build']);
  writeFileSync(stamp, '');
}
