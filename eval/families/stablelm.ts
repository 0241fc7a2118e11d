/** StableLM: LayerNorm, a part of each head rotated, sometimes parallel. Source: Bellagente et al. 2024, arXiv:2402.17834, section 3.1. */
import { z } from 'zod';
import { defineFamily } from './family.ts';
import { layerNorm, preNorm } from './parts/blocks.ts';
import { checkDecoder, decoderKeys, describeDecoder, withProjectionBiases } from './parts/decoder.ts';
import { activationKey, dimension, epsilon } from './parts/keys.ts';
import { partialRopeKeys } from './parts/rope.ts';

const ROTATED_PART = 0.25;
const { attention_bias: _a, mlp_bias: _m, rms_norm_eps: _r, head_dim: _h, ...shared } = decoderKeys;

const config = z
  .object({
    ...shared,
    ...partialRopeKeys,
    num_key_value_heads: dimension.default(32),
    hidden_act: activationKey('silu'),
    max_position_embeddings: dimension.default(4096),
    layer_norm_eps: epsilon.default(1e-5),
    use_qkv_bias: z.boolean().default(false),
    qk_layernorm: z.literal(false, 'norms of single query and key heads are not supported').default(false),
    use_parallel_residual: z.boolean().default(false),
  })
  .transform((parsed) => ({ ...parsed, attention_bias: false, mlp_bias: false }))
  .superRefine((parsed, context) => checkDecoder(parsed, context, ROTATED_PART));

export const stablelm = defineFamily({
  id: 'stablelm',
  title: 'StableLM',
  architectureClass: 'StableLmForCausalLM',
  config,
  describe(parsed) {
    return describeDecoder('stablelm', parsed, null, {
      rotatedPart: ROTATED_PART,
      norm: (name) => layerNorm(name, parsed.layer_norm_eps),
      change(block) {
        const mixer = parsed.use_qkv_bias ? withProjectionBiases(block.mixer) : block.mixer;
        return parsed.use_parallel_residual
          ? { ...block, mixer, feedForwardNorms: preNorm(null), arrangement: 'parallel' }
          : { ...block, mixer };
      },
    });
  },
});
