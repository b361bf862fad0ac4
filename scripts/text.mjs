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
 * The compiler's index imports every language at once, and chooses between them by name in each of its functions: a third of
 * the page. Here a language is a list of functions in the order of their names, and one of the index is a number for `say.ts`,
 * which has English and is given another language when it is chosen.
 */
function languagesWhenNeeded() {
  const CHOICE =
    /\(\(inputs(?: = \{\})?, options = \{\}\) => \{\n\tconst locale = .*\n(?:\tif \(locale === "\w+"\) return __\w+\.\w+\(inputs\)\n)*\treturn __en\.(\w+)\(inputs\)\n\}\)/g;
  const namesIn = (code, pattern) => [...code.matchAll(pattern)].map(([, name]) => name).sort();
  return {
    name: 'daylight-languages-when-needed',
    enforce: 'pre',
    transform: {
      filter: { id: /\/lib\/text\/paraglide\/messages\/\w+\.js$/ },
      handler(code, id) {
        if (!id.endsWith('/_index.js')) {
          const own = namesIn(code, /^export const (\w+) =/gm);
          const all = [...own, ...namesIn(code, /^export \{ (\w+) \} from/gm)].sort();
          // What a language has no words for yet is left to English.
          const list = all.map((name) => (own.includes(name) ? name : 'undefined'));
          return { code: `${code}\nexport default [${list.join()}];`, map: null };
        }
        const places = new Map(namesIn(code, CHOICE).map((name, place) => [name, place]));
        const changed = code
          .replace(/^import \* as __\w+ from "\.\/\w+\.js"$/gm, '')
          .replace(CHOICE, (_, name) => `(/* @__PURE__ */ __say(${places.get(name)}))`);
        if (/\b__\w+\.|getLocale\(\)/.test(changed))
          this.error('The index of the messages has another form than expected.');
        return { code: `import { say as __say } from '../../say.ts';\n${changed}`, map: null };
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
