// How byte-level BPE cuts text into words before merging: for each `tokenizer.ggml.pre`, the regular expressions that
// llama.cpp applies one after the other. What lies between two matches is a word as well.
//
// The letters, digits and punctuation of Unicode 15 that WebLLM's regular expressions (Oniguruma, Unicode 14) do not know
// yet and llama.cpp does. Found by comparing both on every code point.
const LETTERS =
  '\u{1123F}\u{11240}\u{11F02}\u{11F04}-\u{11F10}\u{11F12}-\u{11F33}\u{1342F}\u{13441}-\u{13446}\u{1B132}\u{1B155}' +
  '\u{1DF25}-\u{1DF2A}\u{1E030}-\u{1E06D}\u{1E4D0}-\u{1E4EB}\u{2B739}\u{2EBF0}-\u{2EE5D}\u{31350}-\u{323AF}';
const DIGITS = '\u{11F50}-\u{11F59}\u{1D2C0}-\u{1D2D3}\u{1E4F0}-\u{1E4F9}';
const PUNCTUATION = '\u{11B00}-\u{11B09}\u{11F43}-\u{11F4F}';

/** Classes stand in brackets in all patterns here, so that more characters can be written behind them. */
function withUnicode15(pattern: string): string {
  return pattern
    .replaceAll('\\p{L}', `\\p{L}${LETTERS}`)
    .replaceAll('\\p{N}', `\\p{N}${DIGITS}`)
    .replaceAll('\\p{P}', `\\p{P}${PUNCTUATION}`);
}

/** The splitter of GPT-2, which many others end with. */
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?[\p{L}]+| ?[\p{N}]+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)`;
const CONTRACTION = String.raw`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`;
/** What Llama 3's splitter and its relatives do after the letters and digits. */
const REST = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const LLAMA3 = String.raw`${CONTRACTION}|[^\r\n\p{L}\p{N}]?[\p{L}]+|[\p{N}]{1,3}|${REST}`;
const QWEN2 = String.raw`${CONTRACTION}|[^\r\n\p{L}\p{N}]?[\p{L}]+|[\p{N}]|${REST}`;
const SEED_CODER = String.raw`${CONTRACTION}|[^\r\n\p{L}\p{N}]?[\p{L}]+|[\p{N}]| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+`;
const VIKING = ' ?[^(\\s|.,!?…。，、।۔،)]+';
/** Letters that llama.cpp's expression for Mistral Nemo lets begin a word, and those that go on with it. */
const UPPER = '[\\p{L}&&[^a-z]]';
const LOWER = '[\\p{L}&&[^A-Z]]';
const TEKKEN = String.raw`[^\r\n\p{L}\p{N}]?${UPPER}*${LOWER}+|[^\r\n\p{L}\p{N}]?${UPPER}+${LOWER}*|[\p{N}]| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
export type PreTokenizer = {
  readonly patterns: readonly string[];
  /** A word that is a piece as it stands is taken without merging. */
  readonly ignoreMerges: boolean;
  /** Whether BOS is put in front where the file does not say. */
  readonly addBos: boolean;
};

type Kind = { readonly names: readonly string[]; readonly patterns: readonly string[]; readonly likeLlama3?: boolean };

/** Those that models of the llama architecture are known to use. */
const KINDS: readonly Kind[] = [
  { names: ['default'], patterns: ['[\\p{P}\\$\\+<=>\\^~\\|]+', GPT2, '[\\p{N}]+', '[0-9][0-9][0-9]'] },
  { names: ['gpt-2', 'trillion', 'granite-docling', 'mellum'], patterns: [GPT2] },
  { names: ['smollm', 'starcoder', 'refact', 'minerva-7b'], patterns: ['[\\p{N}]', GPT2] },
  {
    names: ['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'pixtral', 'midm-2.0'],
    patterns: [LLAMA3],
    likeLlama3: true,
  },
  { names: ['smaug-bpe'], patterns: [LLAMA3] },
  { names: ['qwen2', 'megrez', 'deepseek-r1-qwen'], patterns: [QWEN2] },
  { names: ['tekken'], patterns: [TEKKEN], likeLlama3: true },
  { names: ['seed-coder'], patterns: [SEED_CODER] },
  { names: ['viking'], patterns: [VIKING, '[\\p{N}]'] },
];

const BY_NAME: ReadonlyMap<string, PreTokenizer> = new Map(
  KINDS.flatMap(({ names, patterns, likeLlama3 = false }) => {
    const pre = { patterns: patterns.map(withUnicode15), ignoreMerges: likeLlama3, addBos: likeLlama3 };
    return names.map((name) => [name, pre] as const);
  }),
);

/** The names that can be used, for a message. */
export const PRE_TOKENIZER_NAMES: readonly string[] = [...BY_NAME.keys()];

/** The splitter of that name; null when there is none. */
export function findPreTokenizer(name: string): PreTokenizer | null {
  return BY_NAME.get(name) ?? null;
}
