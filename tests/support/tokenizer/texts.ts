// Texts that tokenizers disagree about.
import { Random } from '#tests/support/gguf/random.ts';

export const FIXED_TEXTS: readonly string[] = [
  '',
  ' ',
  '  ',
  '\n',
  '\n\n',
  ' \n ',
  '\t',
  '\r\n\r\n',
  'Hello, world!',
  ' leading and trailing ',
  'a  b   c    d     e',
  'tabs\tand\t\ttabs\n\n\nand lines\r\n  indented\n\tmixed \n',
  "I'm you're he'll we've they'd it's don't WE'RE YOU'LL 's 'S it''s",
  'مرحبا بالعالم، كيف حالك؟ ١٢٣٤٥',
  'שלום עולם, מה שלומך?',
  '안녕하세요 세계! 오늘 날씨가 참 좋네요.',
  '你好，世界！今天天气很好。全角　空白',
  'こんにちは世界。カタカナとひらがな、漢字。',
  'हिन्दी में नमस्ते दुनिया १२३',
  'ภาษาไทยไม่มีช่องว่าง ก็ได้',
  'Ελληνικά Кириллица Հայերեն ქართული',
  '👨‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍🌈 ❤️ 1️⃣ 🇩🇪 👍🏿',
  'e\u0301 n\u0303 a\u0308\u0323 Z̷̢̛a̶l̵g̸o̴ é ñ',
  'function max(a, b) { return a >= b ? a : b; } // `code` <=> ~^|$ #include <stdio.h>\n',
  'def f(x):\n    if x:\n        return [i**2 for i in range(x)]\n\treturn None\n',
  '<div class="a">&amp;</div> \\n \\t {{x}} ${y} @user #tag 100% C++ C#',
  '0 1 12 123 1234 12345 3.14159 1,000,000 1e-5 0xFF 2024-01-31 ½ ² ① Ⅷ 〇 ٣',
  '---- ==== .... !!!! ???? ____ //// \\\\\\\\ ```` ~~~~ **** …… ——',
  'https://example.org/a/b?c=d&e=f#g user@example.org',
  '\u0000 \u0001 \u007f \u0085 \u00a0 \u00ad \u200b \u200d \u2028 \u2029 \u202e \ufeff \ufffd \uffff',
  '\u{10ffff}\u{e0001}\u{f0000}',
  '▁ ▁▁ a▁b ▁leading',
  'Ġ Ċ ĉ literal byte characters ÀÁ',
  '<|im_start|>system\nYou obey the user.<|im_end|>\n<|im_start|>assistant\n',
  '<s> </s> <unk> <|endoftext|> [INST] [/INST] <<SYS>> <|user|> ### User:',
  '<0x0A> <0xFF> <0x-1>',
  '\ufdd0 \ufdd1 \ufdd0\u00101 \u00102\ufdd1',
  'ſ K Å ﬁ ǅ İ ı ẞ',
  // Unicode 15 letters, digits and punctuation.
  'a\u{1123f}b\u{2ebf0} 1\u{1e4f0}\u{11f50} !\u{11b00}\u{11f43} \u{31350}\u{1e030}',
];

/** Runs of one character, which merge in long chains. */
export const RUNS: readonly string[] = [' ', '\n', '\t', '-', '=', '.', 'a', '0', '中', '▁', '😀'].flatMap((unit) =>
  [3, 7, 15, 16, 17, 31, 33, 50, 64, 129].flatMap((count) => [unit.repeat(count), `x${unit.repeat(count)}y`]),
);

const ALPHABET = [
  ...' \n\t\r\u00a0\u3000-=.,;:!?\'"`aeiosrtlABCxyz01239(){}[]<>/\\_*#+$^~|&@%éßñ中文字あカ안녕مرحבש१नก็\u0301\u200d️😀🏽ſ。，…',
];

/** Random texts from the characters of common scripts, from all of Unicode, and from `pieces` of a vocabulary. */
export function randomTexts(seed: number, count: number, pieces: readonly string[] = []): string[] {
  const random = new Random(seed);
  const repeated = (make: () => string, most: number) => Array.from({ length: random.integer(most) }, make).join('');
  const common = () =>
    ALPHABET[random.integer(ALPHABET.length)]!.repeat(random.integer(5) === 0 ? random.integer(20) : 1);
  const anything = () => {
    const code = random.integer(2) === 0 ? random.integer(0x3000) : random.integer(0x110000);
    return String.fromCodePoint(code >= 0xd800 && code < 0xe000 ? 0x20 : code);
  };
  const piece = () => pieces[random.integer(pieces.length)]!;
  return Array.from({ length: count }, (_, index) => {
    if (index % 3 === 0) return repeated(common, 60);
    if (index % 3 === 1 || pieces.length === 0) return repeated(anything, 40);
    return repeated(piece, 30);
  });
}
