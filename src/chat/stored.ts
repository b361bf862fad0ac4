// Records read back from the database come from outside: an older version, another tab, a curious person.
// Each is checked once, here; an ill-formed one is left out rather than breaking the page.
import type { GenerationStats } from '#engine/protocol/info.ts';
import type { AnswerState, Conversation, Message } from './conversation.ts';

const ANSWER_STATES: readonly AnswerState[] = ['streaming', 'done', 'stopped', 'cut', 'failed', 'interrupted'];

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** A conversation's record, or null when it is not one. */
export function parseConversation(value: unknown): Conversation | null {
  if (!isFields(value)) return null;
  const { id, title, createdAt, updatedAt, deletedAt } = value;
  if (!isText(id) || !isText(title) || !isNumber(createdAt) || !isNumber(updatedAt)) return null;
  return { id, title, createdAt, updatedAt, deletedAt: isNumber(deletedAt) ? deletedAt : null };
}

/** A message's record, or null when it is not one. An answer still `streaming` was interrupted: nobody writes it now. */
export function parseMessage(value: unknown): Message | null {
  if (!isFields(value)) return null;
  const { id, role, text } = value;
  if (!isText(id) || !isText(text)) return null;
  if (role === 'user') return { id, role, text };
  if (role !== 'assistant') return null;
  const state = ANSWER_STATES.find((one) => one === value['state']) ?? 'interrupted';
  return {
    id,
    role,
    text,
    state: state === 'streaming' ? 'interrupted' : state,
    model: isText(value['model']) ? value['model'] : '',
    stats: parseStats(value['stats']),
  };
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
