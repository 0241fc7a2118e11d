/**
 * A model and an engine simple enough to check by eye. Block: a = q(x) + k(x) + v(x), y = x + o(a); f = gate(y) · up(y),
 * result = y + down(f). Tokens never mix, so every token is a sequence of its own.
 */
import type { Chunk, Engine, LoadedModel, Observe } from '../../../eval/engines/engine.ts';
import type { Architecture, Block, Linear } from '../../../eval/families/architecture.ts';
import { plainEmbedding, preNorm } from '../../../eval/families/parts/blocks.ts';
import { createRng } from '../../../eval/math/rng.ts';
import type { WeightSource } from '../../../eval/weights.ts';
import { attentionOf, gatedOf } from '../families/parts-of.ts';

export const HIDDEN = 16;
export const INNER = 24;
const VOCABULARY = 32;

function linear(name: string, outFeatures: number, inFeatures: number): Linear {
  return { name, tensor: `${name}.weight`, outFeatures, inFeatures };
}

function block(index: number): Block {
  const path = `model.layers.${index}`;
  const norm = (name: string) =>
    ({ kind: 'rms', tensor: `${path}.${name}.weight`, eps: 1e-5, unitOffset: false }) as const;
  const square = (name: string) => linear(`${path}.self_attn.${name}_proj`, HIDDEN, HIDDEN);
  return {
    mixerNorms: preNorm(norm('input_layernorm')),
    mixer: {
      kind: 'attention',
      heads: 1,
      kvHeads: 1,
      headDim: HIDDEN,
      q: square('q'),
      k: square('k'),
      v: square('v'),
      o: square('o'),
      position: { kind: 'none' },
      scale: 1,
      softCap: null,
      slidingWindow: null,
      queryKeyNorm: null,
    },
    feedForwardNorms: preNorm(norm('post_attention_layernorm')),
    feedForward: {
      kind: 'glu',
      activation: 'silu',
      gate: linear(`${path}.mlp.gate_proj`, INNER, HIDDEN),
      up: linear(`${path}.mlp.up_proj`, INNER, HIDDEN),
      down: linear(`${path}.mlp.down_proj`, HIDDEN, INNER),
    },
    arrangement: 'sequential',
  };
}

export const architecture: Architecture = {
  family: 'fake',
  vocabSize: VOCABULARY,
  hiddenSize: HIDDEN,
  maxPositions: 64,
  embedding: plainEmbedding('model.embed_tokens.weight'),
  blocks: [0, 1, 2].map(block),
  finalNorm: { kind: 'rms', tensor: 'model.norm.weight', eps: 1e-5, unitOffset: false },
  headProjection: null,
  head: linear('lm_head', VOCABULARY, HIDDEN),
  logitSoftCap: null,
};

/** Seeded weights for any tensor, by name. */
export const weights: WeightSource = {
  linear: async ({ tensor, outFeatures, inFeatures }) => values(tensor, outFeatures * inFeatures),
  tensor: async (name) => values(name, HIDDEN),
  rows: async (name, ids) => {
    const table = values(name, VOCABULARY * HIDDEN);
    return Float32Array.from(
      { length: ids.length * HIDDEN },
      (_, i) => table[ids[Math.floor(i / HIDDEN)] * HIDDEN + (i % HIDDEN)],
    );
  },
  slice: async (name, from, to) => values(name, VOCABULARY * HIDDEN).slice(from * HIDDEN, to * HIDDEN),
};

function values(name: string, length: number): Float32Array {
  const rng = createRng([...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 2 ** 40);
  return Float32Array.from({ length }, () => 0.3 * rng.normal());
}

export interface FakeEngine extends Engine {
  readonly calls: { load: number; observed: number[]; gram: number };
}

export function fakeEngine(): FakeEngine {
  const calls = { load: 0, observed: [] as number[], gram: 0 };
  return {
    calls,
    info: { id: 'fake', version: '1', provider: 'cpu' },
    async load(_, source) {
      calls.load++;
      return fakeModel(source, calls.observed);
    },
    async gram(inputs, M, K) {
      calls.gram++;
      return gram(inputs, M, K);
    },
    async close() {},
  };
}

export function gram(inputs: Float32Array, M: number, K: number): Float32Array {
  const sum = new Float32Array(K * K);
  for (let m = 0; m < M; m++) {
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++) sum[i * K + j] += inputs[m * K + i] * inputs[m * K + j];
  }
  return sum;
}

function fakeModel(first: WeightSource, observed: number[]): LoadedModel {
  let source = first;
  const refuse = () => Promise.reject(new Error('not needed here'));
  return {
    architecture,
    finalStates: () => Promise.reject(new Error('compression must not score')),
    score: refuse,
    generate: refuse,
    logits: refuse,
    embed: ({ tokens }: Chunk) => source.rows(architecture.embedding.tensor, tokens),
    runBlock: (index, _, hidden, observe) => {
      if (observe !== undefined) observed.push(index);
      return runBlock(architecture.blocks[index], source, hidden, observe);
    },
    useWeights(next) {
      source = next;
    },
  };
}

export async function runBlock(
  block: Block,
  source: WeightSource,
  x: Float32Array,
  observe?: Observe,
): Promise<Float32Array> {
  const { q, k, v, o } = attentionOf(block);
  const { gate, up, down } = gatedOf(block);
  const M = x.length / HIDDEN;
  const apply = async (layer: Linear, inputs: Float32Array) =>
    multiply(await source.linear(layer), inputs, layer);
  await observe?.(q.name, x, M, HIDDEN);
  const [fromQ, fromK, fromV] = [await apply(q, x), await apply(k, x), await apply(v, x)];
  const a = fromQ.map((value, i) => value + fromK[i] + fromV[i]);
  await observe?.(o.name, a, M, HIDDEN);
  const fromO = await apply(o, a);
  const y = x.map((value, i) => value + fromO[i]);
  await observe?.(gate.name, y, M, HIDDEN);
  const [fromGate, fromUp] = [await apply(gate, y), await apply(up, y)];
  const f = fromGate.map((value, i) => value * fromUp[i]);
  await observe?.(down.name, f, M, INNER);
  const fromDown = await apply(down, f);
  return y.map((value, i) => value + fromDown[i]);
}

function multiply(
  weight: Float32Array,
  inputs: Float32Array,
  { outFeatures, inFeatures }: Linear,
): Float32Array {
  return Float32Array.from({ length: (inputs.length / inFeatures) * outFeatures }, (_, at) => {
    const m = Math.floor(at / outFeatures) * inFeatures;
    const n = (at % outFeatures) * inFeatures;
    let sum = 0;
    for (let t = 0; t < inFeatures; t++) sum += inputs[m + t] * weight[n + t];
    return sum;
  });
}
