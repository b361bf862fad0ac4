import { branchOf } from './kept.ts';
import type { ExportWords, Kept } from './kept.ts';

/** The open branch of each conversation as Markdown, the answers as the model wrote them. */
export async function* markdownParts(all: AsyncIterable<Kept>, words: ExportWords): AsyncGenerator<string> {
  let isFirst = true;
  for await (const kept of all) {
    if (!isFirst) yield '\n---\n\n';
    isFirst = false;
    yield markdownOf(kept, words);
  }
}

function markdownOf(kept: Kept, words: ExportWords): string {
  const { title, createdAt } = kept.conversation;
  const lines = [`# ${oneLine(title) || words.untitled}`, '', `*${words.date(createdAt)}. ${words.exportedOn}*`, ''];
  for (const message of branchOf(kept)) {
    lines.push(`## ${message.role === 'user' ? words.you : oneLine(message.model) || words.model}`, '');
    if (message.role === 'user') {
      for (const { name } of message.attachments) lines.push(`*${words.attached(oneLine(name))}*`, '');
    }
    lines.push(message.text.trimEnd(), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
