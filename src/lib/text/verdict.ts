import { formatBytes, formatNumber, formatWords } from './format.ts';
import { m } from './paraglide/messages.js';

type Because =
  'no-gpu' | 'handheld' | 'software' | 'memory' | 'private-window' | 'storage' | 'gpu-buffer' | 'gpu-memory';
type DoThis = 'turn-on-gpu' | 'other-device' | 'other-browser' | 'leave-private' | 'free-space' | 'close-programs';
type Verdict =
  | { kind: 'yes'; isTried: boolean }
  | { kind: 'yes-with-context'; contextLength: number }
  | { kind: 'yes-on-processor' }
  | { kind: 'unchecked' }
  | {
      kind: 'no';
      because: Because;
      doThis: DoThis;
      neededBytes: number;
      availableBytes: number;
    };

export type VerdictWords = { heading: string; why: string; doThis: string | null };

/**
 * A verdict in words; `contextLength` is the model's own. `noGpu` says why this browser has no graphics card and what to do about
 * it, where that is known.
 */
export function verdictWords(
  verdict: Verdict,
  contextLength: number,
  noGpu: { why: string; advice: string } | null = null,
): VerdictWords {
  switch (verdict.kind) {
    case 'yes':
      return {
        heading: m['verdict.yes'](),
        why: verdict.isTried ? m['verdict.yesTried']() : m['verdict.yesLight'](),
        doThis: null,
      };
    case 'yes-with-context':
      return {
        heading: m['verdict.context'](),
        why: m['verdict.contextText']({
          tokens: formatNumber(verdict.contextLength),
          full: formatNumber(contextLength),
          words: formatWords(verdict.contextLength),
        }),
        doThis: null,
      };
    case 'yes-on-processor':
      return { heading: m['verdict.processor'](), why: m['verdict.processorText'](), doThis: null };
    case 'unchecked':
      return { heading: m['verdict.unchecked'](), why: m['verdict.uncheckedText'](), doThis: null };
    case 'no': {
      const { because, doThis, neededBytes, availableBytes } = verdict;
      if (because === 'no-gpu' && noGpu !== null)
        return { heading: m['verdict.noNow'](), why: noGpu.why, doThis: noGpu.advice };
      const canChange = ['leave-private', 'free-space', 'close-programs'].includes(doThis);
      return {
        heading: canChange ? m['verdict.noNow']() : m['verdict.no'](),
        why: m[`verdict.because.${because}` as const]({
          needed: formatBytes(neededBytes),
          available: formatBytes(availableBytes),
        }),
        doThis: m[`verdict.doThis.${doThis}` as const](),
      };
    }
    default:
      return verdict satisfies never;
  }
}
