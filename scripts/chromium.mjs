// Finds a Chromium that can run WebGPU in software. Only Node's built-ins: this file runs before any dependency is there.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** WebGPU on the software adapter, headless, without calls home. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

const KNOWN_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/** The path of an installed Chrome or Chromium; null when there is none. CHROME overrides the search. */
export function findChromium() {
  const named = process.env.CHROME;
  if (named) {
    if (!existsSync(named)) throw new Error(`CHROME names ${named}, which does not exist.`);
    return named;
  }
  return KNOWN_PATHS.find((path) => existsSync(path)) ?? null;
}

function run(command, args) {
  console.log(`> ${command} ${args.join(' ')}`);
  return (
    spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
      .status === 0
  );
}

function hasAptAsRoot() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // not Debian
  }
}

/**
 * Returns a Chromium's path, installing one when there is none: Debian's package as root, else Playwright's own.
 * Throws with what to do when neither works. A null path means Playwright's own browser is used.
 */
export function installChromium() {
  const found = findChromium();
  if (found) return found;
  if (hasAptAsRoot() && run('apt-get', ['update', '-qq']) && run('apt-get', ['install', '-y', '-qq', 'chromium'])) {
    const installed = findChromium();
    if (installed) return installed;
  }
  if (run('npx', ['playwright', 'install', 'chromium'])) return null;
  throw new Error(
    'The tests need a Chrome or Chromium, and none could be installed. Install one, or set CHROME to its path.',
  );
}
