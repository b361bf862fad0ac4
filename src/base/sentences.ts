// Where sentences end, in one pass over the text: Latin, Arabic, Devanagari, Chinese, Japanese and Korean marks. A border is
// behind the white space that follows, so that the parts join to the text again.

/** End a sentence when white space follows. Korean writes "다." as Latin does; ؟ and ۔ are Arabic and Urdu. */
const ENDS = new Set('.!?…؟۔।॥');
/** End a sentence by themselves: Chinese and Japanese put no space. */
const WIDE_ENDS = new Set('。！？｡．');
const CLOSERS = new Set('"\'”’»›)]}）」』】〉》');

/** Words that a full stop shortens, in lower case. A wrong border costs little: passages are cut at few of them. */
const ABBREVIATIONS = new Set(
  'mr mrs ms dr prof st vs etc e.g i.e cf fig no vol pp ca approx inc ltd z.b d.h bzw usw bzgl nr art al sr sra p.ej'.split(
    ' ',
  ),
);

const isSpace = (character: string | undefined): boolean => character !== undefined && /\s/.test(character);

/**
 * The ends of all sentences, the last being the end of the text. An empty line ends one too, and every line when
 * `isByLine`, as for code.
 */
export function sentenceEnds(text: string, isByLine = false): number[] {
  const ends: number[] = [];
  for (let at = 0; at < text.length;) {
    const character = text[at]!;
    let end = -1;
    if (character === '\n') {
      const next = afterSpace(text, at + 1);
      if (isByLine) end = at + 1;
      else if (text.slice(at + 1, next).includes('\n')) end = next;
      else at = next;
    } else if (ENDS.has(character) || WIDE_ENDS.has(character)) {
      const marksFrom = at;
      let isWide = false;
      for (; ENDS.has(text[at]!) || WIDE_ENDS.has(text[at]!); at++) isWide ||= WIDE_ENDS.has(text[at]!);
      while (CLOSERS.has(text[at]!)) at++;
      const next = afterSpace(text, at);
      if (isWide || (next > at && !goesOn(text, marksFrom, at, next))) end = next;
      else if (isByLine) continue;
      else if (next > at && !text.slice(at, next).includes('\n')) at = next;
      if (end < 0) continue;
    } else {
      at++;
      continue;
    }
    if (end < 0) continue;
    ends.push(end);
    at = end;
  }
  if (ends.at(-1) !== text.length && text !== '') ends.push(text.length);
  return ends;
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text[at])) at++;
  return at;
}

/** True for the full stop of "Dr. Kim", "J. Smith", "z. B. so" and of a sentence that goes on in lower case. */
function goesOn(text: string, marksFrom: number, marksEnd: number, next: number): boolean {
  if (text[marksFrom] !== '.' || marksEnd !== marksFrom + 1) return false;
  if (/\p{Ll}/u.test(text[next] ?? '')) return true;
  const before = text.slice(Math.max(0, marksFrom - 8), marksFrom);
  const word = /(?:^|[\s(])([\p{L}.]+)$/u.exec(before)?.[1];
  return word !== undefined && (/^\p{Lu}$/u.test(word) || ABBREVIATIONS.has(word.toLowerCase()));
}
