/** Gemma 2: Gemma with soft caps, alternating windows and norms on both sides of each part. Source: arXiv:2408.00118, section 2. */
import { z } from 'zod';
import { defineFamily } from './family.ts';
import { rmsNorm } from './parts/blocks.ts';
import { checkDecoder, decoderKeys, describeDecoder } from './parts/decoder.ts';
import { activationKey, dimension } from './parts/keys.ts';
import { checkLayerTypes, isWindowed, layerTypesKey } from './parts/layer-types.ts';

const softCap = z.number().positive().nullable();
const { hidden_act: _, ...shared } = decoderKeys;

const config = z
  .object({
    ...shared,
    head_dim: dimension.default(256),
    num_key_value_heads: dimension.default(4),
    hidden_activation: activationKey('gelu_pytorch_tanh'),
    max_position_embeddings: dimension.default(8192),
    tie_word_embeddings: z.boolean().default(true),
    mlp_bias: z.literal(false, 'Gemma 2 has no feed-forward biases').default(false),
    query_pre_attn_scalar: z.number().positive().default(256),
    sliding_window: dimension.nullable().default(4096),
    layer_types: layerTypesKey,
    final_logit_softcapping: softCap.default(30),
    attn_logit_softcapping: softCap.default(50),
    use_bidirectional_attention: z.literal(false, 'only causal attention is supported').nullish(),
  })
  .transform((parsed) => ({ ...parsed, hidden_act: parsed.hidden_activation }))
  .superRefine((parsed, context) => {
    checkDecoder(parsed, context);
    checkLayerTypes(parsed.layer_types, parsed.num_hidden_layers, context);
  });

export const gemma2 = defineFamily({
  id: 'gemma2',
  title: 'Gemma 2',
  architectureClass: 'Gemma2ForCausalLM',
  config,
  describe(parsed) {
    const norm = (name: string) => ({ ...rmsNorm(name, parsed.rms_norm_eps), unitOffset: true });
    const windowOf = (index: number) =>
      isWindowed(parsed.layer_types, index, (layer) => layer % 2 === 0) ? parsed.sliding_window : null;
    const base = describeDecoder('gemma2', parsed, windowOf, {
      norm,
      change: (block, path) => ({
        ...block,
        mixerNorms: { ...block.mixerNorms, output: norm(`${path}.post_attention_layernorm`) },
        mixer: {
          ...block.mixer,
          scale: 1 / Math.sqrt(parsed.query_pre_attn_scalar),
          softCap: parsed.attn_logit_softcapping,
        },
        feedForwardNorms: {
          before: norm(`${path}.pre_feedforward_layernorm`),
          output: norm(`${path}.post_feedforward_layernorm`),
          after: null,
        },
      }),
    });
    return {
      ...base,
      embedding: { ...base.embedding, scale: Math.sqrt(parsed.hidden_size) },
      logitSoftCap: parsed.final_logit_softcapping,
    };
  },
});
