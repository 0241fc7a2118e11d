/** Phi-3 and Phi-4-mini: fused projections, LongRoPE in the long versions. Source: Abdin et al. 2024, arXiv:2404.14219, section 2. */
import { z } from 'zod';
import { defineFamily } from './family.ts';
import { fusedLinear, rowRange, stackedProjections } from './parts/blocks.ts';
import { checkDecoder, type DecoderBlock, decoderKeys, describeDecoder } from './parts/decoder.ts';
import { activationKey, dimension } from './parts/keys.ts';
import { partialRopeKeys } from './parts/rope.ts';

const { attention_bias: _a, mlp_bias: _m, ...shared } = decoderKeys;

const shape = z.object({
  ...shared,
  ...partialRopeKeys,
  hidden_act: activationKey('silu'),
  max_position_embeddings: dimension.default(4096),
  original_max_position_embeddings: dimension.default(4096),
  rms_norm_eps: decoderKeys.rms_norm_eps.unwrap().default(1e-5),
  sliding_window: dimension.nullable().default(null),
});

const config = z
  .preprocess(renameRules, shape)
  .transform((parsed) => ({ ...withOriginalLength(parsed), attention_bias: false, mlp_bias: false }))
  .superRefine((parsed, context) => {
    checkDecoder(parsed, context);
    for (const key of ['rope_scaling', 'rope_parameters'] as const) {
      const rule = parsed[key]?.rope_type ?? 'default';
      if (rule !== 'default' && rule !== 'longrope')
        context.addIssue({ code: 'custom', path: [key], message: `"${rule}" is not a rule of Phi-3` });
    }
  });

export const phi3 = defineFamily({
  id: 'phi3',
  title: 'Phi-3',
  architectureClass: 'Phi3ForCausalLM',
  remoteClasses: ['Phi3ForCausalLM'],
  config,
  describe: (parsed) =>
    describeDecoder('phi3', parsed, parsed.sliding_window, {
      change: (block, path) => ({
        ...block,
        mixer: {
          ...block.mixer,
          ...stackedProjections(`${path}.self_attn.qkv_proj`, block.mixer, parsed.hidden_size, false),
        },
        feedForward: { ...block.feedForward, ...gateAndUp(block, `${path}.mlp.gate_up_proj`) },
      }),
    }),
});

function gateAndUp({ feedForward: { gate } }: DecoderBlock, name: string) {
  const { outFeatures: inner, inFeatures } = gate;
  const half = { outFeatures: inner, inFeatures, bias: false };
  return {
    gate: fusedLinear(name, 'gate', rowRange(0, inner), half),
    up: fusedLinear(name, 'up', rowRange(inner, inner), half),
  };
}

/** The first published configs call LongRoPE "su" and "yarn". */
function renameRules(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, key.startsWith('rope_') ? renameRule(entry) : entry]),
  );
}

function renameRule(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const rename = (name: unknown) => (name === 'su' || name === 'yarn' ? 'longrope' : name);
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, /^(rope_)?type$/.test(key) ? rename(entry) : entry]),
  );
}

/** The class takes the length before stretching from outside the rule. */
function withOriginalLength(parsed: z.infer<typeof shape>): z.infer<typeof shape> {
  const original = { original_max_position_embeddings: parsed.original_max_position_embeddings };
  const { rope_scaling: older, rope_parameters: newer } = parsed;
  return {
    ...parsed,
    rope_scaling: older?.rope_type === 'longrope' ? { ...older, ...original } : older,
    rope_parameters: newer?.rope_type === 'longrope' ? { ...newer, ...original } : newer,
  };
}
