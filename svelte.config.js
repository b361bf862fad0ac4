import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  kit: {
    adapter: adapter({ pages: 'build', assets: 'build', strict: true }),
    // GGUF pieces and the engine are static files; relative paths let the site live in any folder of a host.
    paths: { relative: true },
    // Registered by the page when a model is loaded, not before: until then nothing is worth keeping offline.
    serviceWorker: { register: false },
    // A static host sends no headers, so the policy is in the page. It also keeps a model's words from becoming code.
    csp: {
      mode: 'hash',
      directives: {
        'default-src': ['none'],
        'script-src': ['self', 'wasm-unsafe-eval'],
        'worker-src': ['self'],
        // A person may name any host's model file, and one on this machine. Workers that are files have a policy of their own;
        // `blob:` and `data:`, which lead nowhere, are for a browser that lets them inherit: WebLLM reads its wasm from a data: address.
        'connect-src': ['self', 'https:', 'http://localhost:*', 'http://127.0.0.1:*', 'blob:', 'data:'],
        'font-src': ['self'],
        'object-src': ['none'],
        'img-src': ['self', 'data:', 'blob:'],
        // The hash is of the style attribute on SvelteKit's own route announcer; delete it when that has none.
        'style-src': ['self', 'unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
        'manifest-src': ['self'],
        'base-uri': ['none'],
        'form-action': ['none'],
        // Text becomes nodes or a worker's address only through one of these: Svelte's templates, the sanitiser of answers,
        // and addresses of this site.
        'require-trusted-types-for': ['script'],
        'trusted-types': ['svelte-trusted-html', 'dompurify', 'daylight-script-url'],
      },
    },
  },
};
