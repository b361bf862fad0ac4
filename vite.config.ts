import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';
import { text } from './scripts/text.mjs';

export default defineConfig({
  plugins: [text(), modernFontsOnly(), sveltekit()],
  // The highlighter's worker fetches each grammar when it is needed.
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // A font inside a style sheet would need `data:` in the page's policy.
    assetsInlineLimit: (path) => (path.endsWith('.woff2') ? false : undefined),
  },
});

/** KaTeX names every font in three formats; every browser with WebGPU reads the smallest. */
function modernFontsOnly(): Plugin {
  return {
    name: 'daylight-modern-fonts-only',
    enforce: 'pre',
    transform: (code, id) =>
      /katex[^/]*\.css$/.test(id)
        ? code.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\(["'][^"']*["']\)/g, '')
        : undefined,
  };
}
