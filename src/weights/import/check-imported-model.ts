import { AppError } from '#base/errors.ts';
import { PACKED_FORMATS } from '#formats/packed/format.ts';
import type { ImportedModel } from './imported-model.ts';

const isCount = (value: unknown, most: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown, most = 1000): boolean => typeof value === 'string' && value.length <= most;
const isTextOrNull = (value: unknown, most = 1000): boolean => value === null || isText(value, most);
const isListOf = (value: unknown, most: number, holds: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length <= most && value.every(holds);
const isId = (value: unknown): boolean => isCount(value, 2 ** 24);
const isIdOrNull = (value: unknown): boolean => value === null || isId(value);

/**
 * Checks a model's description from outside: every number that a program, a shader or a buffer is made from, against the
 * limits of the GGUF reader. Throws `folder-invalid`. Whether its tensors make a model is found by making its library.
 */
export function checkImportedModel(imported: ImportedModel): void {
  const check = (what: string, holds: boolean) => {
    if (!holds)
      throw new AppError('folder-invalid', { what, found: 'not possible', expected: 'that of a llama model' });
  };
  const { model, chat, licence, knownAnswers } = imported;
  const { config, matrices, frequencyFactors } = model;
  const limits = {
    layerCount: 1024,
    hiddenSize: 65_536,
    headCount: 1024,
    kvHeadCount: 1024,
    headDim: 1024,
    ffnSize: 1_048_576,
    vocabSize: 2 ** 24,
    contextLength: 16_777_216,
  } as const;
  for (const [name, limit] of Object.entries(limits)) {
    const value = config[name as keyof typeof limits];
    check(`config.${name}`, isCount(value, limit) && value > 0);
  }
  check('config.rmsEpsilon', isNumber(config.rmsEpsilon) && config.rmsEpsilon >= 0 && config.rmsEpsilon <= 0.1);
  check('config.tiedOutput', typeof config.tiedOutput === 'boolean');
  const { base, layout, scaling } = config.rope;
  check('config.rope', isNumber(base) && base > 0 && (layout === 'norm' || layout === 'neox'));
  const isScaling = scaling.type === 'none' || (scaling.type === 'linear' && isNumber(scaling.factor));
  check('config.rope.scaling', isScaling);
  check('frequencyFactors', frequencyFactors === null || isListOf(frequencyFactors, 512, isNumber));
  check(
    'matrices',
    matrices.length <= 16_384 &&
      matrices.every(
        ({ name, format, rows, k }) =>
          isText(name, 256) && PACKED_FORMATS.includes(format) && isCount(rows, 2 ** 31) && isCount(k, 2 ** 24),
      ),
  );
  check('title', isTextOrNull(imported.title));
  check('licence', isTextOrNull(licence.name) && isTextOrNull(licence.link, 4000));
  check('chatTemplate', isTextOrNull(imported.chatTemplate, 2 ** 20));
  check('headerSha256', isText(imported.headerSha256) && /^[0-9a-f]{64}$/.test(imported.headerSha256));
  check(
    'sizes',
    [imported.sourceBytes, imported.weightBytes, imported.largestTensorBytes, imported.parameterCount].every((value) =>
      isCount(value, 2 ** 45),
    ),
  );
  check(
    'chat',
    isIdOrNull(chat.bosId) &&
      isIdOrNull(chat.eosId) &&
      isListOf(chat.prefixIds, 16, isId) &&
      isListOf(chat.stopIds, 1024, isId) &&
      typeof chat.prependsSpace === 'boolean' &&
      Object.values(chat.controlIds).every(isId),
  );
  check(
    'knownAnswers',
    knownAnswers.length <= 16 &&
      knownAnswers.every(
        ({ prompt, continuation }) => isListOf(prompt, 256, isId) && isListOf(continuation, 256, isId),
      ),
  );
}
