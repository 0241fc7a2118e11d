/** Rules for longer texts, worked by hand. */
import { describe, expect, test } from 'vitest';
import { frequenciesOf, type RopeRule, ropeRule } from '../../../eval/families/parts/rope-rules.ts';

const closeTo = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 10));
const parsed = (rule: object): RopeRule => ropeRule.parse(rule);

describe('yarn', () => {
  // θ = 10000, d = 8: frequencies 1, 0.1, 0.01, 0.001. Original length 64: a pair turns 64·f/2π = 10.19, 1.02, 0.10 … times.
  const rule = {
    rope_type: 'yarn',
    factor: 4,
    original_max_position_embeddings: 64,
    beta_fast: 5,
    beta_slow: 1,
  };

  test('keeps fast pairs, stretches slow ones, and blends between', () => {
    // d·ln(64/(β·2π))/(2·ln θ): β = 5 gives 0.3092 → 0; β = 1 gives 1.0082 → 2. Pair 1 lies half way.
    const { inverseFrequencies } = frequenciesOf(parsed(rule), 10_000, 8, 256);
    expect(inverseFrequencies).toEqual(closeTo([1, (0.1 + 0.025) / 2, 0.0025, 0.00025]));
  });

  test('does not round its limits where it is told not to', () => {
    const { inverseFrequencies } = frequenciesOf(parsed({ ...rule, truncate: false }), 10_000, 8, 256);
    const [low, high] = [5, 1].map((turns) => (4 * Math.log(64 / (turns * 2 * Math.PI))) / Math.log(10_000));
    const stretched = (1 - low!) / (high! - low!);
    expect(inverseFrequencies[1]).toBeCloseTo(0.1 * (1 - stretched) + 0.025 * stretched, 10);
  });

  test('sharpens attention by 0.1·ln 4 + 1, or as it is told', () => {
    const factorOf = (changes: object) =>
      frequenciesOf(parsed({ ...rule, ...changes }), 10_000, 8, 256).attentionFactor;
    expect(factorOf({})).toBeCloseTo(1.1386294361, 9);
    expect(factorOf({ attention_factor: 1.5 })).toBe(1.5);
    expect(factorOf({ factor: 1 })).toBe(1);
    expect(factorOf({ mscale: 2, mscale_all_dim: 1 })).toBeCloseTo(1.2772588722 / 1.1386294361, 9);
  });
});

describe('longrope', () => {
  const rule = { rope_type: 'longrope', short_factor: [1, 2], long_factor: [4, 8] };

  test('divides by one list up to the original length and by another beyond it', () => {
    const original = parsed({ ...rule, original_max_position_embeddings: 64 });
    const { inverseFrequencies, attentionFactor, long } = frequenciesOf(original, 10_000, 4, 256);
    expect(inverseFrequencies).toEqual(closeTo([1, 0.005]));
    // √(1 + ln 4 / ln 64) = √(1 + 1/3)
    expect(attentionFactor).toBeCloseTo(Math.sqrt(4 / 3), 10);
    expect(long).toEqual({
      beyond: 64,
      inverseFrequencies: closeTo([0.25, 0.00125]),
      attentionFactor,
    });
  });

  test('takes factors that are given', () => {
    const given = parsed({ ...rule, factor: 16, original_max_position_embeddings: 64 });
    expect(frequenciesOf(given, 10_000, 4, 256).attentionFactor).toBeCloseTo(Math.sqrt(5 / 3), 10);
    const sharp = parsed({ ...rule, attention_factor: 2 });
    expect(frequenciesOf(sharp, 10_000, 4, 256)).toMatchObject({
      attentionFactor: 2,
      long: { beyond: 256, attentionFactor: 2 },
    });
  });

  test('changes nothing where the model is no longer than it was', () => {
    expect(frequenciesOf(parsed(rule), 10_000, 4, 256).attentionFactor).toBe(1);
  });
});
