/** Small random models of odd shapes, in memory and as checkpoint folders. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { denseTensor, writeSafetensors } from '../../../eval/checkpoint/safetensors-writer.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { describeModel } from '../../../eval/families/index.ts';
import { takeRows, type WeightSource } from '../../../eval/weights.ts';
import type { Tensors, TinyConfig } from './slow-forward.ts';

const BASE: TinyConfig = {
  model_type: 'llama',
  vocab_size: 97,
  hidden_size: 64,
  intermediate_size: 80,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 256,
  rope_theta: 10_000,
};

const LLAMA3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 32,
};

export const TINY: Readonly<Record<string, TinyConfig>> = {
  'one kv head': { ...BASE, num_key_value_heads: 1 },
  'three heads of 20, tied': {
    ...BASE,
    hidden_size: 60,
    num_attention_heads: 3,
    num_key_value_heads: 3,
    tie_word_embeddings: true,
  },
  'five heads of 20': {
    ...BASE,
    hidden_size: 100,
    num_attention_heads: 5,
    num_key_value_heads: 1,
    rms_norm_eps: 1e-6,
  },
  'heads wider than the model': {
    ...BASE,
    hidden_size: 48,
    num_attention_heads: 3,
    num_key_value_heads: 3,
    head_dim: 32,
  },
  'biases everywhere': { ...BASE, attention_bias: true, mlp_bias: true },
  'llama-3 scaling': { ...BASE, rope_theta: 500_000, head_dim: 32, rope_scaling: LLAMA3 },
  'linear scaling': { ...BASE, rope_scaling: { type: 'linear', factor: 4 } },
  'sliding window of 7': { ...BASE, model_type: 'mistral', sliding_window: 7 },
};

/** A linear congruential generator (Numerical Recipes), enough to fill weights the same way everywhere. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Random weights large enough that attention is far from uniform. */
export function randomTensors(config: TinyConfig, seed: number): Map<string, Float32Array> {
  const next = noise(seed);
  const tensors = new Map<string, Float32Array>();
  const fill = (name: string, size: number, scale: number, offset = 0) =>
    tensors.set(
      name,
      Float32Array.from({ length: size }, () => offset + scale * next()),
    );
  const {
    hidden_size: H,
    intermediate_size: inner,
    num_attention_heads: heads,
    num_key_value_heads: kv,
  } = config;
  const d = config.head_dim ?? H / heads;
  const linear = (name: string, out: number, into: number, bias: boolean | undefined) => {
    fill(`${name}.weight`, out * into, 2 / Math.sqrt(into));
    if (bias) fill(`${name}.bias`, out, 0.5);
  };
  fill('model.embed_tokens.weight', config.vocab_size * H, 1);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const path = `model.layers.${layer}`;
    fill(`${path}.input_layernorm.weight`, H, 0.3, 1);
    linear(`${path}.self_attn.q_proj`, heads * d, H, config.attention_bias);
    linear(`${path}.self_attn.k_proj`, kv * d, H, config.attention_bias);
    linear(`${path}.self_attn.v_proj`, kv * d, H, config.attention_bias);
    linear(`${path}.self_attn.o_proj`, H, heads * d, config.attention_bias);
    fill(`${path}.post_attention_layernorm.weight`, H, 0.3, 1);
    linear(`${path}.mlp.gate_proj`, inner, H, config.mlp_bias);
    linear(`${path}.mlp.up_proj`, inner, H, config.mlp_bias);
    linear(`${path}.mlp.down_proj`, H, inner, config.mlp_bias);
  }
  fill('model.norm.weight', H, 0.3, 1);
  if (!config.tie_word_embeddings) linear('lm_head', config.vocab_size, H, false);
  return tensors;
}

export interface TinyModel {
  readonly config: TinyConfig;
  readonly tensors: Tensors;
  readonly architecture: Architecture;
  readonly weights: WeightSource;
}

export function tinyModel(name: keyof typeof TINY, seed = 1): TinyModel {
  const config = TINY[name]!;
  const tensors = randomTensors(config, seed);
  return {
    config,
    tensors,
    architecture: describeModel(config, name),
    weights: memoryWeights(tensors, config.hidden_size),
  };
}

/** Weights held in memory. `columns` is the width of the embedding and the head. */
export function memoryWeights(tensors: Tensors, columns: number): WeightSource {
  const get = (name: string) => tensors.get(name)!;
  return {
    linear: async ({ tensor, rows, outFeatures, inFeatures }) =>
      takeRows(get(tensor), rows, outFeatures, inFeatures),
    tensor: async (name) => get(name),
    rows: async (name, ids) =>
      Float32Array.from(
        { length: ids.length * columns },
        (_, i) => get(name)[ids[Math.floor(i / columns)]! * columns + (i % columns)]!,
      ),
    slice: async (name, from, to) => get(name).subarray(from * columns, to * columns),
  };
}

/** A BPE tokenizer of single letters, enough to open a checkpoint. */
export function tinyTokenizer(size: number): object {
  const vocab = Object.fromEntries(
    Array.from({ length: size }, (_, i) => [String.fromCodePoint(0x4e00 + i), i]),
  );
  const model = { type: 'BPE', vocab, merges: [], unk_token: null };
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model,
  };
}

/** Writes config.json, tokenizer.json and model.safetensors. */
export async function writeTinyCheckpoint(
  folder: string,
  config: TinyConfig,
  tensors: Tensors,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tinyTokenizer(config.vocab_size)));
  const shapes = (name: string, data: Float32Array) =>
    /norm|bias/.test(name)
      ? [data.length]
      : [data.length / inFeatures(config, name), inFeatures(config, name)];
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    [...tensors].map(([name, data]) => denseTensor(name, 'F32', shapes(name, data), data)),
  );
}

function inFeatures(config: TinyConfig, name: string): number {
  if (name.includes('down_proj')) return config.intermediate_size;
  const d = config.head_dim ?? config.hidden_size / config.num_attention_heads;
  return name.includes('o_proj') ? d * config.num_attention_heads : config.hidden_size;
}
