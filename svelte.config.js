import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  kit: {
    adapter: adapter({ pages: 'build', assets: 'build', strict: true }),
    // GGUF pieces and the engine are static files; relative paths let the site live in any folder of a host.
    paths: { relative: true },
    serviceWorker: { register: false },
  },
};
