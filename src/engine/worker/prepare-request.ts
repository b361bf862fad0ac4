import { prepareContinuation, prepareMessages } from '#formats/chat-template/conversation.ts';
import { sentinel, stripSentinels } from '#formats/tokenizer/sentinels.ts';
import type { Generation, PreparedGeneration } from '#engine/worker/generate.ts';
import type { LoadedModel } from '#engine/worker/loaded-model.ts';
import { checkChatRequest, checkCompletionRequest, hidesAlternatives } from '#engine/worker/request-check.ts';

/** The request as WebLLM is given it: checked, in the model's own chat format, and with no control token that was typed. */
export function prepareRequest(
  { model, names, pipeline }: LoadedModel,
  { type, request }: Generation,
): PreparedGeneration {
  const { chatFormat } = model;
  const hides = { hidesAlternatives: hidesAlternatives(request) };
  if (type === 'chat') {
    const checked = checkChatRequest(request, names, pipeline.fullVocabSize);
    const { continue_final_message: continues, ...rest } = checked;
    const prepare = continues ? prepareContinuation : prepareMessages;
    return { type, request: { ...rest, messages: prepare(chatFormat, checked.messages) }, ...hides };
  }
  const checked = checkCompletionRequest(request, names, pipeline.fullVocabSize);
  // WebLLM puts nothing before a completion's prompt, so BOS goes in here, where the model wants one.
  const prefix = chatFormat.prefixIds.map(sentinel).join('');
  return { type, request: { ...checked, prompt: prefix + stripSentinels(checked.prompt) }, ...hides };
}
