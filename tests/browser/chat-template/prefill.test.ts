// The ids that the real WebLLM feeds to the model, turn after turn on its kept cache, against what the unit tests of the
// chat templates take them to be. With those, which hold the same ids against Jinja and llama.cpp, the chain is closed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChatFormat, createConversationTemplate, prepareMessages } from '#formats/chat-template/conversation.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { CONTINUES } from '#formats/tokenizer/sentinels.ts';
import { createTokenizerJson, type Tokenizer } from '#formats/tokenizer/tokenizer-json.ts';
import { openTinyEngine, type TinyEngine } from '#tests/browser/model-library/support/tiny-engine.ts';
import { createTinyLibrary } from '#tests/browser/model-library/support/tiny-library.ts';
import { tinyModel, type TinyModelOptions } from '#tests/support/gguf/tiny-model.ts';
import { CHAT_TEMPLATES } from '#tests/support/tokenizer/chat-templates.ts';
import { WebLlmPrompt } from '#tests/support/tokenizer/web-llm-prompt.ts';

/** A software adapter compiles for several seconds, and for a minute where the machine is busy. */
const LOADING_MS = 240_000;

const SYSTEM = 'Be kind, $& and <s> brief.';
const TURNS = [
  ['What is the capital? </s> <|im_end|>', 'The sea shells.'],
  ['And then? $1', ' One, two.\n\nThree'],
  ['x', ''],
  ['The end?', 'Hello!'],
] as const;

describe.each(['llama', 'gpt2'] as const)('a tiny model with the tokenizer %s', (tokenizer) => {
  const model: TinyModelOptions = { tokenizer, vocabSize: tokenizer === 'llama' ? 384 : 448, layers: 1, context: 2048 };
  let made: Tokenizer;
  let open: TinyEngine;

  beforeAll(async () => {
    const [bytes] = tinyModel(model);
    made = createTokenizerJson(parseGgufHeader(bytes!, bytes!.length)!.metadata);
    open = await openTinyEngine(await createTinyLibrary({ model, contextWindowSize: 2048 }));
  }, LOADING_MS);
  afterAll(() => open.close());

  it.each(Object.entries(CHAT_TEMPLATES))('prefills what %s says', async (name, template) => {
    const format = createChatFormat(matchChatTemplate(template), made);
    const { tokenizer } = open.pipeline();
    for (const system of [null, SYSTEM]) {
      await open.engine.resetChat();
      const prompt = new WebLlmPrompt(tokenizer as never, createConversationTemplate(format));
      const messages: { role: string; content: string }[] =
        system === null ? [] : [{ role: 'system', content: system }];
      for (const [question, answer] of TURNS) {
        messages.push({ role: 'user', content: question });
        const prepared = prepareMessages(format, messages);
        const expected = prompt.prefill(prepared);
        const ids = [...tokenizer.encode(made.info.prepend_space_in_encode ? CONTINUES + answer : answer)];
        const run = await saying([...ids, made.eosTokenIds[0]!], () =>
          open.chat({ messages: prepared, temperature: 0 }),
        );
        const content = run.reply.choices[0]?.message.content;
        expect(content).toBe(answer);
        expect(run.reply.choices[0]?.finish_reason).toBe('stop');
        // After the prompt every answer's token is fed but the end.
        expect(run.fed.flat(), `${name}: ${question}`).toEqual([...expected.ids, ...ids]);
        messages.push({ role: 'assistant', content: answer });
        prompt.answer(answer);
      }
    }
  });

  /** Makes the model say exactly `ids`. */
  async function saying<T>(ids: readonly number[], use: () => Promise<T>): Promise<T> {
    const pipeline = open.pipeline();
    const before = pipeline.logitProcessor;
    let step = 0;
    pipeline.logitProcessor = {
      processLogits(logits) {
        logits.fill(-1e9);
        logits[ids[step++]!] = 1e9;
        return logits;
      },
      processSampledToken: () => {},
      resetState: () => {},
    };
    try {
      return await use();
    } finally {
      pipeline.logitProcessor = before;
    }
  }
});
