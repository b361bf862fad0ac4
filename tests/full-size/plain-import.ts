// One import by one page that nothing disturbs, and the most memory that its renderer takes: page, engine worker and import
// worker are one process.
//
// The browser that imports from an address is started without a debugger. One that watches the network keeps what came:
// 100 MB and more in the renderer, which was taken for the import's at first.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chromium } from 'playwright';
import { watchMemory, type MemoryPeaks } from '#tests/full-size/memory.ts';
import { serveFile, type ServedFile } from '#tests/full-size/serve-file.ts';
import { openEnginePage, openProfile } from '#tests/full-size/solar-browser.ts';
import { serveSite } from '#tests/support/serve.ts';
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/chromium.mjs';

export type PlainImport = { readonly elapsedMs: number; readonly peaks: MemoryPeaks };

/** Slow beside other work, and never this slow. */
const PATIENCE_MS = 3_600_000;
const SAMPLE_EVERY_MS = 250;

/** Imports when the file input changes, or at once where the address says so, and tells the server how that ended. */
const PAGE = `<!doctype html><title>Plain import</title><input type="file">
<script type="module">
  import { connect } from '/sdk.js';
  globalThis.engine = await connect();
  const input = document.querySelector('input');
  const run = async (gguf) => {
    const from = performance.now();
    const outcome = await engine.models.import({ gguf }).then(() => 'complete', String);
    await fetch('/ended?' + new URLSearchParams({ outcome, ms: performance.now() - from }));
  };
  input.onchange = () => run([...input.files]);
  if (location.search === '?url') run(new URL('/weights.gguf', location.href).href);
</script>`;

/** Imports `file` once in a browser with a fresh profile at `profile`, which is removed again. */
export async function importPlainly(
  kind: 'url' | 'file',
  { siteFolder, file, profile }: { siteFolder: string; file: ServedFile; profile: string },
): Promise<PlainImport> {
  rmSync(profile, { recursive: true, force: true });
  let tell: (told: URLSearchParams | null) => void = () => {};
  const ended = new Promise<URLSearchParams | null>((resolve) => (tell = resolve));
  const site = await serveSite({
    folder: siteFolder,
    intercept(request, response) {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
      if (pathname === '/plain') response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      else if (pathname === '/weights.gguf') serveFile(request, response, file);
      else if (pathname === '/ended') {
        response.end();
        tell(searchParams);
      } else return false;
      return true;
    },
  });
  const memory = watchMemory(profile, SAMPLE_EVERY_MS);
  const timer = setTimeout(() => tell(null), PATIENCE_MS);
  let close: () => Promise<void> = () => Promise.resolve();
  try {
    close = await (kind === 'url'
      ? openAlone(profile, `${site.url}plain?url`)
      : chooseFile(profile, site.url, file.path));
    const told = await ended;
    const peaks = memory.take();
    const outcome = told?.get('outcome') ?? `nothing in ${PATIENCE_MS} ms`;
    if (outcome !== 'complete') throw new Error(`the import ended with ${outcome}`);
    return { elapsedMs: Number(told?.get('ms')), peaks };
  } finally {
    clearTimeout(timer);
    memory.stop();
    await close();
    await site.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Starts a browser on this address that nothing looks into. Gives what ends it. */
function openAlone(profile: string, url: string): Promise<() => Promise<void>> {
  const path = findChromium() ?? chromium.executablePath();
  const args = [...CHROMIUM_FLAGS, '--headless', `--user-data-dir=${profile}`, url];
  const browser = spawn(path, args, { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => browser.once('exit', () => resolve()));
  return Promise.resolve(async () => {
    browser.kill();
    await exited;
  });
}

async function chooseFile(profile: string, siteUrl: string, path: string): Promise<() => Promise<void>> {
  const context = await openProfile(profile);
  const page = await openEnginePage(context, `${siteUrl}plain`);
  await page.locator('input').setInputFiles(path);
  return () => context.close();
}
