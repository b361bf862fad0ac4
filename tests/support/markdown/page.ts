// The page of the hostile samples: answers drawn by the real renderer, without any content security policy behind it.
import { marked } from 'marked';
import { MarkdownView } from '#markdown/markdown-view.ts';

const tools = { label: (language: string) => `Code ${language}`, tableLabel: 'Table', mount: () => () => undefined };

/** Draws a text as an answer that comes in so many pieces, each of which is shown; resolves when all of it is. */
async function show(text: string, pieces: number): Promise<void> {
  const root = document.createElement('div');
  root.className = 'md';
  document.body.append(root);
  const view = new MarkdownView(root, tools, () => undefined);
  for (let piece = 1; piece < pieces; piece++) {
    view.update(text.slice(0, (text.length * piece) / pieces), false);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  await new Promise<void>((resolve) => {
    const shown = (): void => (view.isShown ? resolve() : void requestAnimationFrame(shown));
    view.update(text, true);
    shown();
  });
}

/** What happens without the renderer's care: Markdown to HTML to page. */
function showUnsafely(text: string): void {
  document.body.insertAdjacentHTML('beforeend', marked.parse(text, { async: false }));
}

Object.assign(window, { show, showUnsafely });
