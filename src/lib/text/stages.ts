import { m } from './paraglide/messages.js';

type Stage = 'waiting' | 'network' | 'disk' | 'upload' | 'compile' | 'check' | 'first-token';

/** How a stage of loading is called, what it does, and what closing the page would cost. */
export type StageWords = { name: string; doing: string; onClose: string };

/** The words of a stage; a model in a file of this device is read where another is downloaded. */
export function stageWords(stage: Stage, isFile = false): StageWords {
  const onClose = ['waiting', 'network', 'disk'].includes(stage) ? m['loading.kept']() : m['loading.onDevice']();
  if (isFile && stage === 'network') return { name: m['loading.readName'](), doing: m['loading.readDoing'](), onClose };
  return {
    name: m[`loading.stages.${stage}.name` as const](),
    doing: m[`loading.stages.${stage}.doing` as const](),
    onClose,
  };
}
