// llama.cpp itself (node-llama-cpp, CPU) as the judge of what a model says. Node only.
import { getLlama, LlamaLogLevel, type Llama, type LlamaModel, type Token } from 'node-llama-cpp';

export type LlamaStep = {
  /** The most probable token. */
  id: number;
  /** Natural logarithm of every token's probability, by id; -Infinity where f32 underflows. */
  logprobs: Float64Array;
};

export type LlamaReference = {
  model: LlamaModel;
  /** Ids of a text; `special` decides whether control-token text becomes control tokens. No BOS is added. */
  tokenize(text: string, special: boolean): number[];
  /** Evaluates `promptIds` on an empty cache and then continues greedily for `count` steps (end of generation does not stop it). */
  greedy(promptIds: readonly number[], count: number): Promise<LlamaStep[]>;
  /** Evaluates exactly `ids` and gives what llama.cpp expects after each of the last `count` of them. */
  score(ids: readonly number[], count: number): Promise<LlamaStep[]>;
  close(): Promise<void>;
};

let shared: Promise<Llama> | null = null;

function startLlama(): Promise<Llama> {
  shared ??= getLlama({ build: 'never', gpu: false, logLevel: LlamaLogLevel.error });
  return shared;
}

/** Opens a GGUF (the first piece of a split one) in llama.cpp on the CPU. One thread suits tiny models: more would only wait for each other. */
export async function openLlama(path: string, contextSize = 512, threads = 2): Promise<LlamaReference> {
  const llama = await startLlama();
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const context = await model.createContext({ contextSize, batchSize: contextSize, threads, flashAttention: false });
  const sequence = context.getSequence();

  const evaluate = async (ids: readonly number[], wanted: number): Promise<LlamaStep[]> => {
    const firstWanted = ids.length - wanted;
    // Temperature 1 and no filter leave the distribution as the model gives it.
    const options = {
      generateNext: { probabilities: true as const, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } },
    };
    const input = ids.map((id, at): Token | [Token, typeof options] =>
      at < firstWanted ? (id as Token) : [id as Token, options],
    );
    const results = await sequence.controlledEvaluate(input);
    return results.slice(firstWanted).map((result) => {
      const probabilities = result?.next.probabilities;
      if (!probabilities) throw new Error('llama.cpp gave no probabilities');
      const logprobs = new Float64Array(probabilities.size).fill(-Infinity);
      let best = -1;
      for (const [id, probability] of probabilities) {
        logprobs[id] = Math.log(probability);
        if (best < 0 || logprobs[id]! > logprobs[best]!) best = id;
      }
      return { id: best, logprobs };
    });
  };

  return {
    model,
    tokenize: (text, special) => [...model.tokenize(text, special)],
    async greedy(promptIds, count) {
      await sequence.clearHistory();
      const steps: LlamaStep[] = [];
      let next = promptIds;
      for (let step = 0; step < count; step++) {
        const [result] = await evaluate(next, 1);
        steps.push(result!);
        next = [result!.id];
      }
      return steps;
    },
    async score(ids, count) {
      await sequence.clearHistory();
      return evaluate(ids, count);
    },
    async close() {
      await context.dispose();
      await model.dispose();
    },
  };
}
