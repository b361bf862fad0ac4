// Bytes to text. UTF-8 unless the bytes say otherwise; an older encoding is guessed only where UTF-8 is impossible.
import type { DocumentWarning } from '../document.ts';

export type DecodedText = { readonly text: string; readonly warnings: readonly DocumentWarning[] };

/** Bytes that the guess looks at. */
const SAMPLE_BYTES = 200_000;

/** Decodes a whole file, with `\n` at the end of every line. `isHtml` lets a declared charset be believed. */
export function decodeText(bytes: Uint8Array, isHtml = false): DecodedText {
  const marked = encodingOfMark(bytes);
  if (marked) return { text: clean(new TextDecoder(marked).decode(bytes)), warnings: [] };
  try {
    return { text: clean(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), warnings: [] };
  } catch {
    const declared = isHtml ? declaredEncoding(bytes) : null;
    if (declared) return { text: clean(declared.decode(bytes)), warnings: [] };
    const encoding = guessEncoding(bytes.subarray(0, SAMPLE_BYTES));
    const text = clean(new TextDecoder(encoding).decode(bytes));
    return { text, warnings: [{ type: 'encoding-assumed', encoding }] };
  }
}

function encodingOfMark(bytes: Uint8Array): string | null {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return null;
}

function declaredEncoding(bytes: Uint8Array): TextDecoder | null {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 1024));
  const label = /<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})/i.exec(head)?.[1];
  try {
    return label === undefined || /^utf-?(?:8|16)/i.test(label) ? null : new TextDecoder(label);
  } catch {
    return null; // a charset that no browser knows
  }
}

/**
 * One of windows-1252, windows-1256 and euc-kr. Korean comes in pairs of high bytes of which nearly all are syllables;
 * Arabic in runs of high bytes, whole words; an accented letter stands alone among ASCII ones.
 */
export function guessEncoding(sample: Uint8Array): string {
  let pairs = 0;
  let syllables = 0;
  let runs = 0;
  let highBytes = 0;
  for (let at = 0; at < sample.length;) {
    if (sample[at]! < 0x80) {
      at++;
      continue;
    }
    runs++;
    const start = at;
    while (at < sample.length && sample[at]! >= 0x80) at++;
    highBytes += at - start;
    for (let i = start; i + 1 < at; i += 2) {
      pairs++;
      if (sample[i]! >= 0xb0 && sample[i]! <= 0xc8 && sample[i + 1]! >= 0xa1) syllables++;
    }
    if ((at - start) % 2 === 1 && at < sample.length) pairs++; // Korean leaves no single byte behind
  }
  if (syllables > 0 && syllables >= pairs * 0.9) return 'euc-kr';
  const arabic = new TextDecoder('windows-1256').decode(sample).match(/[\u0621-\u064a]/g)?.length ?? 0;
  return highBytes >= runs * 1.8 && arabic >= highBytes * 0.7 ? 'windows-1256' : 'windows-1252';
}

const clean = (text: string): string => text.replace(/\r\n?/g, '\n').replaceAll('\0', '');
