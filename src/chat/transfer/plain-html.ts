// The few marks of Markdown that make an exported answer easier to read. Tables, formulas and the rest stay as they were written.

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that is text in HTML, in elements and in quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (mark) => ESCAPES[mark]!);

/** Code, headings, lists, bold words and paragraphs of a text; nothing in it becomes an element or an attribute of its own. */
export function htmlOf(text: string): string {
  const out: string[] = [];
  let paragraph: string[] = [];
  let list: { tag: 'ul' | 'ol'; items: string[] } | null = null;
  const endParagraph = (): void => {
    if (paragraph.length > 0) out.push(`<p>${inline(paragraph.join('\n'))}</p>`);
    paragraph = [];
  };
  const endList = (): void => {
    if (list !== null)
      out.push(`<${list.tag}>${list.items.map((one) => `<li>${inline(one)}</li>`).join('')}</${list.tag}>`);
    list = null;
  };

  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      endParagraph();
      endList();
      const code: string[] = [];
      while (++at < lines.length && !lines[at]!.trimStart().startsWith(fence)) code.push(lines[at]!);
      out.push(`<pre dir="ltr"><code>${escapeHtml(code.join('\n'))}</code></pre>`);
      continue;
    }
    const heading = /^(#{1,4})\s+(.*)$/.exec(line);
    const item = /^ {0,3}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/.exec(line);
    if (heading !== null || item === null) endList();
    if (heading !== null || item !== null || line.trim() === '') endParagraph();
    if (heading !== null) {
      const level = heading[1]!.length + 2;
      out.push(`<h${level}>${inline(heading[2]!)}</h${level}>`);
    } else if (item !== null) {
      const tag = item[1] === undefined ? 'ul' : 'ol';
      if (list !== null && (list as { tag: string }).tag !== tag) endList();
      list ??= { tag, items: [] };
      list.items.push(item[2]!);
    } else if (line.trim() !== '') paragraph.push(line);
  }
  endParagraph();
  endList();
  return out.join('\n');
}

/** Inline code and bold words. Each line is cut at code first, so that marks in code stay. */
const inline = (text: string): string =>
  text
    .split(/(`[^`\n]+`)/)
    .map((part, at) =>
      at % 2 === 1
        ? `<code dir="ltr">${escapeHtml(part.slice(1, -1))}</code>`
        : escapeHtml(part).replace(/\*\*([^*\n]+)\*\*/g, '<strong>$1</strong>'),
    )
    .join('');
