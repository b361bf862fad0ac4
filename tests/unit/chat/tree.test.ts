import { describe, expect, test } from 'vitest';
import type { Message } from '#chat/conversation.ts';
import {
  alternativesOf,
  copyPath,
  forksOf,
  headWithout,
  mendTree,
  newestHead,
  newestLeaf,
  pathTo,
  subtreeOf,
} from '#chat/tree.ts';
import { answer, question, randomTree, seeded } from '#tests/support/chat/messages.ts';

const at = (parentId: string | null, createdAt: number): { parentId: string | null; createdAt: number } => ({
  parentId,
  createdAt,
});
const ids = (messages: readonly { id: string }[]): string[] => messages.map(({ id }) => id);

/** q1 -> a1, a2 (a2 -> q2 -> a3); q1' is an edit of q1 -> a4. */
const TREE: Message[] = [
  question('q1', 'q1', at(null, 1)),
  answer('a1', 'a1', at('q1', 2)),
  answer('a2', 'a2', at('q1', 3)),
  question('q2', 'q2', at('a2', 4)),
  answer('a3', 'a3', at('q2', 5)),
  question('e1', 'e1', at(null, 6)),
  answer('a4', 'a4', at('e1', 7)),
];

test('a branch is read from its root to its head, and an unknown head has none', () => {
  expect(ids(pathTo(TREE, 'a3'))).toEqual(['q1', 'a2', 'q2', 'a3']);
  expect(pathTo(TREE, null)).toEqual([]);
  expect(pathTo(TREE, 'nothing')).toEqual([]);
});

test('alternatives are what stands at the same place, the oldest first', () => {
  expect(ids(alternativesOf(TREE, 'a2'))).toEqual(['a1', 'a2']);
  expect(ids(alternativesOf(TREE, 'e1'))).toEqual(['q1', 'e1']);
  expect(forksOf(TREE, pathTo(TREE, 'a3'))).toEqual(
    new Map([
      ['q1', ['q1', 'e1']],
      ['a2', ['a1', 'a2']],
    ]),
  );
});

test('stepping to an alternative leads to the newest end of its branch', () => {
  expect(newestLeaf(TREE, 'q1')).toBe('a3');
  expect(newestLeaf(TREE, 'a1')).toBe('a1');
  expect(newestHead(TREE)).toBe('a4');
  expect(newestHead([])).toBeNull();
});

describe('the head after a branch is gone', () => {
  test('stays where it is when it stood elsewhere', () => {
    expect(headWithout(TREE, 'a3', 'e1')).toBe('a3');
  });

  test('goes to the alternative beside it, else to what came before', () => {
    expect(headWithout(TREE, 'a3', 'a2')).toBe('a1');
    expect(headWithout(TREE, 'a3', 'q1')).toBe('a4');
    expect(headWithout(TREE, 'a3', 'q2')).toBe('a2');
    expect(headWithout([TREE[0]!], 'q1', 'q1')).toBeNull();
  });
});

test('a copied branch has its texts under new ids, chained in order', () => {
  let count = 0;
  const copy = copyPath(TREE, 'q2', () => `n${count++}`);
  expect(copy.map(({ id, parentId, text }) => [id, parentId, text])).toEqual([
    ['n0', null, 'q1'],
    ['n1', 'n0', 'a2'],
    ['n2', 'n1', 'q2'],
  ]);
});

test.each(Array.from({ length: 40 }, (_, seed) => seed))('holds on the random tree %d', (seed) => {
  const tree = randomTree(seed, 60);
  const next = seeded(seed + 1000);
  for (let round = 0; round < 10; round++) {
    const one = tree[Math.floor(next() * tree.length)]!;
    const path = pathTo(tree, one.id);
    expect(path.at(-1)).toBe(one);
    path.forEach((message, index) => expect(message.parentId).toBe(path[index - 1]?.id ?? null));

    // The newest leaf of a message is a leaf whose path goes through it.
    const leaf = newestLeaf(tree, one.id);
    expect(tree.some(({ parentId }) => parentId === leaf)).toBe(false);
    expect(ids(pathTo(tree, leaf))).toContain(one.id);

    // Stepping to each alternative keeps what came before it.
    const before = ids(path.slice(0, -1));
    for (const { id } of alternativesOf(tree, one.id)) {
      expect(ids(pathTo(tree, newestLeaf(tree, id))).slice(0, before.length)).toEqual(before);
    }

    // Without a subtree the rest is still a tree, and its head is in it.
    const gone = subtreeOf(tree, one.id);
    const rest = tree.filter(({ id }) => !gone.has(id));
    expect(ids(mendTree(rest))).toEqual(ids(rest));
    expect(mendTree(rest)).toEqual(rest);
    const head = headWithout(tree, newestHead(tree), one.id);
    if (rest.length > 0) expect(head === null ? one.parentId : ids(rest).includes(head)).toBeTruthy();
    else expect(head).toBeNull();
  }
});

describe('mendTree', () => {
  test('makes roots of messages whose parent is missing', () => {
    expect(mendTree([question('q', 'q', at('gone', 1))])).toMatchObject([{ id: 'q', parentId: null }]);
  });

  test('opens a circle at its oldest message', () => {
    const circle = [question('a', 'a', at('c', 3)), question('b', 'b', at('a', 1)), question('c', 'c', at('b', 2))];
    const mended = mendTree([...circle, question('tail', 'tail', at('b', 4))]);
    expect(mended.find(({ id }) => id === 'b')?.parentId).toBeNull();
    expect(ids(pathTo(mended, 'a'))).toEqual(['b', 'c', 'a']);
    expect(ids(pathTo(mended, 'tail'))).toEqual(['b', 'tail']);
  });

  test('keeps the first of two messages with one id', () => {
    expect(mendTree([question('q', 'first'), question('q', 'second')])).toMatchObject([{ text: 'first' }]);
  });

  test.each(Array.from({ length: 40 }, (_, seed) => seed))('makes a tree of random records %d', (seed) => {
    const next = seeded(seed);
    const wild = Array.from({ length: 30 }, (_, index) =>
      question(`m${index}`, '', at(next() < 0.1 ? 'gone' : `m${Math.floor(next() * 30)}`, Math.floor(next() * 9))),
    );
    const mended = mendTree(wild);
    expect(mended).toHaveLength(30);
    for (const { id } of mended) expect(pathTo(mended, id)[0]?.parentId).toBeNull();
  });
});
