// axe on the list of conversations and on what can be done with messages, in their states.
import axe from 'axe-core';
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { newConversation } from '#chat/conversation.ts';
import { foldersOf, groupConversations } from '#chat/shelf-groups.ts';
import CompareAnswers from '#lib/ui/CompareAnswers.svelte';
import ConversationList from '#lib/ui/ConversationList.svelte';
import Thread from '#lib/ui/Thread.svelte';
import TransferPanel from '#lib/ui/TransferPanel.svelte';
import '#lib/ui/theme.css';
import { answer, chained, question } from '#tests/support/chat/messages.ts';
import { render } from './render.ts';

const nothing = (): undefined => undefined;

async function faults(): Promise<string[]> {
  // Rules of whole pages: these are parts of one.
  const rules = Object.fromEntries(['region', 'page-has-heading-one'].map((id) => [id, { enabled: false }]));
  const { violations } = await axe.run(document.body, { rules });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

const now = Date.now();
const CONVERSATIONS = [
  { ...newConversation('p', 'Held', now), pinnedAt: now },
  { ...newConversation('f', 'Filed', now), folder: 'Work' },
  newConversation('t', 'قصيدة', now),
  { ...newConversation('a', 'Away', now), archivedAt: now },
];

function list(query: string): void {
  const hit = { conversationId: 'f', messageId: 'm', snippet: [{ text: 'Fi', isMatch: true }] };
  render(ConversationList, {
    conversations: CONVERSATIONS,
    groups: groupConversations(CONVERSATIONS, now),
    folders: foldersOf(CONVERSATIONS),
    openId: 'p',
    acts: {
      onopen: nothing,
      onrename: nothing,
      onpin: nothing,
      onarchive: nothing,
      onfolder: nothing,
      onremove: nothing,
      onexport: nothing,
    },
    search: { query, hits: query === '' ? null : [hit], isPreparing: false },
    onsearch: nothing,
    onfolderrename: nothing,
    onmanage: nothing,
    onstart: nothing,
    elsewhere: new Set(['t']),
  });
}

test('the list has no fault: at rest, unfolded, while a folder is chosen, while searching', async () => {
  list('');
  expect(await faults()).toEqual([]);
  await page.getByRole('button', { name: 'More for “Filed”' }).click();
  expect(await faults()).toEqual([]);
  await page.getByRole('button', { name: 'Folder…' }).click();
  expect(await faults()).toEqual([]);
  document.body.replaceChildren();
  list('fi');
  expect(await faults()).toEqual([]);
});

test('messages with versions, their editing and comparing, and the files have no fault', async () => {
  const messages = chained([question('q', 'What?'), answer('a2', 'That.')]);
  render(Thread, {
    messages,
    canRegenerate: true,
    onregenerate: nothing,
    forks: new Map([['a2', ['a1', 'a2']]]),
    acts: { onstep: nothing, oncompare: nothing, onbranch: nothing, onremove: nothing, onedit: async () => true },
    marked: 'a2',
  });
  expect(await faults()).toEqual([]);
  await page.getByRole('button', { name: 'Edit and ask again' }).click();
  expect(await faults()).toEqual([]);
  document.body.replaceChildren();
  render(CompareAnswers, { versions: [answer('a'), answer('b')], shown: 'a', onuse: nothing });
  render(TransferPanel, {
    canExport: true,
    canImport: true,
    doing: 'nothing',
    outcome: { newCount: 1, grownCount: 0, knownCount: 2, brokenCount: 1 },
    onexport: nothing,
    onimport: nothing,
  });
  expect((await faults()).filter((fault) => !fault.startsWith('heading-order'))).toEqual([]);
});
