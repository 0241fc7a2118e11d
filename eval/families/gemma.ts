/** Gemma: norms that scale by 1 + weight, scaled embeddings, wide heads, gated GELU. Source: arXiv:2403.08295, section 2. */
import { z } from 'zod';
import { defineFamily } from './family.ts';
import { rmsNorm } from './parts/blocks.ts';
import { checkDecoder, decoderKeys, describeDecoder } from './parts/decoder.ts';
import { activationKey, dimension } from './parts/keys.ts';

const config = z
  .object({
    ...decoderKeys,
    head_dim: dimension.default(256),
    num_key_value_heads: dimension.default(16),
    hidden_act: activationKey('gelu_pytorch_tanh'),
    max_position_embeddings: dimension.default(8192),
    tie_word_embeddings: z.boolean().default(true),
    mlp_bias: z.literal(false, 'Gemma has no feed-forward biases').default(false),
    use_bidirectional_attention: z.literal(false, 'only causal attention is supported').nullish(),
  })
  .superRefine((parsed, context) => checkDecoder(parsed, context));

export const gemma = defineFamily({
  id: 'gemma',
  title: 'Gemma',
  architectureClass: 'GemmaForCausalLM',
  config,
  describe(parsed) {
    const norm = (name: string) => ({ ...rmsNorm(name, parsed.rms_norm_eps), unitOffset: true });
    const base = describeDecoder('gemma', parsed, null, { norm });
    return { ...base, embedding: { ...base.embedding, scale: Math.sqrt(parsed.hidden_size) } };
  },
});
