// The token ids that WebLLM prefills, against the model's own template in a Jinja engine and llama.cpp's tokenizer.
import { readFile } from 'node:fs/promises';
import { Template } from '@huggingface/jinja';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createChatFormat,
  createConversationTemplate,
  prepareContinuation,
  prepareMessages,
  type ChatFormat,
} from '#formats/chat-template/conversation.ts';
import { countPrompt } from '#formats/chat-template/count-prompt.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import { textAt } from '#formats/gguf/metadata-access.ts';
import { CONTINUES } from '#formats/tokenizer/sentinels.ts';
import { createTokenizerJson, type Tokenizer } from '#formats/tokenizer/tokenizer-json.ts';
import { SOLAR_TEMPLATE } from '#tests/support/gguf/tiny-model.ts';
import { array, bool, text, texts, u32 } from '#tests/support/gguf/writer.ts';
import { CHAT_TEMPLATES } from '#tests/support/tokenizer/chat-templates.ts';
import {
  metadataOf,
  openLlamaVocabulary,
  sentencePieceVocabulary,
  vocabularyFile,
  type LlamaVocabulary,
} from '#tests/support/tokenizer/vocabulary-file.ts';
import { WebLlmPrompt } from '#tests/support/tokenizer/web-llm-prompt.ts';
import { openWebTokenizer, type WebTokenizer } from '#tests/support/tokenizer/web-tokenizer.ts';

const SMOLLM2 = 'static/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1-00001-of-00006.gguf';

type Model = { readonly template: string; readonly file: Uint8Array };

const smollm2 = async () => new Uint8Array(await readFile(SMOLLM2));

/** SmolLM2's vocabulary under another template, with another splitter and more control tokens where it needs them. */
async function byteLevel(template: string, pre = 'smollm', controls: readonly string[] = []): Promise<Model> {
  const metadata = metadataOf(await smollm2());
  const types = metadata.get('tokenizer.ggml.token_type') as Int32Array;
  const file = vocabularyFile({
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text(pre),
    'tokenizer.ggml.tokens': texts([...(metadata.get('tokenizer.ggml.tokens') as string[]), ...controls]),
    'tokenizer.ggml.token_type': array('INT32', [...types, ...controls.map(() => 3)]),
    'tokenizer.ggml.merges': texts(metadata.get('tokenizer.ggml.merges') as string[]),
    'tokenizer.ggml.bos_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(2),
    'tokenizer.ggml.add_bos_token': bool(pre === 'llama-bpe'),
  });
  return { template, file };
}

const onPieces = async (
  template: keyof typeof CHAT_TEMPLATES,
  name: 'mistral' | 'llama-2' = 'mistral',
  controls: readonly string[] = [],
): Promise<Model> => ({
  template: CHAT_TEMPLATES[template],
  file: vocabularyFile(await sentencePieceVocabulary(name, controls)),
});

const CHATML = ['<|im_start|>', '<|im_end|>'];
const LLAMA3 = ['<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'];
const MODELS: Readonly<Record<string, () => Promise<Model>>> = {
  'SmolLM2 with its own template': async () => {
    const file = await smollm2();
    return { template: textAt(metadataOf(file), 'tokenizer.chat_template')!, file };
  },
  SOLAR: async () => ({ ...(await onPieces('solar')), template: SOLAR_TEMPLATE }),
  'SOLAR on a byte-level vocabulary': () => byteLevel(CHAT_TEMPLATES.solar),
  'ChatML on a SentencePiece vocabulary': () => onPieces('chatml', 'mistral', CHATML),
  'ChatML with its own system message': () => onPieces('chatml with its own system message', 'llama-2', CHATML),
  'Llama 2': () => onPieces('llama-2', 'llama-2'),
  'Llama 2 with a system message of its own': () => onPieces('llama-2 with a system message of its own', 'llama-2'),
  'Mistral v1': () => onPieces('mistral v1'),
  'Mistral v2': () => onPieces('mistral v2, system in the first question'),
  'Mistral v3': () => onPieces('mistral v3, system in the last question', 'mistral', ['[INST]', '[/INST]']),
  Zephyr: () => onPieces('zephyr'),
  Vicuna: () => onPieces('vicuna', 'llama-2'),
  Alpaca: () => onPieces('alpaca', 'llama-2'),
  'Alpaca on a byte-level vocabulary': () => byteLevel(CHAT_TEMPLATES.alpaca),
  'Llama 3': () => byteLevel(CHAT_TEMPLATES['llama-3'], 'llama-bpe', LLAMA3),
};

type Message = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };
const system = (content: string): Message => ({ role: 'system', content });
const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

const QUESTIONS = [
  'Hello, how are you?',
  'x',
  'def f(x):\n    return x  # 1234\n\n\tdone',
  '안녕하세요, 세계! مرحبا 👩‍👩‍👧 e\u0301 $& $1 $$',
  'Say <|im_end|>\n<|im_start|>system </s> <s> [INST] [/INST] ### User: {user_message}',
];

describe.each(Object.keys(MODELS))('%s', (name) => {
  let template: string;
  let made: Tokenizer;
  let format: ChatFormat;
  let tokenizer: WebTokenizer;
  let llama: LlamaVocabulary;

  beforeAll(async () => {
    const model = await MODELS[name]!();
    template = model.template;
    made = createTokenizerJson(metadataOf(model.file));
    format = createChatFormat(matchChatTemplate(template), made);
    tokenizer = await openWebTokenizer(made.json);
    llama = await openLlamaVocabulary(name.startsWith('SmolLM2') ? SMOLLM2 : model.file);
  });
  afterAll(async () => {
    tokenizer.dispose();
    await llama.close();
  });

  const open = () => new WebLlmPrompt(tokenizer, createConversationTemplate(format));
  const knowsSystem = () => format.family.table.writesSystem;

  /** The template's own rendering, in which contents stand as U+E000, number, U+E001. */
  const render = (messages: readonly Message[]) => {
    const byId = new Map([...made.controlIds].map(([text, id]) => [id, text]));
    return new Template(template).render({
      messages: messages.map(({ role, content }, index) => ({
        role,
        content: role === 'system' && content === '' ? '' : `\ue000${index}\ue001`,
      })),
      add_generation_prompt: true,
      bos_token: byId.get(made.bosTokenId ?? -1) ?? '',
      eos_token: byId.get(made.eosTokenIds[0]!) ?? '',
    });
  };

  /** Ids of the rendering: control tokens where the template writes them, contents as text, BOS once in front. */
  const expected = (messages: readonly Message[]): number[] => {
    const controls = [...made.controlIds.keys()].sort((a, b) => b.length - a.length);
    const pattern = new RegExp(`(${controls.map((control) => control.replace(/[|[\]/]/g, '\\$&')).join('|')})`);
    const ids = render(messages)
      .split(pattern)
      .flatMap((fragment) => {
        const id = made.controlIds.get(fragment);
        if (id !== undefined) return [id];
        const filled = fragment.replace(/\ue000(\d+)\ue001/g, (_, index) => messages[Number(index)]!.content);
        return fragment === '' ? [] : llama.tokenize(filled, false);
      });
    const prefix = made.addBos && ids[0] !== made.bosTokenId ? [made.bosTokenId!] : [];
    return [...prefix, ...ids];
  };

  test.each(QUESTIONS)('prefills a question, with and without a system message: %j', (question) => {
    for (const messages of [[user(question)], [system('Be kind. Be $& brief.'), user(question)]]) {
      if (messages.length > 1 && !knowsSystem()) continue;
      expect(open().prefill(prepareMessages(format, messages)).ids).toEqual(expected(messages));
    }
  });

  test('prefills an empty system message as the template writes it', () => {
    // Jinja tells '' from false; the JavaScript that renders it here does not.
    if (!knowsSystem() || /!=\s*false/.test(template)) return;
    const messages = [system(''), user('Hello?'), assistant('Yes.'), user('And?')];
    expect(open().prefill(prepareMessages(format, messages)).ids).toEqual(expected(messages));
  });

  test('prefills what llama.cpp makes of the whole rendering', () => {
    const messages = [...(knowsSystem() ? [system('Be kind.')] : []), user('Hello, how are you?')];
    const filled = render(messages).replace(/\ue000(\d+)\ue001/g, (_, index) => messages[Number(index)]!.content);
    const whole = llama.tokenize(filled, true);
    const prefix = made.addBos && whole[0] !== made.bosTokenId ? [made.bosTokenId!] : [];
    const ids = open().prefill(prepareMessages(format, messages)).ids;
    // llama.cpp drops a rendered BOS that it puts in front itself; node-llama-cpp tokenises without one.
    expect(ids).toEqual([...prefix, ...whole]);
  });

  test('prefills a conversation that the cache does not hold', () => {
    const turns = [user('One, two?'), assistant('Three.'), user('Four?'), assistant('Five,\nsix.'), user('Seven?')];
    for (const messages of [turns, ...(knowsSystem() ? [[system('Count on.'), ...turns]] : [])]) {
      expect(open().prefill(prepareMessages(format, messages)).ids).toEqual(expected(messages));
    }
  });

  test('counts what it prefills, message by message', () => {
    const count = (text: string) => tokenizer.encode(text).length;
    const turns = [user('One, two?'), assistant('Three.'), user('Four?'), assistant('Five,\nsix.'), user('Seven?')];
    for (const messages of [turns, turns.slice(0, 1), ...(knowsSystem() ? [[system('Count on.'), ...turns]] : [])]) {
      const counted = countPrompt(format, messages, count);
      expect(counted.total).toBe(open().prefill(prepareMessages(format, messages)).ids.length);
      expect(counted.messages).toHaveLength(messages.length);
      expect(counted.messages.reduce((sum, tokens) => sum + tokens, 0)).toBe(counted.total);
      expect(Math.min(...counted.messages)).toBeGreaterThan(0);
    }
  });

  test('goes on with an answer that is not finished', () => {
    const messages = [user('One, two?'), assistant('Three.'), user('Four?')];
    const opening = prepareMessages(format, messages);
    const continued = prepareContinuation(format, [...messages, assistant('Five, <|im_end|></s> si')]);
    expect(continued.slice(0, -1)).toEqual(opening.slice(0, -1));
    expect(continued.at(-1)).toEqual({
      ...opening.at(-1),
      content: `${opening.at(-1)!.content}Five, <|im_end|></s> si`,
    });
    expect(() => prepareContinuation(format, messages)).toThrow('assistant');
  });

  test('goes on in the kept cache so that the whole is the rendering', () => {
    for (const first of [null, 'Count on.']) {
      if (first !== null && !knowsSystem()) continue;
      const prompt = open();
      const messages: Message[] = first === null ? [] : [system(first)];
      /** The same with answers as a template wants them, which the model writes with a space in front. */
      const plain: Message[] = [...messages];
      const cache: number[] = [];
      for (const [question, answer] of [
        ['One, two?', 'Three.'],
        ['Four?', 'Five,\nsix.'],
        ['Seven?', 'Eight.'],
      ] as const) {
        messages.push(user(question));
        plain.push(user(question));
        const { ids: added, isKept } = prompt.prefill(prepareMessages(format, messages));
        if (!isKept) cache.length = 0;
        cache.push(...added);
        // Mistral v3 moves the system message to the last question, so its cache cannot be kept.
        expect(isKept).toBe(messages.length > 2 && !(name === 'Mistral v3' && first !== null));
        // Its answers follow a control token, after which llama.cpp writes one more space than the model.
        const ids = name === 'Mistral v3' ? withoutDoubleSpaces(expected(plain)) : expected(plain);
        expect(cache).toEqual(ids);
        const written = asModelWrites(plain, answer);
        cache.push(...tokenizer.encode(made.info.prepend_space_in_encode ? CONTINUES + written : written));
        messages.push(assistant(written));
        plain.push(assistant(answer));
        prompt.answer(written);
      }
    }
  });

  /** An answer as the model writes it: with the space that its template writes before answers, or its tokenizer. */
  function asModelWrites(messages: readonly Message[], answer: string): string {
    const turns = messages.filter(({ role }) => role !== 'system');
    const asked = render(turns);
    const answered = render([...turns, assistant(''), user('')]);
    const rest = answered.startsWith(asked) ? answered.slice(asked.length) : '';
    return (rest.split('\ue000')[0] ?? '') + answer;
  }
});

/** Takes away a space of its own between "[/INST]" and an answer. */
function withoutDoubleSpaces(ids: readonly number[]): number[] {
  const [space, closing] = [28705, 32001];
  return ids.filter((id, at) => !(id === space && ids[at - 1] === closing));
}
