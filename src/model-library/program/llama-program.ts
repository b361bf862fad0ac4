// The program of a llama model: one decoder layer after the other, then the logits, and what sampling does with them.
//
//   hidden (arg 0, in place) -> qkv -> q, KV cache -> attention -> mixed -> attn_output -> hidden
//                            -> gate_up -> active -> ffn_down -> hidden      ...      -> lm_head -> logits (out)
import {
  attention,
  attentionReduce,
  attentionSplit,
  splitBytes,
  type AttentionSizes,
} from '#model-library/kernels/attention/attention.ts';
import { embed } from '#model-library/kernels/embed.ts';
import { gateUp } from '#model-library/kernels/gate-up.ts';
import type { KernelProfile } from '#model-library/kernels/kernel.ts';
import { lmHead } from '#model-library/kernels/lm-head.ts';
import { matvec } from '#model-library/kernels/matvec.ts';
import type { ProjectionMode } from '#model-library/kernels/projection/projection.ts';
import { qkv } from '#model-library/kernels/qkv.ts';
import { rmsNorm } from '#model-library/kernels/rms-norm.ts';
import { bias, bitmask, penalty, sampleTopP, softmax } from '#model-library/kernels/sampling/sampling.ts';
import { inverseFrequencies } from '#model-library/program/inverse-frequencies.ts';
import type { ModelDescription } from '#model-library/program/model-description.ts';
import { arg, OUT, ProgramParts } from '#model-library/program/program-parts.ts';
import type { Program, Source, Step } from '#model-library/program/program.ts';

export type ProgramOptions = {
  /** Most positions in one call of prefill; bounds the scratch buffers. */
  readonly prefillChunk: number;
  /** Submits the commands after every so many layers; 0 leaves submitting to WebLLM, which does it once a call. */
  readonly flushEveryLayers: Readonly<Record<ProjectionMode, number>>;
};

/**
 * Prefill is submitted in short parts because a driver may end one that takes seconds (2 s on Windows), and two layers of
 * SOLAR for 512 positions are 0.4 TFLOP. Decode is, so that the GPU begins while the later layers are still encoded.
 */
export const DEFAULT_PROGRAM_OPTIONS: ProgramOptions = {
  prefillChunk: 512,
  flushEveryLayers: { prefill: 2, decode: 8 },
};

const F16_BYTES = 2;
const F32_BYTES = 4;

/** The program that runs this model with one profile's kernels. Throws for a tensor that is missing or misshapen. */
export function createLlamaProgram(
  description: ModelDescription,
  profile: KernelProfile,
  options: ProgramOptions = DEFAULT_PROGRAM_OPTIONS,
): Program {
  const { config } = description;
  const parts = new ProgramParts(description);
  const embedding = parts.matrix('token_embd.weight', config.vocabSize, config.hiddenSize);
  const layers = createLayers(parts, description, profile);
  const outputNorm = parts.vector('output_norm.weight', config.hiddenSize);
  const output = config.tiedOutput ? embedding : parts.matrix('output.weight', config.vocabSize, config.hiddenSize);

  const headSizes = { vocab: config.vocabSize, k: config.hiddenSize, format: output.format, eps: config.rmsEpsilon };
  const logits = parts.dispatch(lmHead(headSizes, profile), {
    x: arg(0),
    norm: outputNorm,
    w: output.source,
    logits: OUT,
  });
  const forward = (mode: ProjectionMode): Step[] => {
    const every = options.flushEveryLayers[mode];
    const steps = layers.list.flatMap((layer, index) => {
      const isLast = index === layers.list.length - 1;
      const flushes = every > 0 && (index + 1) % every === 0 && !isLast;
      return [...layerSteps(parts, description, profile, mode, layers, layer), ...(flushes ? [FLUSH] : [])];
    });
    return [...steps, logits];
  };

  const firstLayer = layers.list[0];
  const { vocabSize: vocab, hiddenSize: k } = config;
  return {
    hiddenSize: config.hiddenSize,
    vocabSize: config.vocabSize,
    prefillChunk: options.prefillChunk,
    positionLimit: config.contextLength,
    parameters: parts.parameters,
    states: parts.states,
    rotary: { state: layers.rope.index, inverseFrequencies: frequenciesOf(description) },
    tasks: {
      embed: [
        parts.dispatch(embed({ vocab, k, format: embedding.format }), {
          ids: arg(0),
          weight: embedding.source,
          out: OUT,
        }),
      ],
      prefill: forward('prefill'),
      decode: forward('decode'),
      // The arguments' places are WebLLM's: runtime/assembly/machine.ts lists them.
      softmax: [parts.dispatch(softmax(vocab), { logits: arg(0), temperature: arg(1), out: OUT })],
      sample: [parts.dispatch(sampleTopP(vocab), { probs: arg(0), uniform_value: arg(2), top_p: arg(4), out: OUT })],
      penalty: [parts.dispatch(penalty(vocab), { logits: arg(0), ids: arg(3), counts: arg(4), penalties: arg(5) })],
      bias: [parts.dispatch(bias(vocab), { logits: arg(0), ids: arg(2), bias: arg(3) })],
      bitmask: [parts.dispatch(bitmask(vocab), { logits: arg(0), mask: arg(2) })],
      layerCheck: firstLayer ? layerSteps(parts, description, profile, 'decode', layers, firstLayer) : [],
    },
  };
}

const FLUSH: Step = { type: 'flush' };

type Layer = ReturnType<typeof createLayer>;
type Layers = {
  readonly list: readonly Layer[];
  readonly rope: Source;
  readonly normed: Source;
  readonly q: Source;
  readonly splits: Source;
  readonly mixed: Source;
  readonly active: Source;
};

/** The layers' parameters and caches, and the scratch that all layers share. */
function createLayers(parts: ProgramParts, description: ModelDescription, profile: KernelProfile): Layers {
  const { config } = description;
  const queryBytes = config.headCount * config.headDim * F32_BYTES;
  const list = Array.from({ length: config.layerCount }, (_, index) => createLayer(parts, description, index));
  return {
    list,
    rope: parts.state('rope', {}), // sized by the runtime
    normed: parts.state('normed', { perRow: config.hiddenSize * F32_BYTES }),
    q: parts.state('q', { perRow: queryBytes }),
    splits: parts.state('splits', splitBytes(headsOf(description), profile)),
    mixed: parts.state('mixed', { perRow: queryBytes }),
    active: parts.state('active', { perRow: config.ffnSize * F32_BYTES }),
  };
}

function createLayer(parts: ProgramParts, { config }: ModelDescription, index: number) {
  const { hiddenSize, ffnSize } = config;
  const querySize = config.headCount * config.headDim;
  const keySize = config.kvHeadCount * config.headDim;
  const name = (role: string) => `blk.${index}.${role}.weight`;
  return {
    attentionNorm: parts.vector(name('attn_norm'), hiddenSize),
    q: parts.matrix(name('attn_q'), querySize, hiddenSize),
    k: parts.matrix(name('attn_k'), keySize, hiddenSize),
    v: parts.matrix(name('attn_v'), keySize, hiddenSize),
    attentionOutput: parts.matrix(name('attn_output'), hiddenSize, querySize),
    ffnNorm: parts.vector(name('ffn_norm'), hiddenSize),
    gate: parts.matrix(name('ffn_gate'), ffnSize, hiddenSize),
    up: parts.matrix(name('ffn_up'), ffnSize, hiddenSize),
    down: parts.matrix(name('ffn_down'), hiddenSize, ffnSize),
    kv: parts.state(`kv.${index}`, { perPosition: 2 * keySize * F16_BYTES }),
  };
}

/** One layer over the call's rows; the hidden rows are argument 0 and change in place. */
function layerSteps(
  parts: ProgramParts,
  description: ModelDescription,
  profile: KernelProfile,
  mode: ProjectionMode,
  layers: Layers,
  layer: Layer,
): Step[] {
  const { config } = description;
  const { hiddenSize, ffnSize, rmsEpsilon: eps } = config;
  const heads = headsOf(description);
  const formats = { qFormat: layer.q.format, kFormat: layer.k.format, vFormat: layer.v.format };
  const hidden = arg(0);
  const { rope, normed, q, splits, mixed, active } = layers;
  // Decode's projections normalise their one row themselves; in prefill that is a step of its own.
  const isPrefill = mode === 'prefill';
  const x = isPrefill ? normed : hidden;
  const normalise = (norm: Source): Step[] =>
    isPrefill ? [parts.dispatch(rmsNorm({ k: hiddenSize, eps }, profile), { x: hidden, norm, out: normed })] : [];
  const attentionOutput = { n: hiddenSize, k: layer.attentionOutput.k, format: layer.attentionOutput.format };
  const down = { n: hiddenSize, k: ffnSize, format: layer.down.format };
  return [
    ...normalise(layer.attentionNorm),
    parts.dispatch(qkv({ k: hiddenSize, ...heads, ropeLayout: config.rope.layout, ...formats, eps }, profile, mode), {
      x,
      norm: layer.attentionNorm,
      wq: layer.q.source,
      wk: layer.k.source,
      wv: layer.v.source,
      rope,
      kv: layer.kv,
      q,
    }),
    ...(isPrefill
      ? [parts.dispatch(attention(heads, profile), { q, kv: layer.kv, out: mixed })]
      : [
          parts.dispatch(attentionSplit(heads, profile), { q, kv: layer.kv, parts: splits }),
          parts.dispatch(attentionReduce(heads, profile), { parts: splits, out: mixed }),
        ]),
    parts.dispatch(matvec(attentionOutput, profile, mode), { x: mixed, w: layer.attentionOutput.source, y: hidden }),
    ...normalise(layer.ffnNorm),
    parts.dispatch(
      gateUp(
        { ffn: ffnSize, k: hiddenSize, gateFormat: layer.gate.format, upFormat: layer.up.format, eps },
        profile,
        mode,
      ),
      { x, norm: layer.ffnNorm, wg: layer.gate.source, wu: layer.up.source, out: active },
    ),
    parts.dispatch(matvec(down, profile, mode), { x: active, w: layer.down.source, y: hidden }),
  ];
}

function headsOf({ config }: ModelDescription): AttentionSizes {
  return { heads: config.headCount, kvHeads: config.kvHeadCount, headDim: config.headDim };
}

function frequenciesOf({ config, frequencyFactors }: ModelDescription): number[] {
  const { base, scaling } = config.rope;
  const linearFactor = scaling.type === 'linear' ? scaling.factor : 1;
  return inverseFrequencies(config.headDim, { base, linearFactor, frequencyFactors });
}
