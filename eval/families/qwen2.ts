/** Qwen 2 and 2.5: the LLaMA decoder with biases on queries, keys and values. Source: Yang et al. 2024, arXiv:2407.10671, section 2. */
import { z } from 'zod';
import { defineFamily } from './family.ts';
import { checkDecoder, decoderKeys, describeDecoder, withProjectionBiases } from './parts/decoder.ts';
import { activationKey, dimension } from './parts/keys.ts';
import { checkLayerTypes } from './parts/layer-types.ts';
import { qwenWindow, qwenWindowKeys } from './parts/qwen-window.ts';

const { attention_bias: _a, mlp_bias: _m, ...shared } = decoderKeys;

const config = z
  .object({
    ...shared,
    ...qwenWindowKeys,
    num_key_value_heads: dimension.nullable().default(32),
    hidden_act: activationKey('silu'),
    max_position_embeddings: dimension.default(32_768),
  })
  .transform((parsed) => ({ ...parsed, attention_bias: false, mlp_bias: false }))
  .superRefine((parsed, context) => {
    checkDecoder(parsed, context);
    checkLayerTypes(parsed.layer_types, parsed.num_hidden_layers, context);
  });

export const qwen2 = defineFamily({
  id: 'qwen2',
  title: 'Qwen 2',
  architectureClass: 'Qwen2ForCausalLM',
  config,
  describe: (parsed) =>
    describeDecoder('qwen2', parsed, (index) => qwenWindow(parsed, index), {
      change: (block) => ({ ...block, mixer: withProjectionBiases(block.mixer) }),
    }),
});
