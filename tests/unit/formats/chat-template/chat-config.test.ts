import { expect, test } from 'vitest';
import { createChatConfig } from '#formats/chat-template/chat-config.ts';
import { createChatFormat, createConversationTemplate } from '#formats/chat-template/conversation.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import { readLlamaConfig } from '#formats/gguf/llama-config.ts';
import { joinSplits } from '#formats/gguf/split.ts';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { CONTINUES } from '#formats/tokenizer/sentinels.ts';
import { createTokenizerJson } from '#formats/tokenizer/tokenizer-json.ts';
import { tinyModel, type TinyModelOptions } from '#tests/support/gguf/tiny-model.ts';
import { CHAT_TEMPLATES } from '#tests/support/tokenizer/chat-templates.ts';

function inputs(template: string, options: TinyModelOptions) {
  const [bytes] = tinyModel(options);
  const gguf = joinSplits([parseGgufHeader(bytes!, bytes!.length)!]);
  const tokenizer = createTokenizerJson(gguf.metadata);
  const conversationTemplate = createConversationTemplate(createChatFormat(matchChatTemplate(template), tokenizer));
  return { config: readLlamaConfig(gguf), tokenizer, conversationTemplate, contextWindowSize: 256 };
}

test('says everything that WebLLM reads of a SentencePiece model', () => {
  expect(createChatConfig(inputs(CHAT_TEMPLATES.solar, { tokenizer: 'llama' }))).toEqual({
    model_type: 'llama',
    vocab_size: 384,
    context_window_size: 256,
    sliding_window_size: -1,
    attention_sink_size: -1,
    tokenizer_files: ['tokenizer.json'],
    tokenizer_info: { token_postproc_method: 'byte_fallback', prepend_space_in_encode: true },
    bos_token_id: 1,
    temperature: 0.7,
    top_p: 0.9,
    repetition_penalty: 1,
    frequency_penalty: 0,
    presence_penalty: 0,
    conv_template: {
      name: 'daylight-solar',
      system_template: '{system_message}',
      system_message: '',
      system_prefix_token_ids: [1],
      roles: { user: '', assistant: CONTINUES, tool: '' },
      role_content_sep: '',
      role_empty_sep: '',
      seps: [''],
      stop_str: ['### User:', '### System:', '### Assistant:'],
      stop_token_ids: [2],
      add_role_after_system_message: true,
    },
  });
});

test('gives a byte-level model without BOS no prefix, and a window in place of a context', () => {
  const input = inputs(CHAT_TEMPLATES.chatml, { tokenizer: 'gpt2', vocabSize: 448 });
  const config = createChatConfig({ ...input, slidingWindow: { size: 128, sinkSize: 4 } });
  expect(config).toMatchObject({
    context_window_size: -1,
    sliding_window_size: 128,
    attention_sink_size: 4,
    tokenizer_info: { token_postproc_method: 'byte_level', prepend_space_in_encode: false },
    conv_template: {
      system_prefix_token_ids: [],
      roles: { user: '', assistant: '', tool: '' },
      stop_token_ids: [2, 0],
    },
  });
});

test('takes the sampling that a catalog says, and ends no answer at a word where control tokens mark the turns', () => {
  const input = inputs(CHAT_TEMPLATES.chatml, { tokenizer: 'gpt2', vocabSize: 448 });
  const config = createChatConfig({ ...input, sampling: { temperature: 0.3, topP: 0.8 } });
  expect(config).toMatchObject({ temperature: 0.3, top_p: 0.8, conv_template: { stop_str: [] } });
});
