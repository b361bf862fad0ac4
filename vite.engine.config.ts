import { copyFileSync } from 'node:fs';
import { defineConfig } from 'vite';

// Builds what the site serves under names that never change: /sdk.js for pages, and the two workers it starts. One build each,
// chosen by --mode, because every one of them must be a single file that knows nothing of where it is served.
const ENTRIES: Readonly<Record<string, readonly [source: string, output: string]>> = {
  sdk: ['src/sdk/sdk.ts', 'sdk.js'],
  'engine-worker': ['src/engine/worker/engine.worker.ts', 'engine/engine.worker.js'],
  'import-worker': ['src/weights/import/import.worker.ts', 'engine/import.worker.js'],
};

export default defineConfig(({ mode }) => {
  const entry = ENTRIES[mode];
  if (!entry) throw new Error(`--mode must be one of ${Object.keys(ENTRIES).join(', ')}; it is ${mode}.`);
  const [source, output] = entry;
  return {
    configFile: false,
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
      assetsInlineLimit: Number.MAX_SAFE_INTEGER, // the runtime's wasm goes into the worker
      modulePreload: false,
      chunkSizeWarningLimit: 8000, // WebLLM with its tokenizer and grammar engines
      rolldownOptions: {
        input: source,
        preserveEntrySignatures: 'strict', // the exports are what the file is for
        output: { entryFileNames: output, codeSplitting: false },
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
