import { en } from './en.ts';

type Verdict =
  | { kind: 'yes'; isTried: boolean }
  | { kind: 'yes-with-context'; contextLength: number }
  | { kind: 'yes-on-processor' }
  | { kind: 'unchecked' }
  | {
      kind: 'no';
      because: keyof typeof en.verdict.because;
      doThis: keyof typeof en.verdict.doThis;
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
  const words = en.verdict;
  switch (verdict.kind) {
    case 'yes':
      return { heading: words.yes, why: verdict.isTried ? words.yesTried : words.yesLight, doThis: null };
    case 'yes-with-context':
      return { heading: words.context, why: words.contextText(verdict.contextLength, contextLength), doThis: null };
    case 'yes-on-processor':
      return { heading: words.processor, why: words.processorText, doThis: null };
    case 'unchecked':
      return { heading: words.unchecked, why: words.uncheckedText, doThis: null };
    case 'no': {
      const { because, doThis, neededBytes, availableBytes } = verdict;
      if (because === 'no-gpu' && noGpu !== null) return { heading: words.noNow, why: noGpu.why, doThis: noGpu.advice };
      const canChange = ['leave-private', 'free-space', 'close-programs'].includes(doThis);
      return {
        heading: canChange ? words.noNow : words.no,
        why: words.because[because](neededBytes, availableBytes),
        doThis: words.doThis[doThis],
      };
    }
    default:
      return verdict satisfies never;
  }
}
