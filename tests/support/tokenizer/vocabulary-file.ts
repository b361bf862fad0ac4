// Vocabularies without weights, as GGUF files that both our reader and llama.cpp open. Node only.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import type { Metadata } from '#formats/gguf/metadata.ts';
import { array, bool, f32, text, texts, u32, writeGguf, type WrittenValue } from '#tests/support/gguf/writer.ts';

export type VocabularyPairs = Readonly<Record<string, WrittenValue>>;

/** A GGUF with everything llama.cpp wants of a llama model but its tensors; `pairs` go in as they are. */
export function vocabularyFile(pairs: VocabularyPairs): Uint8Array<ArrayBuffer> {
  const shape: VocabularyPairs = {
    'general.architecture': text('llama'),
    'llama.block_count': u32(1),
    'llama.context_length': u32(512),
    'llama.embedding_length': u32(64),
    'llama.feed_forward_length': u32(64),
    'llama.attention.head_count': u32(2),
    'llama.attention.layer_norm_rms_epsilon': f32(1e-5),
  };
  return writeGguf({ metadata: Object.entries({ ...shape, ...pairs }), tensors: [] });
}

export function metadataOf(file: Uint8Array): Metadata {
  return parseGgufHeader(file, file.length)!.metadata;
}

export type LlamaVocabulary = {
  /** Ids of a text without BOS; `special` decides whether control-token text becomes control tokens. */
  tokenize(text: string, special: boolean): number[];
  close(): Promise<void>;
};

let llama: ReturnType<typeof getLlama> | null = null;

/** Opens only the vocabulary of a GGUF, given as its bytes or its path, in llama.cpp. */
export async function openLlamaVocabulary(file: Uint8Array | string): Promise<LlamaVocabulary> {
  llama ??= getLlama({ build: 'never', gpu: false, logLevel: LlamaLogLevel.fatal });
  const folder = await mkdtemp(join(tmpdir(), 'daylight-vocabulary-'));
  try {
    const modelPath = typeof file === 'string' ? file : join(folder, 'vocabulary.gguf');
    if (typeof file !== 'string') await writeFile(modelPath, file);
    const model = await (await llama).loadModel({ modelPath, vocabOnly: true });
    return { tokenize: (text, special) => [...model.tokenize(text, special)], close: () => model.dispose() };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * The 32000 pieces of Mistral 7B v0.1 (which are SOLAR's) or Llama 2, with the scores of their SentencePiece models:
 * a piece is worse the later it comes, and Mistral's pieces of nothing but spaces are worse than all others. `added` come
 * behind, as fine-tuned models add them, and are of GGUF's type `addedType` (3: control, 4: user-defined).
 */
export async function sentencePieceVocabulary(
  name: 'mistral' | 'llama-2',
  added: readonly string[] = [],
  addedType: 3 | 4 = 3,
): Promise<VocabularyPairs> {
  const module = name === 'mistral' ? await import('mistral-tokenizer-js') : await import('llama-tokenizer-js');
  const trained: readonly string[] = module.default.vocabById;
  const pieces = [...trained, ...added];
  const onlySpaces = (piece: string) => name === 'mistral' && /^▁{2,}$/.test(piece);
  const scores = pieces.map((piece, id) => (id < 259 ? 0 : onlySpaces(piece) ? -1e9 : 259 - id));
  const types = pieces.map((_, id) => (id < trained.length ? pieceType(id) : addedType));
  return { ...sentencePiecePairs(pieces, scores), 'tokenizer.ggml.token_type': array('INT32', types) };
}

/** In SentencePiece's order: unknown, BOS, EOS, 256 bytes, then normal pieces. */
const pieceType = (id: number) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1);

/** Metadata of pieces in SentencePiece's order. */
export function sentencePiecePairs(pieces: readonly string[], scores: readonly number[]): VocabularyPairs {
  const types = pieces.map((_, id) => pieceType(id));
  return {
    'tokenizer.ggml.model': text('llama'),
    'tokenizer.ggml.pre': text('default'),
    'tokenizer.ggml.tokens': texts(pieces),
    'tokenizer.ggml.scores': array('FLOAT32', scores),
    'tokenizer.ggml.token_type': array('INT32', types),
    'tokenizer.ggml.bos_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(2),
    'tokenizer.ggml.unknown_token_id': u32(0),
    'tokenizer.ggml.add_bos_token': bool(true),
    'tokenizer.ggml.add_eos_token': bool(false),
  };
}
