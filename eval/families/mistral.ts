/** Mistral: the LLaMA decoder with a sliding attention window. Source: Jiang et al. 2023, arXiv:2310.06825, section 2. */
import { z } from 'zod';
import { defineFamily } from './family.ts';
import { checkDecoder, decoderKeys, describeDecoder } from './parts/decoder.ts';

// The defaults are those of transformers' MistralConfig: a config without `sliding_window` has one of 4096.
const config = z
  .object({
    ...decoderKeys,
    num_key_value_heads: decoderKeys.num_key_value_heads.default(8),
    max_position_embeddings: decoderKeys.max_position_embeddings.unwrap().default(4096 * 32),
    sliding_window: z.int().positive().nullable().default(4096),
    attention_bias: z.literal(false, 'Mistral has no biases').default(false),
    mlp_bias: z.literal(false, 'Mistral has no biases').default(false),
  })
  .superRefine((parsed, context) => checkDecoder(parsed, context));

export const mistral = defineFamily({
  id: 'mistral',
  title: 'Mistral',
  architectureClass: 'MistralForCausalLM',
  config,
  describe: (parsed) => describeDecoder('mistral', parsed, parsed.sliding_window),
});
