// Records read back from the database come from outside: an older version, another tab, a curious person.
// Each is checked once, here; an ill-formed one is left out rather than breaking the page.
import type { GenerationStats } from '#engine/protocol/info.ts';
import { parseAttachmentRef } from './attachment.ts';
import { DEFAULT_SETTINGS } from './conversation.ts';
import type { AnswerState, ContextRule, Conversation, ConversationSettings, Digest, Message } from './conversation.ts';
import type { SavedPrompt } from './records.ts';

const ANSWER_STATES: readonly AnswerState[] = ['streaming', 'done', 'stopped', 'cut', 'failed', 'interrupted'];
const RULES: readonly ContextRule[] = ['auto', 'pinned', 'dropped'];
const TITLE_GIVERS: readonly Conversation['titleBy'][] = ['text', 'model', 'person'];

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const textOrNull = (value: unknown): string | null => (isText(value) ? value : null);
const numberOrNull = (value: unknown): number | null => (isNumber(value) ? value : null);

/** A conversation's record, or null when it is not one. What version 1 did not have gets its default. */
export function parseConversation(value: unknown): Conversation | null {
  if (!isFields(value)) return null;
  const { id, title, createdAt, updatedAt } = value;
  if (!isText(id) || !isText(title) || !isNumber(createdAt) || !isNumber(updatedAt)) return null;
  return {
    id,
    title,
    titleBy: TITLE_GIVERS.find((one) => one === value['titleBy']) ?? 'text',
    createdAt,
    updatedAt,
    deletedAt: numberOrNull(value['deletedAt']),
    archivedAt: numberOrNull(value['archivedAt']),
    pinnedAt: numberOrNull(value['pinnedAt']),
    folder: textOrNull(value['folder']) || null,
    headId: textOrNull(value['headId']),
    settings: parseSettings(value['settings']),
    digest: parseDigest(value['digest']),
  };
}

/**
 * A message's record, or null when it is not one. An answer still `streaming` was interrupted, because nobody writes
 * it now, unless the caller knows that another tab does (`isLive`).
 */
export function parseMessage(value: unknown, isLive = false): Message | null {
  if (!isFields(value)) return null;
  const { id, role, text } = value;
  if (!isText(id) || !isText(text)) return null;
  const place = {
    id,
    parentId: textOrNull(value['parentId']),
    createdAt: numberOrNull(value['createdAt']) ?? 0,
    text,
    rule: RULES.find((one) => one === value['rule']) ?? 'auto',
  };
  if (role === 'user') return { ...place, role, attachments: parseList(value['attachments'], parseAttachmentRef) };
  if (role !== 'assistant') return null;
  const state = ANSWER_STATES.find((one) => one === value['state']) ?? 'interrupted';
  return {
    ...place,
    role,
    state: state === 'streaming' && !isLive ? 'interrupted' : state,
    model: textOrNull(value['model']) ?? '',
    stats: parseStats(value['stats']),
  };
}

export function parseSavedPrompt(value: unknown): SavedPrompt | null {
  if (!isFields(value)) return null;
  const { id, name, text, updatedAt } = value;
  return isText(id) && isText(name) && isText(text) && isNumber(updatedAt) ? { id, name, text, updatedAt } : null;
}

export function parseSettings(value: unknown): ConversationSettings {
  if (!isFields(value)) return DEFAULT_SETTINGS;
  return {
    instructions: textOrNull(value['instructions']) ?? '',
    temperature: numberOrNull(value['temperature']),
    topP: numberOrNull(value['topP']),
    repetitionPenalty: numberOrNull(value['repetitionPenalty']),
    maxTokens: numberOrNull(value['maxTokens']),
    seed: numberOrNull(value['seed']),
    schema: textOrNull(value['schema']),
  };
}

function parseDigest(value: unknown): Digest | null {
  if (!isFields(value)) return null;
  const { upToId, text } = value;
  return isText(upToId) && isText(text) ? { upToId, text } : null;
}

/** The well-formed ones of a list; empty for anything that is no list. */
export function parseList<One>(value: unknown, parse: (one: unknown) => One | null): One[] {
  return Array.isArray(value) ? value.map(parse).filter((one): one is Awaited<One> & One => one !== null) : [];
}

function parseStats(value: unknown): GenerationStats | null {
  if (!isFields(value)) return null;
  const stats = {
    promptTokens: value['promptTokens'],
    keptTokens: value['keptTokens'],
    completionTokens: value['completionTokens'],
    prefillTokensPerSecond: value['prefillTokensPerSecond'],
    decodeTokensPerSecond: value['decodeTokensPerSecond'],
    secondsToFirstToken: value['secondsToFirstToken'],
  };
  return Object.values(stats).every(isNumber) ? (stats as GenerationStats) : null;
}
