// What a chat template writes, as a table: for each role, place in the conversation and kind of system message, the text
// before and after the content. The table is read off the template once, when a model is imported; no conversation is ever
// put through the template. What cannot be read that way is refused.
import { TemplateReader, Unreadable, type SystemKind, type TurnPlace } from '#formats/chat-template/template-reader.ts';
import type { TextPart } from '#formats/chat-template/template-value.ts';
import { cutTemplate } from '#formats/chat-template/template-text.ts';
import { buildTree } from '#formats/chat-template/template-tree.ts';

/** What stands around all turns. */
export type Frame = {
  readonly opening: readonly TextPart[];
  readonly ending: readonly TextPart[];
  /** How many messages in front are no turns of their own: the system message, and with it the first user's. */
  readonly skips: number;
};

export type TurnTable = {
  readonly frames: Readonly<Record<SystemKind, Frame>>;
  /** By `placeKey`; null where the template raises an exception. */
  readonly turns: Readonly<Record<string, readonly TextPart[] | null>>;
  /** User and assistant have to alternate, or the template raises an exception. */
  readonly alternates: boolean;
  /** Whether the template writes a system message at all. */
  readonly writesSystem: boolean;
};

const SYSTEM_KINDS: readonly SystemKind[] = ['none', 'empty', 'filled'];
const BOTH = [false, true] as const;

/** Reads a template; null for one that does not say the same of every conversation, or in a way that is not known. */
export function readTurnTable(template: string): TurnTable | null {
  const pieces = cutTemplate(template);
  const tree = pieces && buildTree(pieces);
  if (!tree) return null;
  const frames: Partial<Record<SystemKind, Frame>> = {};
  const turns: Record<string, readonly TextPart[] | null> = {};
  let alternates = false;
  try {
    for (const system of SYSTEM_KINDS) {
      const outside = new TemplateReader({ role: 'user', isFirst: true, isLast: true, isFilled: true, system }, null);
      if (!outside.writes(tree)) {
        if (!frames.none) return null;
        // A template that raises an exception for a system message has no way to write one.
        frames[system] = frames.none;
        continue;
      }
      const loop = outside.loop;
      if (!loop) return null;
      frames[system] = {
        opening: outside.parts.slice(0, loop.at),
        ending: outside.parts.slice(loop.at),
        skips: loop.from,
      };
      for (const place of placesOf(system, loop.from)) {
        const turn = new TemplateReader(place, loop);
        const isAllowed = turn.writes(loop.body);
        if (isAllowed && place.role === 'assistant' && countContents(turn.parts) !== 1) return null;
        turns[placeKey(place)] = isAllowed ? turn.parts : null;
        alternates ||= turn.alternates;
      }
      alternates ||= outside.alternates;
    }
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
  const table = { frames: frames as Record<SystemKind, Frame>, turns, alternates };
  return { ...table, writesSystem: writesSystem(table) };
}

function writesSystem({ frames, turns }: Omit<TurnTable, 'writesSystem'>): boolean {
  const system = 'filled';
  if (frames[system].skips === 0) {
    const turn = turns[placeKey({ role: 'system', isFirst: true, isLast: false, isFilled: true, system })];
    if (turn && countContents(turn) > 0) return true;
  }
  const places = BOTH.map(
    (isFirst) => turns[placeKey({ role: 'user', isFirst, isLast: true, isFilled: true, system })],
  );
  return JSON.stringify([frames[system], places]).includes('"kind":"system"');
}

/** Every place there is: a system message only in front, then a user's, and a user's last. */
function placesOf(system: SystemKind, skips: number): TurnPlace[] {
  const places: TurnPlace[] = [];
  const hasSystemTurn = system !== 'none' && skips === 0;
  if (hasSystemTurn)
    places.push({ role: 'system', isFirst: true, isLast: false, isFilled: system === 'filled', system });
  for (const isFilled of BOTH) {
    places.push({ role: 'assistant', isFirst: false, isLast: false, isFilled, system });
    if (skips === 2) places.push({ role: 'assistant', isFirst: true, isLast: false, isFilled, system });
    for (const isLast of BOTH) {
      places.push({ role: 'user', isFirst: false, isLast, isFilled, system });
      if (!hasSystemTurn) places.push({ role: 'user', isFirst: true, isLast, isFilled, system });
    }
  }
  return places;
}

/** An answer has to stand by itself between what the template writes before and after it. */
function countContents(parts: readonly TextPart[]): number {
  return parts.filter(
    (part) =>
      part.kind === 'content' ||
      (part.kind === 'trimmed' && part.parts[0]?.kind === 'content' && part.parts.length === 1),
  ).length;
}

export function placeKey({ role, isFirst, isLast, isFilled, system }: TurnPlace): string {
  return [role, isFirst && 'first', isLast && 'last', isFilled || 'empty', `system-${system}`]
    .filter((part) => typeof part === 'string')
    .join(' ');
}
