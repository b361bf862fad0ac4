// How the words of the page (messages/*.json) become functions (src/lib/text/paraglide/). Run by itself, it makes them anew.
import { compile, paraglideVitePlugin } from '@inlang/paraglide-js';
import { pathToFileURL } from 'node:url';

/** The compiler's options: one module a language, no cookie, no address that names a language, nothing of a server. */
const OPTIONS = {
  project: './project.inlang',
  outdir: './src/lib/text/paraglide',
  outputStructure: 'locale-modules',
  strategy: ['globalVariable', 'baseLocale'],
  disableAsyncLocalStorage: true,
  emitReadme: false,
  emitGitIgnore: false,
  emitPrettierIgnore: false,
};

/** The words for Vite: made when it starts and when a message changes; all languages but English in chunks of their own. */
export const text = () => [paraglideVitePlugin(OPTIONS), languagesWhenNeeded()];

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
  await compile({ ...OPTIONS, isServer: "import.meta.env?.SSR ?? typeof window === 'undefined'" });
  process.exit(); // the compiler leaves a timer behind that would keep the process for half a minute
}
