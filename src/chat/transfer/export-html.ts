// One file that any browser shows without a network: no script, nothing that is fetched, every character of a message escaped.
import { branchOf } from './kept.ts';
import type { ExportWords, Kept } from './kept.ts';
import { htmlOf, escapeHtml } from './plain-html.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #221d15; --soft: #5f5849; --paper: #fbf8f2; --bubble: #efe7d6; --line: #e2dac8; }
@media (prefers-color-scheme: dark) { :root { --ink: #ece7dc; --soft: #aaa597; --paper: #14161c; --bubble: #272b37; --line: #2c303c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-inline-size: 46rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans Arabic', sans-serif; overflow-wrap: anywhere; }
h1 { font: 500 1.8rem/1.25 Palatino, 'Noto Serif', Georgia, serif; margin-block: 0 0.4rem; }
article + article { margin-block-start: 4rem; padding-block-start: 2rem; border-block-start: 1px solid var(--line); }
.note, h2 { color: var(--soft); font-size: 0.875rem; }
h2 { margin-block: 1.6rem 0.3rem; font-weight: 600; }
.you { padding: 0.7rem 1rem; border-radius: 1rem; background: var(--bubble); }
section > :is(div) > :first-child { margin-block-start: 0; }
section > :is(div) > :last-child { margin-block-end: 0; }
p, li { white-space: pre-wrap; }
pre { padding: 0.8rem; border: 1px solid var(--line); border-radius: 0.6rem; overflow-x: auto; font-size: 0.875rem; line-height: 1.5; white-space: pre; }
code { font-family: ui-monospace, Consolas, monospace; font-size: 0.92em; }
h3, h4, h5, h6 { margin-block: 1.1em 0.4em; line-height: 1.3; }
@media print { body { max-inline-size: none; } pre { white-space: pre-wrap; } }
`;

/** The open branch of each conversation as one page. */
export async function* htmlParts(all: AsyncIterable<Kept>, title: string, words: ExportWords): AsyncGenerator<string> {
  yield `<!doctype html>
<html lang="${escapeHtml(words.lang)}" dir="${words.dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title || words.untitled)}</title>
<style>${STYLE}</style>
</head>
<body>
`;
  for await (const kept of all) yield articleOf(kept, words);
  yield '</body>\n</html>\n';
}

function articleOf(kept: Kept, words: ExportWords): string {
  const { title, createdAt } = kept.conversation;
  const parts = [
    '<article>',
    `<h1 dir="auto">${escapeHtml(title || words.untitled)}</h1>`,
    `<p class="note">${escapeHtml(`${words.date(createdAt)}. ${words.exportedOn}`)}</p>`,
  ];
  for (const message of branchOf(kept)) {
    const isUser = message.role === 'user';
    const speaker = isUser ? words.you : message.model || words.model;
    parts.push('<section>', `<h2 dir="auto">${escapeHtml(speaker)}</h2>`);
    if (isUser) {
      for (const { name } of message.attachments) {
        parts.push(`<p class="note" dir="auto">${escapeHtml(words.attached(name))}</p>`);
      }
    }
    // What a person wrote is shown as it was typed.
    const text = isUser ? `<p>${escapeHtml(message.text)}</p>` : htmlOf(message.text);
    parts.push(`<div dir="auto"${isUser ? ' class="you"' : ''}>${text}</div>`, '</section>');
  }
  parts.push('</article>', '');
  return parts.join('\n');
}
