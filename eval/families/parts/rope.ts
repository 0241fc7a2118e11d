/** Rotary position settings of a config, in the older layout (`rope_theta`, `rope_scaling`) and the newer (`rope_parameters`). */
import { z } from 'zod';
import type { Rope } from '../architecture.ts';

const factor = z.number().min(1);

const scaling = z.discriminatedUnion('rope_type', [
  z.object({ rope_type: z.literal('default') }),
  z.object({ rope_type: z.literal('linear'), factor }),
  z.object({
    rope_type: z.literal('llama3'),
    factor,
    low_freq_factor: z.number().positive(),
    high_freq_factor: z.number().positive(),
    original_max_position_embeddings: z.int().positive(),
  }),
]);

type Scaling = z.infer<typeof scaling>;

/** The oldest files say `type` for `rope_type`; a file may hold both as long as they agree. */
const scalingEntry = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null || !('type' in value)) return value;
  const { type, ...rest } = value;
  return 'rope_type' in rest && rest.rope_type !== type
    ? { ...rest, rope_type: `${rest.rope_type} and ${type}` }
    : { rope_type: type, ...rest };
}, scaling);

/** `rope_parameters` holds what the older layout keeps in two places. Some classes nest one such object a kind of layer. */
const ropeParameters = z.preprocess(
  (value) => (isFlat(value) ? { rope_type: 'default', ...value } : value),
  z.intersection(
    scaling,
    z.object({
      rope_theta: z.number().positive().optional(),
      partial_rotary_factor: z.literal(1).optional(),
    }),
  ),
);

function isFlat(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Object.values(value).some((entry) => entry instanceof Object)
  );
}

/** The config keys about rotary positions; spread into a family's object. */
export const ropeKeys = {
  rope_theta: z.number().positive().optional(),
  rope_scaling: scalingEntry.nullish(),
  rope_parameters: ropeParameters.nullish(),
  partial_rotary_factor: z.literal(1, 'rotation of a part of the head is not supported').optional(),
};

export interface RopeSettings {
  readonly theta: number;
  readonly scaling: Scaling;
}

type RopeConfig = { readonly [Key in keyof typeof ropeKeys]?: z.infer<(typeof ropeKeys)[Key]> };

/** Merges the two layouts, or says why they cannot be merged. */
export function ropeSettings(config: RopeConfig, defaultTheta: number): RopeSettings | string {
  const { rope_theta: theta, rope_scaling: older, rope_parameters: newer } = config;
  if (newer === null || newer === undefined) {
    return { theta: theta ?? defaultTheta, scaling: older ?? { rope_type: 'default' } };
  }
  if (older !== null && older !== undefined && older.rope_type !== newer.rope_type) {
    return `rope_scaling says "${older.rope_type}" and rope_parameters says "${newer.rope_type}"`;
  }
  if (theta !== undefined && newer.rope_theta !== undefined && theta !== newer.rope_theta) {
    return `rope_theta is ${theta} and rope_parameters.rope_theta is ${newer.rope_theta}`;
  }
  return { theta: newer.rope_theta ?? theta ?? defaultTheta, scaling: newer };
}

/**
 * The frequencies θ^(−2i/d), i = 0 … d/2 − 1, with the scaling rule applied.
 * Sources: Su et al. 2021, arXiv:2104.09864, equation 15; linear: Chen et al. 2023, arXiv:2306.15595;
 * llama3: Llama 3.1 as released (`apply_scaling` in meta-llama/llama-models).
 */
export function rope({ theta, scaling: rule }: RopeSettings, headDim: number): Rope {
  const plain = Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim));
  return {
    kind: 'rope',
    inverseFrequencies: plain.map((frequency) => scale(frequency, rule)),
    attentionFactor: 1,
    layout: 'half',
    long: null,
  };
}

function scale(frequency: number, rule: Scaling): number {
  if (rule.rope_type === 'default') return frequency;
  if (rule.rope_type === 'linear') return frequency / rule.factor;
  // Long wavelengths are stretched by the factor, short ones kept, those between blended.
  const turns = (rule.original_max_position_embeddings * frequency) / (2 * Math.PI);
  const kept = (turns - rule.low_freq_factor) / (rule.high_freq_factor - rule.low_freq_factor);
  const share = Math.min(1, Math.max(0, kept));
  return (1 - share) * (frequency / rule.factor) + share * frequency;
}
