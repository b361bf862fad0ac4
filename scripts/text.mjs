// How the words of the page (messages/*.json) become functions (src/lib/text/paraglide/). Run by itself, it makes them anew
// where they are out of date.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = fileURLToPath(import.meta.url);
const OUT = 'src/lib/text/paraglide';

/** The compiler's options: one module a language, no cookie, no address that names a language, nothing of a server. */
const OPTIONS = {
  project: './project.inlang',
  outdir: `./${OUT}`,
  outputStructure: 'locale-modules',
  strategy: ['globalVariable', 'baseLocale'],
  isServer: "import.meta.env?.SSR ?? typeof window === 'undefined'",
  disableAsyncLocalStorage: true,
  emitReadme: false,
  emitGitIgnore: false,
  emitPrettierIgnore: false,
  // A reader in another process must never find the folder empty.
  cleanOutdir: false,
};

/** A hash of everything that the words are made from. */
function inputs() {
  const files = readdirSync('messages').map((name) => join('messages', name));
  const hash = createHash('sha256');
  for (const file of [...files.sort(), 'project.inlang/settings.json', HERE, 'package-lock.json']) {
    if (existsSync(file)) hash.update(file).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

const STAMP = join(OUT, '.made-from');
const isFresh = () => existsSync(STAMP) && readFileSync(STAMP, 'utf8') === inputs();

async function make() {
  if (isFresh()) return;
  const made = inputs();
  const { compile } = await import('@inlang/paraglide-js');
  await compile(OPTIONS);
  writeFileSync(STAMP, made);
}

/** The words for Vite: made when it starts and when a message changes; all languages but English in chunks of their own. */
export const text = () => [wordsFirst(), languagesWhenNeeded()];

/** In a process of its own: the compiler leaves a timer behind that would keep a test run for half a minute. */
function wordsFirst() {
  return {
    name: 'daylight-words-first',
    enforce: 'pre',
    buildStart() {
      if (isFresh()) return;
      const { status } = spawnSync(process.execPath, [HERE], { stdio: ['ignore', 'inherit', 'inherit'] });
      if (status !== 0) this.error('The messages could not be compiled.');
    },
    // Vite sees the files that change by this, and shows them.
    handleHotUpdate({ file }) {
      if (/\/messages\/\w+\.json$/.test(file))
        spawn(process.execPath, [HERE], { stdio: ['ignore', 'inherit', 'inherit'] });
    },
  };
}

/**
 * The compiler's index imports every language at once, and six languages would be a third of the page. Here it reads
 * them from `languages.ts` instead, which has English and fetches another one when it is chosen.
 */
function languagesWhenNeeded() {
  return {
    name: 'daylight-languages-when-needed',
    enforce: 'pre',
    transform: {
      filter: { id: /\/lib\/text\/paraglide\/messages\/_index\.js$/ },
      handler(code) {
        const found = [...code.matchAll(/^import \* as __(\w+) from "\.\/\w+\.js"$/gm)];
        if (found.length === 0) this.error('The index of the messages has another form than expected.');
        const changed = code
          .replace(/^import \* as __\w+ from "\.\/\w+\.js"$/gm, '')
          .replace(/\b__(\w+)\.(\w+\(inputs\))/g, '__languages.$1.$2');
        return { code: `import { languages as __languages } from '../../languages.ts';\n${changed}`, map: null };
      },
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await make();
    process.exit();
  } catch (error) {
    // The compiler's stack holds the whole code of its plug-in.
    console.error(`The messages could not be compiled: ${String(error).slice(0, 500)}`);
    process.exit(1);
  }
}
