import { expect, test } from 'vitest';
import { newConversation } from '#chat/conversation.ts';
import type { Conversation } from '#chat/conversation.ts';
import { groupConversations } from '#chat/shelf-groups.ts';

const NOW = new Date(2026, 2, 15, 9, 30).getTime();
const at = (id: string, when: Date, more: Partial<Conversation> = {}): Conversation => ({
  ...newConversation(id, id, when.getTime()),
  ...more,
});
const shown = (all: readonly Conversation[]): string[] =>
  groupConversations(all, NOW).map(
    ({ kind, name, conversations }) => `${kind}${name}: ${conversations.map(({ id }) => id).join(' ')}`,
  );

test('conversations stand under the day on which they went on', () => {
  expect(
    shown([
      at('now', new Date(2026, 2, 15, 9)),
      at('midnight', new Date(2026, 2, 15)),
      at('evening', new Date(2026, 2, 14, 23, 59)),
      at('week', new Date(2026, 2, 10)),
      at('month', new Date(2026, 1, 20)),
      at('older', new Date(2025, 2, 20)),
    ]),
  ).toEqual(['today: now midnight', 'yesterday: evening', 'week: week', 'month: month', 'older: older']);
});

test('pinned ones come first, then folders by name; archived ones are not shown', () => {
  const today = new Date(NOW);
  expect(
    shown([
      at('loose', today),
      at('b', today, { folder: 'Work' }),
      at('c', today, { folder: 'Home' }),
      at('p1', today, { pinnedAt: 1, folder: 'Work' }),
      at('p2', today, { pinnedAt: 2 }),
      at('gone', today, { archivedAt: 5, pinnedAt: 3 }),
    ]),
  ).toEqual(['pinned: p2 p1', 'folderHome: c', 'folderWork: b', 'today: loose']);
});
