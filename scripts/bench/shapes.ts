/** The model shapes that benchmarks run at, with the work and bytes that follow from them. */
import type { Architecture } from '../../eval/families/architecture.ts';
import { describeModel } from '../../eval/families/index.ts';
import { linearsOf } from '../../eval/families/linears.ts';

const common = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 128256,
  num_key_value_heads: 8,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_parameters: { rope_type: 'default', rope_theta: 500000 },
  tie_word_embeddings: false,
};

/** Shapes of Meta-Llama-3-8B and -70B as their configs publish them. Source: arXiv:2407.21783, table 3. */
export const LLAMA_8B = {
  ...common,
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
};
export const LLAMA_70B = {
  ...common,
  hidden_size: 8192,
  intermediate_size: 28672,
  num_hidden_layers: 80,
  num_attention_heads: 64,
};

export type ModelConfig = typeof LLAMA_8B;

/** @param blocks  fewer blocks of the same shape; default all */
export function shapeOf(config: ModelConfig, blocks = config.num_hidden_layers): Architecture {
  return describeModel({ ...config, num_hidden_layers: blocks }, 'benchmark');
}

/** Weights of the linears of all blocks; the head and the embedding are counted apart. */
export function linearParameters(architecture: Architecture): number {
  return architecture.blocks
    .flatMap(linearsOf)
    .reduce((sum, { outFeatures, inFeatures }) => sum + outFeatures * inFeatures, 0);
}

export function headParameters({ head }: Architecture): number {
  return head.outFeatures * head.inFeatures;
}

/**
 * Multiplications and additions of a forward pass over `tokens` tokens in texts of `length`: two a weight and token, the
 * head for `predicted` of them, and the two products of causal attention, of which half of all pairs count.
 */
export function forwardFlops(
  architecture: Architecture,
  { tokens, length, predicted }: { tokens: number; length: number; predicted: number },
): number {
  const attention = architecture.blocks.reduce(
    (sum, { mixer }) =>
      sum + (mixer.kind === 'attention' ? 4 * mixer.heads * mixer.headDim * (length / 2) : 0),
    0,
  );
  return (
    tokens * (2 * linearParameters(architecture) + attention) + predicted * 2 * headParameters(architecture)
  );
}

/** Bytes that one decoded token must read at 16 bit: every weight of blocks and head, and the keys and values. */
export function decodeBytes(architecture: Architecture, positions: number, batch: number): number {
  const cached = architecture.blocks.reduce(
    (sum, { mixer }) => sum + (mixer.kind === 'attention' ? 2 * mixer.kvHeads * mixer.headDim : 0),
    0,
  );
  return 2 * (linearParameters(architecture) + headParameters(architecture) + batch * positions * cached);
}
