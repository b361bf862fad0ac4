// The one place that says what the model is asked for an answer: its prompt, and how to sample.
import { LEAST_ANSWER_TOKENS } from '#chat/context-plan.ts';
import type { ContextPlan } from '#chat/context-plan.ts';
import type { ConversationSettings } from '#chat/conversation.ts';
import type { LoadedModel } from '#engine/protocol/info.ts';
import type { ChatRequest } from '#engine/protocol/openai.ts';

/** Longer answers of small models only repeat themselves, and a person can ask to go on. */
const ANSWER_TOKENS = 1024;
/** Below a billion parameters models fall into loops, so that a repeated word costs them a little. */
const LOOPS_BELOW_PARAMETERS = 1e9;
const LOOP_PENALTY = 1.08;

export type Asked = {
  readonly settings: ConversationSettings;
  readonly model: Pick<LoadedModel, 'parameterCount'>;
  readonly plan: ContextPlan;
  /** The prompt ends with the beginning of the answer. */
  readonly continues: boolean;
};

/** What the engine is asked. What a person did not set is left to the model's own defaults. */
export function answerRequest({ settings, model, plan, continues }: Asked): ChatRequest {
  const { temperature, topP, repetitionPenalty, maxTokens, seed, schema } = settings;
  const loops = model.parameterCount < LOOPS_BELOW_PARAMETERS;
  const room = Math.max(LEAST_ANSWER_TOKENS, plan.windowTokens - plan.promptTokens);
  return {
    messages: plan.messages.map((message) => ({ ...message })),
    max_tokens: Math.min(maxTokens ?? ANSWER_TOKENS, room),
    repetition_penalty: repetitionPenalty ?? (loops ? LOOP_PENALTY : 1),
    ...(temperature === null ? {} : { temperature }),
    ...(topP === null ? {} : { top_p: topP }),
    ...(seed === null ? {} : { seed }),
    ...(schema === null ? {} : { response_format: { type: 'json_object', schema } }),
    ...(continues ? { continue_final_message: true } : {}),
  };
}
