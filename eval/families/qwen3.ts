/** Qwen 3: wide heads whose queries and keys are normalized. Source: Yang et al. 2025, arXiv:2505.09388, section 2. */
import { z } from 'zod';
import { defineFamily } from './family.ts';
import { rmsNorm } from './parts/blocks.ts';
import { checkDecoder, decoderKeys, describeDecoder } from './parts/decoder.ts';
import { activationKey, dimension } from './parts/keys.ts';
import { checkLayerTypes } from './parts/layer-types.ts';
import { qwenWindow, qwenWindowKeys } from './parts/qwen-window.ts';

const { mlp_bias: _, ...shared } = decoderKeys;

const config = z
  .object({
    ...shared,
    ...qwenWindowKeys,
    num_key_value_heads: dimension.nullable().default(32),
    head_dim: dimension.default(128),
    hidden_act: activationKey('silu'),
    max_position_embeddings: dimension.default(32_768),
  })
  .transform((parsed) => ({ ...parsed, mlp_bias: false }))
  .superRefine((parsed, context) => {
    checkDecoder(parsed, context);
    checkLayerTypes(parsed.layer_types, parsed.num_hidden_layers, context);
  });

export const qwen3 = defineFamily({
  id: 'qwen3',
  title: 'Qwen 3',
  architectureClass: 'Qwen3ForCausalLM',
  config,
  describe: (parsed) =>
    describeDecoder('qwen3', parsed, (index) => qwenWindow(parsed, index), {
      change: (block, path) => ({
        ...block,
        mixer: {
          ...block.mixer,
          queryKeyNorm: {
            q: rmsNorm(`${path}.self_attn.q_norm`, parsed.rms_norm_eps),
            k: rmsNorm(`${path}.self_attn.k_norm`, parsed.rms_norm_eps),
            over: 'head',
          },
        },
      }),
    }),
});
