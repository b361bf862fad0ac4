// What it costs to tell a model tuned for single questions its instructions again, in SOLAR's own tokens and template.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exchangesOf, writePrompt, type PromptInputs, type SaidMessage } from '#chat/prompt.ts';
import { createChatFormat, createConversationTemplate, prepareMessages } from '#formats/chat-template/conversation.ts';
import type { ChatFormat } from '#formats/chat-template/conversation.ts';
import { countPrompt } from '#formats/chat-template/count-prompt.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import { SOLAR_TEMPLATE } from '#tests/support/gguf/tiny-model.ts';
import { metadataOf, sentencePieceVocabulary, vocabularyFile } from '#tests/support/tokenizer/vocabulary-file.ts';
import { WebLlmPrompt } from '#tests/support/tokenizer/web-llm-prompt.ts';
import { openWebTokenizer, type WebTokenizer } from '#tests/support/tokenizer/web-tokenizer.ts';

const INSTRUCTIONS =
  'You are a patient teacher of mathematics for fourteen-year-olds. Explain in short sentences, give one example, ' +
  'and never give the whole solution before the pupil has tried.';
const TURNS = 8;
const QUESTION = 'And how do I know which of the two numbers is the larger one if both are negative?';
const ANSWER =
  'Look at a number line: the number further to the right is the larger one, so -2 is larger than -5. '.repeat(4);

let tokenizer: WebTokenizer;
let format: ChatFormat;

beforeAll(async () => {
  const made = createTokenizerJson(metadataOf(vocabularyFile(await sentencePieceVocabulary('mistral'))));
  format = createChatFormat(matchChatTemplate(SOLAR_TEMPLATE), made);
  tokenizer = await openWebTokenizer(made.json);
});
afterAll(() => tokenizer.dispose());

const inputs = (restates: boolean): PromptInputs => ({
  instructions: INSTRUCTIONS,
  digest: null,
  restates,
  textOf: () => '',
});
const branchOf = (turns: number): SaidMessage[] => [
  ...Array.from({ length: turns }, (_, at): SaidMessage[] => [
    { id: `q${at}`, role: 'user', text: QUESTION, rule: 'auto' },
    { id: `a${at}`, role: 'assistant', text: ANSWER, rule: 'auto' },
  ]).flat(),
  { id: 'now', role: 'user', text: QUESTION, rule: 'auto' },
];

/** Tokens that are prefilled over a conversation, by WebLLM's own comparison with what its cache holds. */
function prefilled(write: (turns: number) => readonly { role: string; content: string }[]): number {
  const prompt = new WebLlmPrompt(tokenizer, createConversationTemplate(format));
  let tokens = 0;
  for (let turns = 0; turns < TURNS; turns++) {
    tokens += prompt.prefill(prepareMessages(format, write(turns))).ids.length;
    prompt.answer(ANSWER);
  }
  return tokens;
}

test('takes its own tokens once a turn, and keeps the cache', () => {
  const count = (text: string) => tokenizer.encode(text).length;
  const total = (restates: boolean) =>
    countPrompt(format, writePrompt(exchangesOf(branchOf(TURNS - 1)), inputs(restates)), count).total;
  const own = (total(true) - total(false)) / (TURNS - 1);
  const restated = (turns: number) => writePrompt(exchangesOf(branchOf(turns)), inputs(true));
  const plain = (turns: number) => writePrompt(exchangesOf(branchOf(turns)), inputs(false));
  /** The other way: only the newest question says them, so that every turn changes what was prompted before. */
  const newestOnly = (turns: number) =>
    plain(turns).map((message, at, all) =>
      at === all.length - 1 && turns > 0 ? { ...message, content: `${INSTRUCTIONS}\n\n${message.content}` } : message,
    );
  const figures = {
    instructions: own,
    promptPlain: total(false),
    promptRestated: total(true),
    prefilledPlain: prefilled(plain),
    prefilledRestated: prefilled(restated),
    prefilledNewestOnly: prefilled(newestOnly),
  };
  // docs/prompts.md quotes these.
  expect(figures).toMatchInlineSnapshot(`
    {
      "instructions": 40,
      "prefilledNewestOnly": 4445,
      "prefilledPlain": 277,
      "prefilledRestated": 557,
      "promptPlain": 1012,
      "promptRestated": 1292,
    }
  `);
  expect(figures.prefilledRestated - figures.prefilledPlain).toBeCloseTo(own * (TURNS - 1), -1);
  expect(figures.prefilledNewestOnly).toBeGreaterThan(2 * figures.prefilledRestated);
});
