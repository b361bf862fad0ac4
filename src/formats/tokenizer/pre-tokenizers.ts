// How byte-level BPE cuts text into words before merging: for each `tokenizer.ggml.pre` that llama.cpp knows, the regular
// expressions it applies one after the other. What lies between two matches is a word as well.

/** The first splitter of GPT-2, which many others end with. */
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)`;
const CONTRACTION = String.raw`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`;
/** What Llama 3's splitter and its relatives do after the letters and digits. */
const REST = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

export type PreTokenizer = {
  readonly patterns: readonly string[];
  /** A word that is a piece as it stands is taken without merging. */
  readonly ignoreMerges: boolean;
  /** Whether BOS is put in front where the file does not say. */
  readonly addBos: boolean;
};

const gpt2: PreTokenizer = { patterns: [GPT2], ignoreMerges: false, addBos: false };
const digitsAlone: PreTokenizer = { patterns: [String.raw`\p{N}`, GPT2], ignoreMerges: false, addBos: false };
const fallback: PreTokenizer = {
  patterns: [String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2, String.raw`\p{N}+`, '[0-9][0-9][0-9]'],
  ignoreMerges: false,
  addBos: false,
};
const llama3: PreTokenizer = {
  patterns: [String.raw`${CONTRACTION}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|${REST}`],
  ignoreMerges: true,
  addBos: true,
};
const qwen2: PreTokenizer = {
  patterns: [String.raw`${CONTRACTION}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|${REST}`],
  ignoreMerges: false,
  addBos: false,
};

const KINDS: ReadonlyMap<string, PreTokenizer> = new Map([
  ['default', fallback],
  ['gpt-2', gpt2],
  ['smollm', digitsAlone],
  ['starcoder', digitsAlone],
  ['refact', digitsAlone],
  ['command-r', digitsAlone],
  ['llama3', llama3],
  ['llama-v3', llama3],
  ['llama-bpe', llama3],
  ['smaug-bpe', { ...llama3, ignoreMerges: false, addBos: false }],
  ['qwen2', qwen2],
]);

/** The names that can be used, for a message. */
export const PRE_TOKENIZER_NAMES: readonly string[] = [...KINDS.keys()];

/** The splitter of that name; null when there is none. */
export function findPreTokenizer(name: string): PreTokenizer | null {
  return KINDS.get(name) ?? null;
}
