import type { ModelInfo } from '#engine/protocol/info.ts';
import type { ModelChoice } from './model-choice.ts';

/** The model that the site itself serves, as the engine's catalog calls it. */
export const EMBEDDED = {
  id: 'smollm2-135m-instruct',
  name: 'SmolLM2-135M-Instruct',
  /** All pieces together; static/models/smollm2-135m-instruct/model.json says the same. */
  sizeBytes: 98_362_432,
} as const;

export const EMBEDDED_CHOICE: ModelChoice & { kind: 'catalog' } = {
  kind: 'catalog',
  name: EMBEDDED.name,
  model: EMBEDDED.id,
};

/** Whether a stored model came from the site itself. */
export const isEmbedded = ({ catalogId }: Pick<ModelInfo, 'catalogId'>): boolean => catalogId === EMBEDDED.id;
