import { copyFileSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vite';

// Builds what the site serves under names that never change: /sdk.js for pages, and the workers it starts. One build each,
// chosen by --mode, because every one of them must be a single file that knows nothing of where it is served. The CPU engine's
// WebAssembly alone lies beside its worker, so that only those who need its 9 MB fetch them; its name says its version.
const ENTRIES: Readonly<Record<string, readonly [source: string, output: string]>> = {
  sdk: ['src/sdk/sdk.ts', 'sdk.js'],
  'engine-worker': ['src/engine/worker/engine.worker.ts', 'engine/engine.worker.js'],
  'cpu-worker': ['src/engine/cpu/cpu.worker.ts', 'engine/cpu.worker.js'],
  'import-worker': ['src/weights/import/import.worker.ts', 'engine/import.worker.js'],
};

const { version: WLLAMA } = JSON.parse(readFileSync('node_modules/@wllama/wllama/package.json', 'utf8')) as {
  version: string;
};

export default defineConfig(({ mode }) => {
  const entry = ENTRIES[mode];
  if (!entry) throw new Error(`--mode must be one of ${Object.keys(ENTRIES).join(', ')}; it is ${mode}.`);
  const [source, output] = entry;
  return {
    configFile: false,
    base: './',
    publicDir: false,
    logLevel: 'warn',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: mode === 'sdk' ? [copyTypes()] : [],
    build: {
      outDir: 'static',
      emptyOutDir: false,
      target: 'es2022',
      minify: true,
      reportCompressedSize: false,
      assetsInlineLimit: mode === 'cpu-worker' ? 0 : Number.MAX_SAFE_INTEGER, // the runtime's wasm goes into the worker
      modulePreload: false,
      chunkSizeWarningLimit: 8000, // WebLLM with its tokenizer and grammar engines
      rolldownOptions: {
        input: source,
        preserveEntrySignatures: 'strict', // the exports are what the file is for
        output: { entryFileNames: output, assetFileNames: `engine/[name]-${WLLAMA}[extname]`, codeSplitting: false },
      },
    },
  };
});

function copyTypes() {
  return {
    name: 'daylight-sdk-types',
    closeBundle: () => copyFileSync('src/sdk/public.d.ts', 'static/sdk.d.ts'),
  };
}
