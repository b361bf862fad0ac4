// /sdk.js is typed by a file of its own, since its real types span the project and a package. Here both are held together:
// by this file's own compilation, and by compiling a page as its author would.
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';
import type * as Client from '#engine/client/engine.ts';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatRequest,
  Completion,
  CompletionRequest,
} from '#engine/protocol/openai.ts';
import type * as Real from '#sdk/sdk.ts';
import type * as Public from '#sdk/public.d.ts';

/** Fails to compile unless the first can stand where the second is expected. */
type Fits<Given extends Wanted, Wanted> = [Given, Wanted];

export type Agreements = [
  // What a page may pass, the code takes; what the code returns is what the page was told.
  Fits<Public.LoadOptions, Client.LoadOptions>,
  Fits<Public.ChatRequest, ChatRequest>,
  Fits<Public.CompletionRequest, CompletionRequest>,
  Fits<ChatCompletion, Public.ChatCompletion>,
  Fits<ChatCompletionChunk, Public.ChatCompletionChunk>,
  Fits<Completion, Public.Completion>,
  Fits<Client.Engine, Omit<Public.Engine, 'on'>>,
  Fits<Awaited<ReturnType<typeof Real.connect>>, Omit<Public.Engine, 'on'>>,
  Fits<keyof Client.Engine, keyof Public.Engine>,
  Fits<keyof Public.Engine, keyof Client.Engine>,
  Fits<keyof typeof Real, keyof typeof Public>,
  Fits<keyof typeof Public, keyof typeof Real>,
  Fits<InstanceType<typeof Real.AppError>, Public.AppError>,
];

/** What the compiler says of each page. One program for all: reading the DOM's types takes most of the time. */
function compile(pages: readonly string[]): string[][] {
  const files: Record<string, string> = { '/sdk.d.ts': readFileSync('src/sdk/public.d.ts', 'utf8') };
  pages.forEach((page, index) => (files[`/page-${index}.ts`] = `${page}\nexport {};`));
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipDefaultLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, language) =>
    files[name] === undefined ? getSourceFile(name, language) : ts.createSourceFile(name, files[name], language);
  host.fileExists = (name) => name in files || fileExists(name);
  host.readFile = (name) => files[name] ?? readFile(name);
  const program = ts.createProgram(Object.keys(files), options, host);
  const found = ts.getPreEmitDiagnostics(program);
  return pages.map((_, index) =>
    found
      .filter(({ file }) => file?.fileName === `/page-${index}.ts` || file?.fileName === '/sdk.d.ts')
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  );
}

const SETUP = "import { connect } from './sdk.js';\nconst engine = await connect();\n";

/** The documentation's examples; those without a connection of their own go on with the first one's. */
const EXAMPLES = [...readFileSync('docs/sdk.md', 'utf8').matchAll(/```js\n([\s\S]*?)```/g)]
  .map(([, code]) => code ?? '')
  .map((code) => (code.includes('connect(') ? code.replace("'/sdk.js'", "'./sdk.js'") : SETUP + code));

const RIGHT = [
  "await engine.load({ model: 'm' });",
  "await engine.load({ gguf: [new File([], 'a')], contextLength: 1 });",
];
const WRONG = [
  'await engine.load({});',
  "await engine.chat.completions.create({ messages: 'Hi' });",
  "const text: string = await engine.tokenize('x');",
  "for await (const chunk of await engine.completions.create({ prompt: 'x' })) console.log(chunk);",
];

it('the types of /sdk.js take every example of the documentation, and refuse what the engine does not take', () => {
  expect(EXAMPLES.length).toBeGreaterThan(5);
  const right = [...EXAMPLES, ...RIGHT.map((line) => SETUP + line)];
  const wrong = WRONG.map((line) => SETUP + line);
  const results = compile([...right, ...wrong]);
  right.forEach((page, index) => expect(results[index], page).toEqual([]));
  wrong.forEach((page, index) => expect(results[right.length + index], page).toHaveLength(1));
}, 60_000);
