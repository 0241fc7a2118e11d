import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FP16, formatRecipe, parseRecipe, type Recipe } from '../../data/recipe.ts';

const bits = fc.oneof(
  fc.integer({ min: 1, max: 16 }),
  fc.integer({ min: 11, max: 1599 }).map((hundredths) => hundredths / 100),
);
const group = fc.oneof(fc.constant(-1), fc.constant(null), fc.integer({ min: 1, max: 65536 }));
const tensor = fc.record({ bits, group });
const sparsity = fc.oneof(
  fc
    .integer({ min: 1, max: 9999 })
    .map((hundredths) => ({ kind: 'share' as const, percent: hundredths / 100 })),
  fc.record({
    kind: fc.constant('n:m' as const),
    n: fc.integer({ min: 1, max: 64 }),
    m: fc.integer({ min: 1, max: 64 }),
  }),
);
const letters = (minLength: number) =>
  fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), minLength, maxLength: 9 });
const method = fc.oneof(
  fc.constantFrom(
    'rtn',
    'gptq',
    'llm.int8',
    'slim-llm+',
    'outlier-suppression+',
    'db-llm',
    'l2-pruning',
    'nf4',
  ),
  fc
    .tuple(letters(3), fc.array(letters(2), { maxLength: 2 }))
    .map(([first, rest]) => [first, ...rest].join('-')),
);
const recipe: fc.Arbitrary<Recipe> = fc.record({
  method,
  weights: fc.option(tensor),
  activations: fc.option(fc.record({ bits })),
  kv: fc.option(tensor),
  sparsity: fc.option(sparsity),
  symmetric: fc.boolean(),
  range: fc.constantFrom('zero', 'minmax', 'free'),
  actOrder: fc.boolean(),
  staticGroups: fc.boolean(),
  trueSequential: fc.boolean(),
  mse: fc.boolean(),
  damping: fc.option(fc.integer({ min: 1, max: 99999 }).map((n) => n / 1e5)),
  alpha: fc.option(fc.integer({ min: 0, max: 100 }).map((hundredths) => hundredths / 100)),
  preRope: fc.boolean(),
  compat: fc.boolean(),
  variant: fc.option(fc.stringMatching(/^[a-z0-9][a-z0-9_.+]{0,20}$/)),
});

/** Words that mean a setting cannot be (part of) a method; everything else the grammar must be able to say. */
const isSayable = (id: string) =>
  id
    .split('-')
    .every(
      (word) =>
        !/^(sym|minmax|free|actorder|static|trueseq|mse|damp|alpha|prerope|compat|kv|[gwa]x|kvx)$/.test(word),
    );

describe('recipe ids', () => {
  it('parse back to the recipe they were made from', () => {
    fc.assert(
      fc.property(recipe, (wanted) => {
        fc.pre(isSayable(wanted.method));
        expect(parseRecipe(formatRecipe(wanted))).toEqual(wanted);
      }),
      { numRuns: 2000 },
    );
  });

  it('are canonical: an id that parses is the only spelling of its recipe', () => {
    const words = fc.constantFrom(
      ...['w4', 'w4g128', 'w4gx', 'a8', 'kv4', 'w4a8kv4g64', 'w2.5', 's50', '2:4', 'sym', 'minmax', 'free'],
      ...[
        'actorder',
        'static',
        'mse',
        'damp0.1',
        '@q4_k',
        'w04',
        'g128',
        'w4.0',
        'zero',
        'damp',
        'W4',
        '',
        'w4g-1',
      ],
    );
    let parsed = 0;
    fc.assert(
      fc.property(method, fc.array(words, { maxLength: 5 }), (name, rest) => {
        const id = [name, ...rest].join('-');
        const read = tryParse(id);
        if (read === null) return;
        parsed += 1;
        expect(formatRecipe(read)).toBe(id);
      }),
      { numRuns: 3000 },
    );
    expect(parsed).toBeGreaterThan(300);
  });

  it('say what the grammar promises', () => {
    expect(parseRecipe('gptq-w3g128-actorder')).toEqual({
      ...FP16,
      method: 'gptq',
      weights: { bits: 3, group: 128 },
      actOrder: true,
    });
    expect(parseRecipe('rtn-w4a8kv4g64-sym')).toEqual({
      ...FP16,
      method: 'rtn',
      weights: { bits: 4, group: -1 },
      activations: { bits: 8 },
      kv: { bits: 4, group: 64 },
      symmetric: true,
    });
    expect(parseRecipe('wanda-2:4').sparsity).toEqual({ kind: 'n:m', n: 2, m: 4 });
    expect(parseRecipe('sparsegpt-s46.16').sparsity).toEqual({ kind: 'share', percent: 46.16 });
    expect(parseRecipe('gguf-w4gx-@q4_k_m')).toMatchObject({ weights: { group: null }, variant: 'q4_k_m' });
    expect(parseRecipe('fp16')).toEqual(FP16);
  });

  const nearMisses = [
    ...['', '-', 'RTN-w4', 'rtn-W4', 'rtn-w4 ', ' rtn-w4', 'rtn--w4', 'rtn-w4-', '-w4g128', 'w4g128', 's50'],
    ...[
      'rtn-w04',
      'rtn-w4.0',
      'rtn-w4.50',
      'rtn-w',
      'rtn-w4g',
      'rtn-w4g0',
      'rtn-w4g-1',
      'rtn-w4-g128',
      'rtn-w4g128.5',
    ],
    ...[
      'rtn-a8w4',
      'rtn-kv4w4',
      'rtn-w4-a8',
      'rtn-a8g128',
      'rtn-wx',
      'rtn-w4g128-w3',
      'rtn-w4_g128',
      'rtn_w4',
    ],
    ...[
      'gptq-static-actorder',
      'gptq-actorder-w4',
      'gptq-w4-mse-static',
      'gptq-w4-damp',
      'gptq-w4-damp.1',
      'gptq-w4-damp0.10',
    ],
    ...['wanda-s050', 'wanda-s', 'wanda-2:4-s50', 'wanda-0:4', 'wanda-2:04', 'rtn-w4-sym-sym', 'rtn-w4-zero'],
    ...[
      'gguf-w4-@',
      'gguf-w4-@Q4',
      'gguf-w4-q4_k_m',
      'gguf-@a-w4',
      'gguf-w4-@a-@b',
      'gptq-w4-actOrder',
      'rtn-w4-1e3',
    ],
  ];
  it.each(nearMisses)('refuse the near miss "%s"', (id) => {
    expect(() => parseRecipe(id)).toThrowError(expect.objectContaining({ code: 'recipe/invalid' }));
  });

  it.each([
    ['a negative group', { method: 'rtn', weights: { bits: 4, group: -2 } }],
    ['bits that are no number', { method: 'rtn', weights: { bits: Number.NaN, group: -1 } }],
    ['bits in exponent form', { method: 'gptq', damping: 1e-7 }],
    ['a method that reads like a setting', { method: 'rtn-sym' }],
    ['a variant with a hyphen', { method: 'gguf', variant: 'q4-k' }],
  ])('cannot be made for %s', (_name, wanted) => {
    expect(() => formatRecipe({ ...FP16, ...wanted } as Recipe)).toThrowError(
      expect.objectContaining({ code: 'recipe/invalid' }),
    );
  });
});

function tryParse(id: string): Recipe | null {
  try {
    return parseRecipe(id);
  } catch {
    return null;
  }
}
