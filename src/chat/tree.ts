// The messages of a conversation as a tree, in which no message is ever replaced: an edit and a new answer are siblings
// of what was there. Pure; every function takes all messages of one conversation in any order.
// `mendTree` is for what comes from outside; the others rely on parents that exist and on paths that end.
import type { Conversation, Message } from './conversation.ts';

/** The part of a message that places it. */
export type Node = { readonly id: string; readonly parentId: string | null; readonly createdAt: number };

const byAge = (a: Node, b: Node): number => a.createdAt - b.createdAt;

/** The branch that ends with `headId`, from its root on; empty for null or an unknown message. */
export function pathTo<One extends Node>(messages: readonly One[], headId: string | null): One[] {
  if (headId === null) return [];
  const byId = new Map(messages.map((one) => [one.id, one]));
  const path: One[] = [];
  for (let at = byId.get(headId); at !== undefined; at = at.parentId === null ? undefined : byId.get(at.parentId)) {
    path.push(at);
  }
  return path.reverse();
}

/** What stands at the place of a message, the oldest first, itself included: edits of a question, other answers. */
export function alternativesOf<One extends Node>(messages: readonly One[], id: string): One[] {
  const own = messages.find((one) => one.id === id);
  return own === undefined ? [] : messages.filter(({ parentId }) => parentId === own.parentId).sort(byAge);
}

/** Of each message of a branch that has alternatives, the ids of all of them, the oldest first. */
export function forksOf(messages: readonly Node[], branch: readonly Node[]): Map<string, readonly string[]> {
  const children = childrenOf(messages);
  const forks = new Map<string, readonly string[]>();
  for (const { id, parentId } of branch) {
    const siblings = children.get(parentId) ?? [];
    if (siblings.length > 1)
      forks.set(
        id,
        [...siblings].sort(byAge).map((one) => one.id),
      );
  }
  return forks;
}

/** Ids of a message and all that follows it, on every branch. */
export function subtreeOf(messages: readonly Node[], id: string): Set<string> {
  const children = childrenOf(messages);
  const found = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    found.add(next);
    for (const { id: child } of children.get(next) ?? []) open.push(child);
  }
  return found;
}

/** Where the newest branch through a message ends: the message itself when nothing follows it. */
export function newestLeaf(messages: readonly Node[], id: string): string {
  const inside = subtreeOf(messages, id);
  const parents = new Set(messages.map(({ parentId }) => parentId));
  const leaves = messages.filter((one) => inside.has(one.id) && !parents.has(one.id));
  return (
    leaves.reduce<Node | null>((best, one) => (best === null || byAge(best, one) <= 0 ? one : best), null)?.id ?? id
  );
}

/** The newest end of any branch; null when there are no messages. */
export function newestHead(messages: readonly Node[]): string | null {
  const parents = new Set(messages.map(({ parentId }) => parentId));
  const leaves = messages.filter(({ id }) => !parents.has(id));
  return (
    leaves.reduce<Node | null>((best, one) => (best === null || byAge(best, one) <= 0 ? one : best), null)?.id ?? null
  );
}

/**
 * The head after a message and all that follows it are gone: where it was if it stood elsewhere, else the newest end
 * of the alternative beside it, else the message before it.
 */
export function headWithout(messages: readonly Node[], headId: string | null, id: string): string | null {
  const gone = subtreeOf(messages, id);
  if (headId === null || !gone.has(headId)) return headId;
  const alternatives = alternativesOf(messages, id);
  const at = alternatives.findIndex((one) => one.id === id);
  const beside = alternatives[at - 1] ?? alternatives[at + 1];
  if (beside !== undefined) return newestLeaf(messages, beside.id);
  return messages.find((one) => one.id === id)?.parentId ?? null;
}

/** The branch that ends with `headId` under new ids, for a conversation of its own. */
export function copyPath(messages: readonly Message[], headId: string, newId: () => string): Message[] {
  let parentId: string | null = null;
  return pathTo(messages, headId).map((message) => {
    const copy = { ...message, id: newId(), parentId };
    parentId = copy.id;
    return copy;
  });
}

/**
 * A branch of a conversation, up to `headId`, as a conversation of its own: messages and files under new ids. `files`
 * says which file became which.
 */
export function branchOff(
  from: Conversation,
  messages: readonly Message[],
  headId: string,
  { now, newId }: { now: number; newId: () => string },
): { conversation: Conversation; messages: Message[]; files: ReadonlyMap<string, string> } {
  const path = pathTo(messages, headId);
  const files = new Map<string, string>();
  const copies = copyPath(messages, headId, newId).map((message) => {
    if (message.role !== 'user') return message;
    const attachments = message.attachments.map((ref) => {
      const id = newId();
      files.set(ref.id, id);
      return { ...ref, id };
    });
    return { ...message, attachments };
  });
  const summedAt = from.digest === null ? -1 : path.findIndex(({ id }) => id === from.digest!.upToId);
  const conversation: Conversation = {
    ...from,
    id: newId(),
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
    archivedAt: null,
    pinnedAt: null,
    headId: copies.at(-1)?.id ?? null,
    digest: summedAt < 0 ? null : { ...from.digest!, upToId: copies[summedAt]!.id },
  };
  return { conversation, messages: copies, files };
}

/**
 * The same messages as a tree that every function here can walk: of two with one id the first counts, a missing parent
 * makes a root, and a circle is opened at its oldest message.
 */
export function mendTree(messages: readonly Message[]): Message[] {
  const byId = new Map<string, Message>();
  for (const one of messages) if (!byId.has(one.id)) byId.set(one.id, one);
  for (const [id, one] of byId) {
    if (one.parentId !== null && !byId.has(one.parentId)) byId.set(id, { ...one, parentId: null });
  }
  const safe = new Set<string>();
  for (const start of byId.keys()) {
    const walked = new Set<string>();
    let at: string | null = start;
    while (at !== null && !safe.has(at) && !walked.has(at)) {
      walked.add(at);
      at = byId.get(at)!.parentId;
    }
    if (at !== null && walked.has(at)) {
      const circle = [...walked].slice([...walked].indexOf(at)).map((id) => byId.get(id)!);
      const oldest = circle.sort(byAge)[0]!;
      byId.set(oldest.id, { ...oldest, parentId: null });
    }
    for (const id of walked) safe.add(id);
  }
  return [...byId.values()];
}

function childrenOf(messages: readonly Node[]): Map<string | null, Node[]> {
  const children = new Map<string | null, Node[]>();
  for (const one of messages) {
    const siblings = children.get(one.parentId);
    if (siblings === undefined) children.set(one.parentId, [one]);
    else siblings.push(one);
  }
  return children;
}
