// The pieces of a chat template as a tree, for the few statements that templates of known families use.
import type { TemplatePiece } from '#formats/chat-template/template-text.ts';

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly code: string }
  | { readonly kind: 'set'; readonly name: string; readonly code: string }
  | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: readonly TemplateNode[] }
  | { readonly kind: 'for'; readonly variable: string; readonly list: string; readonly body: readonly TemplateNode[] };

export type Branch = { readonly condition: string; readonly body: readonly TemplateNode[] };

const MAX_DEPTH = 24;

/** The tree; null for a statement that is not known here, or one that does not end. */
export function buildTree(pieces: readonly TemplatePiece[]): TemplateNode[] | null {
  const reader = { pieces, at: 0 };
  const nodes = readNodes(reader, 0);
  return nodes && reader.at === pieces.length ? nodes : null;
}

type Reader = { readonly pieces: readonly TemplatePiece[]; at: number };

/** Reads up to a statement that ends or divides a block, which is left to the caller. */
function readNodes(reader: Reader, depth: number): TemplateNode[] | null {
  if (depth > MAX_DEPTH) return null;
  const nodes: TemplateNode[] = [];
  for (; reader.at < reader.pieces.length;) {
    const { kind, code } = reader.pieces[reader.at]!;
    if (kind === 'block' && /^(?:elif\b|else$|endif$|endfor$)/.test(code)) return nodes;
    reader.at++;
    if (kind === 'text') nodes.push({ kind, text: code });
    else if (kind === 'output') nodes.push({ kind, code });
    else {
      // `generation` marks what training counts and writes nothing.
      if (/^(?:end)?generation$/.test(code)) continue;
      const node = readStatement(reader, code, depth);
      if (!node) return null;
      nodes.push(node);
    }
  }
  return nodes;
}

function readStatement(reader: Reader, code: string, depth: number): TemplateNode | null {
  const set = /^set ([^=]+)=(?!=)(.+)$/.exec(code);
  if (set) return { kind: 'set', name: set[1]!, code: set[2]! };
  const loop = /^for ([\w,]+) in (.+)$/.exec(code);
  if (loop) {
    const body = readNodes(reader, depth + 1);
    return body && take(reader, 'endfor') ? { kind: 'for', variable: loop[1]!, list: loop[2]!.trim(), body } : null;
  }
  return /^if\b/.test(code) ? readIf(reader, code, depth) : null;
}

function readIf(reader: Reader, code: string, depth: number): TemplateNode | null {
  const branches: Branch[] = [];
  let condition: string | undefined = code.slice('if'.length).trim();
  while (condition !== undefined) {
    const body = readNodes(reader, depth + 1);
    if (!body) return null;
    branches.push({ condition, body });
    condition = /^elif\b(.+)$/.exec(reader.pieces[reader.at]?.code ?? '')?.[1]?.trim();
    if (condition !== undefined) reader.at++;
  }
  const otherwise = take(reader, 'else') ? readNodes(reader, depth + 1) : [];
  return otherwise && take(reader, 'endif') ? { kind: 'if', branches, otherwise } : null;
}

function take(reader: Reader, code: string): boolean {
  const piece = reader.pieces[reader.at];
  if (piece?.kind !== 'block' || piece.code !== code) return false;
  reader.at++;
  return true;
}
