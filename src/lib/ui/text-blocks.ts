// An answer as it is drawn: paragraphs and fenced code. Everything else in it stays the plain text it is.

export type TextBlock = { kind: 'text'; text: string } | { kind: 'code'; text: string; language: string };

const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]{0,32})[^`]*$/;

/** Splits text at its code fences and blank lines. A fence that is not closed yet, as while streaming, runs to the end. */
export function splitBlocks(text: string): TextBlock[] {
  const blocks: TextBlock[] = [];
  let lines: string[] = [];
  let open: { fence: string; language: string } | null = null;

  const endText = (): void => {
    for (const part of lines.join('\n').split(/\n[ \t]*\n+/)) {
      const trimmed = part.replace(/^(?:[ \t]*\n)+/, '').trimEnd();
      if (trimmed !== '') blocks.push({ kind: 'text', text: trimmed });
    }
    lines = [];
  };
  const endCode = (language: string): void => {
    blocks.push({ kind: 'code', text: lines.join('\n'), language });
    lines = [];
  };

  for (const line of text.split('\n')) {
    const match = FENCE.exec(line);
    if (open === null && match !== null) {
      endText();
      open = { fence: match[1]!, language: match[2]! };
    } else if (open !== null && closes(line, open.fence)) {
      endCode(open.language);
      open = null;
    } else lines.push(line);
  }
  if (open === null) endText();
  else endCode(open.language);
  return blocks;
}

function closes(line: string, fence: string): boolean {
  const mark = line.trim();
  return mark.length >= fence.length && mark === fence[0]!.repeat(mark.length);
}
