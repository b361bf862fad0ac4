// What of a conversation the model is given when it no longer fits: which exchanges are left out, what comes next, and what
// takes how much. Nothing is ever left out without this plan being shown.
//
// Where an exchange has to go, several go at once, the oldest first, until a part of the room is free again: the prompt then
// begins alike for several turns, and the kept cache is of use. The plan follows from the conversation alone, so the same
// conversation gives the same plan after a reload.
import type { AttachmentRef } from './conversation.ts';
import { afterDigest, digestOf, writePrompt, type Exchange, type PromptInputs, type PromptMessage } from './prompt.ts';

/** A question that leaves less room than this gets no useful answer. */
export const LEAST_ANSWER_TOKENS = 64;
/** What is kept free for an answer where nobody says: an eighth of the window, within these. */
const ANSWER_TOKENS = { least: 128, most: 512 };
/** Room that is made at once when some has to be made, as a part of what history may have. */
const MADE_FREE = 0.4;

export type PromptCount = { readonly total: number; readonly messages: readonly number[] };

/** The model's own tokenizer: of a whole prompt, and of a text alone. */
export type Counters = {
  readonly prompt: (messages: PromptMessage[]) => Promise<PromptCount>;
  readonly text: (text: string) => Promise<number>;
};

export type ContextPlan = {
  /** The prompt without what is left out. */
  readonly messages: readonly PromptMessage[];
  /** Of that prompt, to the token. */
  readonly promptTokens: number;
  readonly windowTokens: number;
  /** They add up to the prompt's. `history` are earlier questions and answers, `documents` all attached files. */
  readonly parts: Readonly<Record<'instructions' | 'documents' | 'history' | 'question', number>>;
  /** Of the instructions' tokens, what saying them again before later questions takes. */
  readonly restatedTokens: number;
  /** Kept free for the answer. */
  readonly answerTokens: number;
  /** Messages that the model is not given: for want of room, or because the person dropped them. */
  readonly leftOut: readonly string[];
  readonly dropped: readonly string[];
  /** What goes next when room is needed. */
  readonly nextOut: readonly string[];
  readonly fits: boolean;
  /** Tokens by which the prompt is too long even so; 0 when it fits. */
  readonly overTokens: number;
};

export type PlanInputs = PromptInputs & {
  /** Of the branch with the unsent question last. */
  readonly exchanges: readonly Exchange[];
  readonly windowTokens: number;
  /** The beginning of an answer that is to be continued; it ends the prompt. */
  readonly unfinished?: string;
  /** The longest answer that was asked for; null where nobody did. */
  readonly maxAnswerTokens: number | null;
};

/** Plans the prompt of a branch. Rejects as the counters do. */
export async function planContext(asked: PlanInputs, counters: Counters): Promise<ContextPlan> {
  const inputs = { ...asked, digest: digestOf(asked.exchanges, asked.digest) };
  const { exchanges, digest, windowTokens } = inputs;
  const kept = afterDigest(exchanges, digest);
  const question = kept.at(-1);
  const dropped = kept.filter((one) => one.rule === 'dropped' && one !== question);
  let given = kept.filter((one) => !dropped.includes(one));
  const answerTokens = answerRoom(windowTokens, inputs.maxAnswerTokens);
  const unfinished = inputs.unfinished ?? '';
  const begunTokens = await counters.text(unfinished);
  const roomTokens = windowTokens - answerTokens - begunTokens;

  const heavy = await heavyTokens(question, inputs, counters);
  if (heavy > windowTokens) return tooLong(given, heavy, inputs, counters);
  const sizes = sizesOf(given, await counters.prompt(writePrompt(given, inputs)));
  const out = new Set(leaveOut(given, sizes, roomTokens));
  given = given.filter((one) => !out.has(one));
  let count = await counters.prompt(writePrompt(given, inputs));
  // A first question carries what the template puts before it, so the sum may be wrong by a few tokens.
  for (let oldest = oldestOf(given); count.total > roomTokens && oldest; oldest = oldestOf(given)) {
    out.add(oldest);
    given = given.filter((one) => one !== oldest);
    count = await counters.prompt(writePrompt(given, inputs));
  }
  const messages = writePrompt(given, inputs);
  if (unfinished !== '') messages.push({ role: 'assistant', content: unfinished });
  const next = oldestOf(given);
  const promptTokens = count.total + begunTokens;
  const overTokens = Math.max(0, promptTokens + LEAST_ANSWER_TOKENS - windowTokens);
  const { parts, restatedTokens } = await partsOf(given, count, inputs, counters);
  return {
    messages,
    promptTokens,
    windowTokens,
    parts: { ...parts, history: parts.history + begunTokens },
    restatedTokens,
    answerTokens: Math.max(0, Math.min(answerTokens, windowTokens - promptTokens)),
    leftOut: [...out].flatMap(({ ids }) => ids),
    dropped: dropped.flatMap(({ ids }) => ids),
    nextOut: next?.ids ?? [],
    fits: overTokens === 0,
    overTokens,
  };
}

/** Of the files of the question that is asked. */
async function heavyTokens(
  question: Exchange | undefined,
  { textOf }: PlanInputs,
  counters: Counters,
): Promise<number> {
  const refs = question?.questions.flatMap(({ attachments = [] }) => attachments) ?? [];
  return sum(await Promise.all(refs.map((ref) => counters.text(textOf(ref)))));
}

/** Files that alone are longer than the window: whole books are not joined to a prompt only to find that it does not fit. */
async function tooLong(
  given: readonly Exchange[],
  documents: number,
  inputs: PlanInputs,
  counters: Counters,
): Promise<ContextPlan> {
  const bare = { ...inputs, textOf: () => '' };
  const asked = given.slice(-1);
  const messages = writePrompt(asked, bare);
  const count = await counters.prompt(messages);
  const { parts, restatedTokens } = await partsOf(asked, count, bare, counters);
  const promptTokens = count.total + documents;
  return {
    messages,
    promptTokens,
    windowTokens: inputs.windowTokens,
    parts: { ...parts, documents },
    restatedTokens,
    answerTokens: 0,
    leftOut: given.slice(0, -1).flatMap(({ ids }) => ids),
    dropped: [],
    nextOut: [],
    fits: false,
    overTokens: promptTokens + LEAST_ANSWER_TOKENS - inputs.windowTokens,
  };
}

/** Tokens to keep free for an answer. */
export function answerRoom(windowTokens: number, maxAnswerTokens: number | null): number {
  const { least, most } = ANSWER_TOKENS;
  const usual = Math.min(most, Math.max(least, Math.floor(windowTokens / 8)));
  return Math.min(maxAnswerTokens ?? usual, Math.floor(windowTokens / 2));
}

type Size = { readonly asked: number; readonly whole: number };

/** What each exchange takes while it is asked and once it is answered. */
function sizesOf(exchanges: readonly Exchange[], { messages }: PromptCount): { fixed: number; of: Size[] } {
  const spoken = exchanges.reduce((sum, { answer }) => sum + (answer === null ? 1 : 2), 0);
  const fixed = messages.length > spoken ? messages[0]! : 0;
  let at = messages.length - spoken;
  const of = exchanges.map(({ answer }) => {
    const asked = messages[at++]!;
    return { asked, whole: asked + (answer === null ? 0 : messages[at++]!) };
  });
  return { fixed, of };
}

/** Goes through the conversation as it grew, and leaves out the oldest that are not pinned whenever it became too long. */
function leaveOut(
  exchanges: readonly Exchange[],
  sizes: { fixed: number; of: Size[] },
  roomTokens: number,
): Exchange[] {
  const isOut = exchanges.map(() => false);
  for (let now = 0; now < exchanges.length; now++) {
    const steady = exchanges.reduce(
      (sum, { rule }, index) => (index < now && rule === 'pinned' ? sum + sizes.of[index]!.whole : sum),
      sizes.fixed + sizes.of[now]!.asked,
    );
    let history = 0;
    for (let index = 0; index < now; index++) {
      if (!isOut[index] && exchanges[index]!.rule !== 'pinned') history += sizes.of[index]!.whole;
    }
    if (steady + history <= roomTokens) continue;
    const target = Math.max(0, roomTokens - steady) * (1 - MADE_FREE);
    for (let index = 0; index < now && history > target; index++) {
      if (isOut[index] || exchanges[index]!.rule === 'pinned') continue;
      isOut[index] = true;
      history -= sizes.of[index]!.whole;
    }
  }
  return exchanges.filter((_, index) => isOut[index]);
}

/** The exchange that would be left out first; null when only the question and pinned ones are left. */
function oldestOf(exchanges: readonly Exchange[]): Exchange | null {
  return exchanges.slice(0, -1).find(({ rule }) => rule !== 'pinned') ?? null;
}

async function partsOf(
  exchanges: readonly Exchange[],
  count: PromptCount,
  { instructions, restates, textOf }: PromptInputs,
  counters: Counters,
): Promise<Pick<ContextPlan, 'parts' | 'restatedTokens'>> {
  const { fixed, of } = sizesOf(exchanges, count);
  const later = restates && instructions.trim() !== '' ? exchanges.length - 1 : 0;
  const restatedTokens = later > 0 ? later * (await counters.text(`${instructions.trim()}\n\n`)) : 0;
  const tokensOf = async (refs: readonly AttachmentRef[]) =>
    sum(await Promise.all(refs.map((ref) => counters.text(textOf(ref)))));
  const documents = await Promise.all(
    exchanges.map(({ questions }) => tokensOf(questions.flatMap(({ attachments = [] }) => attachments))),
  );
  const last = exchanges.length - 1;
  const asked = of[last]?.asked ?? 0;
  const question = Math.max(0, asked - (documents[last] ?? 0) - (later > 0 ? restatedTokens / later : 0));
  const known = sum(documents);
  return {
    restatedTokens,
    parts: {
      instructions: fixed + restatedTokens,
      documents: known,
      history: Math.max(0, count.total - fixed - restatedTokens - known - question),
      question,
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
