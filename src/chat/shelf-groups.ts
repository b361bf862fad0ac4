import type { Conversation } from './conversation.ts';

export type ShelfGroup = {
  readonly kind: 'pinned' | 'folder' | 'today' | 'yesterday' | 'week' | 'month' | 'older';
  /** The folder's name; empty for the rest. */
  readonly name: string;
  readonly conversations: readonly Conversation[];
};

const DAYS = ['today', 'yesterday', 'week', 'month', 'older'] as const;

/** Conversations as the list shows them: pinned ones, folders by name, the rest by day. Archived ones are left out. */
export function groupConversations(conversations: readonly Conversation[], now: number): ShelfGroup[] {
  const shown = conversations.filter(({ archivedAt }) => archivedAt === null);
  const pinned = shown.filter(({ pinnedAt }) => pinnedAt !== null).sort((a, b) => b.pinnedAt! - a.pinnedAt!);
  const rest = shown.filter(({ pinnedAt }) => pinnedAt === null);
  const groups: ShelfGroup[] = [{ kind: 'pinned', name: '', conversations: pinned }];
  for (const name of foldersOf(shown)) {
    groups.push({ kind: 'folder', name, conversations: rest.filter(({ folder }) => folder === name) });
  }
  const loose = rest.filter(({ folder }) => folder === null);
  for (const kind of DAYS) {
    groups.push({ kind, name: '', conversations: loose.filter(({ updatedAt }) => dayOf(updatedAt, now) === kind) });
  }
  return groups.filter((group) => group.conversations.length > 0);
}

/** Names of all folders in use, in the order of the alphabet. */
export function foldersOf(conversations: readonly Conversation[]): string[] {
  const names = new Set(conversations.flatMap(({ folder }) => (folder === null ? [] : [folder])));
  return [...names].sort((a, b) => a.localeCompare(b));
}

/** By the calendar of this place, not by hours: yesterday ends at midnight. */
function dayOf(at: number, now: number): (typeof DAYS)[number] {
  const midnight = (daysAgo: number): number => {
    const day = new Date(now);
    day.setHours(0, 0, 0, 0);
    day.setDate(day.getDate() - daysAgo); // days of 23 and 25 hours exist
    return day.getTime();
  };
  if (at >= midnight(0)) return 'today';
  if (at >= midnight(1)) return 'yesterday';
  if (at >= midnight(7)) return 'week';
  return at >= midnight(30) ? 'month' : 'older';
}
