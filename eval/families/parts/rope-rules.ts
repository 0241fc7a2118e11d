/** Rules that stretch rotary positions to longer texts, as frequencies. */
import { z } from 'zod';
import type { Rope } from '../architecture.ts';

const factor = z.number().min(1);
const positive = z.number().positive();
const factors = z.array(positive).max(2 ** 12);
const positions = z.int().positive();

export const ropeRule = z.discriminatedUnion(
  'rope_type',
  [
    z.object({ rope_type: z.literal('default') }),
    z.object({ rope_type: z.literal('linear'), factor }),
    z.object({
      rope_type: z.literal('llama3'),
      factor,
      low_freq_factor: positive,
      high_freq_factor: positive,
      original_max_position_embeddings: positions,
    }),
    z.object({
      rope_type: z.literal('yarn'),
      factor,
      original_max_position_embeddings: positions.optional(),
      attention_factor: positive.nullish(),
      beta_fast: positive.nullish(),
      beta_slow: positive.nullish(),
      mscale: z.number().nullish(),
      mscale_all_dim: z.number().nullish(),
      truncate: z.boolean().default(true),
    }),
    z.object({
      rope_type: z.literal('longrope'),
      short_factor: factors,
      long_factor: factors,
      factor: factor.nullish(),
      attention_factor: positive.nullish(),
      original_max_position_embeddings: positions.optional(),
    }),
  ],
  'only default, linear, llama3, yarn and longrope are supported',
);

export type RopeRule = z.infer<typeof ropeRule>;
type Yarn = Extract<RopeRule, { rope_type: 'yarn' }>;
type LongRope = Extract<RopeRule, { rope_type: 'longrope' }>;

/** Everything but the layout. */
export type Frequencies = Pick<Rope, 'inverseFrequencies' | 'attentionFactor' | 'long'>;

/**
 * The frequencies θ^(−2i/d), i = 0 … d/2 − 1, with the rule applied.
 * @param dim           rotated values of a head, d
 * @param maxPositions  of the model
 * Sources: Su et al. 2021, arXiv:2104.09864, equation 15; linear: Chen et al. 2023, arXiv:2306.15595;
 * llama3: Llama 3.1 as released (`apply_scaling` in meta-llama/llama-models); yarn: Peng et al. 2023, arXiv:2309.00071,
 * section 3; longrope: Ding et al. 2024, arXiv:2402.13753, section 3. Details as in transformers.
 */
export function frequenciesOf(rule: RopeRule, theta: number, dim: number, maxPositions: number): Frequencies {
  const plain = Array.from({ length: dim / 2 }, (_, i) => theta ** ((-2 * i) / dim));
  const unscaled = { inverseFrequencies: plain, attentionFactor: 1, long: null };
  switch (rule.rope_type) {
    case 'default':
      return unscaled;
    case 'linear':
      return { ...unscaled, inverseFrequencies: plain.map((frequency) => frequency / rule.factor) };
    case 'llama3':
      return { ...unscaled, inverseFrequencies: plain.map((frequency) => llama3(frequency, rule)) };
    case 'yarn':
      return { ...unscaled, ...yarn(plain, rule, theta, maxPositions) };
    case 'longrope':
      return longRope(plain, rule, maxPositions);
  }
}

/** Long wavelengths are stretched by the factor, short ones kept, those between blended. */
function llama3(frequency: number, rule: Extract<RopeRule, { rope_type: 'llama3' }>): number {
  const turns = (rule.original_max_position_embeddings * frequency) / (2 * Math.PI);
  const kept = (turns - rule.low_freq_factor) / (rule.high_freq_factor - rule.low_freq_factor);
  const share = Math.min(1, Math.max(0, kept));
  return (1 - share) * (frequency / rule.factor) + share * frequency;
}

/** Pairs that turn more than `beta_fast` times in the original length are kept, fewer than `beta_slow` stretched. */
function yarn(plain: readonly number[], rule: Yarn, theta: number, maxPositions: number) {
  const dim = 2 * plain.length;
  const original = rule.original_max_position_embeddings ?? maxPositions;
  const pairOf = (turns: number) =>
    (dim * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [lowest, highest] = [pairOf(rule.beta_fast ?? 32), pairOf(rule.beta_slow ?? 1)];
  const low = Math.max(rule.truncate ? Math.floor(lowest) : lowest, 0);
  const high = Math.min(rule.truncate ? Math.ceil(highest) : highest, dim - 1);
  // Where both ends are one pair, the step from kept to stretched is steep but not infinite.
  const width = low === high ? 0.001 : high - low;
  const inverseFrequencies = plain.map((frequency, i) => {
    const stretched = Math.min(1, Math.max(0, (i - low) / width));
    return (frequency / rule.factor) * stretched + frequency * (1 - stretched);
  });
  return { inverseFrequencies, attentionFactor: rule.attention_factor ?? yarnAttentionFactor(rule) };
}

function yarnAttentionFactor({ factor: by, mscale, mscale_all_dim: all }: Yarn): number {
  if (mscale && all) return yarnMagnitude(by, mscale) / yarnMagnitude(by, all);
  return yarnMagnitude(by, 1);
}

/** 0.1 · scale · ln(factor) + 1, equation 22 of the YaRN paper with a scale of its own. */
export function yarnMagnitude(by: number, scale: number): number {
  return by <= 1 ? 1 : 0.1 * scale * Math.log(by) + 1;
}

/** Each pair has a divisor for texts within the original length and another beyond it. */
function longRope(plain: readonly number[], rule: LongRope, maxPositions: number): Frequencies {
  const beyond = rule.original_max_position_embeddings ?? maxPositions;
  const by = rule.factor ?? maxPositions / beyond;
  const natural = by <= 1 ? 1 : Math.sqrt(1 + Math.log(by) / Math.log(beyond));
  const attentionFactor = rule.attention_factor ?? natural;
  const divided = (divisors: readonly number[]) => plain.map((frequency, i) => frequency / divisors[i]);
  return {
    inverseFrequencies: divided(rule.short_factor),
    attentionFactor,
    long: { beyond, inverseFrequencies: divided(rule.long_factor), attentionFactor },
  };
}

/** Why a rule cannot be used with heads of this size; null where it can. */
export function ruleProblem(rule: RopeRule, dim: number): string | null {
  if (rule.rope_type !== 'longrope') return null;
  const [short, long] = [rule.short_factor.length, rule.long_factor.length];
  return short === dim / 2 && long === dim / 2
    ? null
    : `short_factor has ${short} and long_factor ${long} entries; ${dim} rotated values need ${dim / 2}`;
}
