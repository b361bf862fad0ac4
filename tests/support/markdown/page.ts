// The page of the hostile samples: answers drawn by the real renderer, without any content security policy behind it.
import { marked } from 'marked';
import { MarkdownView } from '#markdown/markdown-view.ts';

const tools = { label: (language: string) => `Code ${language}`, tableLabel: 'Table', mount: () => () => undefined };

/** Draws a text as an answer; resolves when it is shown. `streamed` is how many pieces it comes in. */
async function show(text: string, streamed: number): Promise<void> {
  const root = document.createElement('div');
  root.className = 'md';
  document.body.append(root);
  await new Promise<void>((resolve) => {
    const view = new MarkdownView(root, tools, resolve);
    for (let piece = 1; piece < streamed; piece++) view.update(text.slice(0, (text.length * piece) / streamed), false);
    view.update(text, true);
  });
}

/** What happens without the renderer's care: Markdown to HTML to page. */
function showUnsafely(text: string): void {
  document.body.insertAdjacentHTML('beforeend', marked.parse(text, { async: false }));
}

Object.assign(window, { show, showUnsafely });
