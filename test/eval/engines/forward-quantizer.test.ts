import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { describePrecision } from '../../../eval/engines/describe-precision.ts';
import {
  checkPrecision,
  type ForwardGrid,
  forwardReason,
  PLAIN_GRID,
  precisionOf,
  roundGroups,
  UNROUNDED,
} from '../../../eval/engines/forward-quantizer.ts';
import { type AffineGrid, fitGrid, quantize } from '../../../eval/math/affine.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { model } from '../pipeline/samples.ts';

const rounded = (
  values: number[],
  size: number,
  bits: number,
  range: 'zero' | 'minmax' = 'zero',
  more: Partial<ForwardGrid> = {},
) => {
  const { codes, rounded: numbers } = roundGroups(Float32Array.from(values), size, {
    ...PLAIN_GRID,
    bits,
    range,
    ...more,
  });
  return { codes: [...codes], numbers: [...numbers].map((value) => value + 0) };
};

describe('2 bits by hand', () => {
  test.each<[string, number[], 'zero' | 'minmax', number[], number[]]>([
    // scale 0.5, zero 1: x/0.5 = −1, 0.5, 2, 0 → −1, 0 (even), 2, 0.
    ['both sides of 0', [-0.5, 0.25, 1, 0], 'zero', [0, 1, 3, 1], [-0.5, 0, 1, 0]],
    ['both sides of 0', [-0.5, 0.25, 1, 0], 'minmax', [0, 1, 3, 1], [-0.5, 0, 1, 0]],
    // Range [0, 3], scale 1: 1.5 and 2.5 go to the even neighbour.
    ['one side of 0', [1.5, 3, 2.5, 1], 'zero', [2, 3, 2, 1], [2, 3, 2, 1]],
    // Range [1.5, 3], scale 0.5, zero −3 clamped to 0: codes 3, 6, 5 and 4 are clamped to 3.
    ['one side of 0', [1.5, 3, 2.5, 2], 'minmax', [3, 3, 3, 3], [1.5, 1.5, 1.5, 1.5]],
    ['zeros', [0, 0, 0, 0], 'zero', [0, 0, 0, 0], [0, 0, 0, 0]],
    ['zeros', [0, 0, 0, 0], 'minmax', [0, 0, 0, 0], [0, 0, 0, 0]],
    ['equal numbers', [-3, -3, -3, -3], 'zero', [0, 0, 0, 0], [-3, -3, -3, -3]],
  ])('%s: %j, %s', (_, values, range, codes, numbers) => {
    expect(rounded(values, 4, 2, range)).toEqual({ codes, numbers });
  });

  test.each<[string, number[], Partial<ForwardGrid>, number[], number[]]>([
    // 1 step up from 0: scale 1, zero 2. 0.5 goes to the even 0, 0.75 to 1.
    ['symmetric', [0.5, 0.75, 1, -1], { symmetric: true }, [2, 3, 3, 1], [0, 1, 1, -1]],
    ['symmetric on one side of 0', [2, 6, 4, 2.5], { symmetric: true }, [2, 3, 3, 2], [0, 6, 6, 0]],
    ['symmetric zeros', [0, 0, 0, 0], { symmetric: true }, [2, 2, 2, 2], [0, 0, 0, 0]],
    // max|x| 2 becomes 1: what is beyond goes to the ends, of which the lower is one step further from 0.
    ['symmetric, clipped', [2, -2, 0.75, 0], { symmetric: true, clip: 0.5 }, [3, 0, 3, 2], [1, -2, 1, 0]],
    // Range [−1, 2] becomes [−0.5, 1], as by hand above.
    ['clipped', [-1, 0.25, 2, 0], { clip: 0.5 }, [0, 1, 3, 1], [-0.5, 0, 1, 0]],
    // Without 8 and −6 the range is [−0.5, 1].
    ['outliers', [-0.5, 8, 0.25, 1, -6, 0], { outliers: 6 }, [0, 1, 1, 3, 1, 1], [-0.5, 8, 0, 1, -6, 0]],
    ['outliers', [1, 3, 6, 0.5], { outliers: 6, symmetric: true }, [2, 3, 2, 2], [0, 3, 6, 0]],
    ['outliers alone', [7, -9, 6, 8], { outliers: 6, range: 'minmax' }, [0, 0, 0, 0], [7, -9, 6, 8]],
  ])('%s: %j, %j', (_, values, more, codes, numbers) => {
    expect(rounded(values, values.length, 2, 'zero', more)).toEqual({ codes, numbers });
  });

  test('every group has its own grid', () => {
    expect(rounded([3, 1, -6, 0], 2, 2).numbers).toEqual([3, 1, -6, 0]);
  });
});

test.each(
  [2, 3, 4, 8].flatMap((bits) => (['zero', 'minmax'] as const).map((range) => [bits, range] as const)),
)('the grid is that of weights but for the half-precision scale: %i bits, %s', (bits, range) => {
  const rng = createRng(bits);
  // A power of two as width and as 2^bits − 1 steps: scales without rounding, equal in float32 and half precision.
  const steps = 2 ** bits - 1;
  const values = Float64Array.from({ length: 64 }, () => rng.int(steps * 16) / 16 - 2);
  values[0] = -2;
  values[1] = steps - 2;
  const grid: AffineGrid = { scale: 0, zero: 0 };
  fitGrid(values, 0, 64, { bits, range, symmetric: false, mse: false }, grid);
  expect(grid.scale).toBe(1);
  const expected = [...values].map((value) => quantize(value, grid.scale, grid.zero, steps));
  expect(rounded([...values], 64, bits, range).codes).toEqual(expected);
});

test.each([
  ['fp16', null],
  ['rtn-w4g128', null],
  ['rtn-w8a8', null],
  ['rtn-w4a16kv16', null],
  ['rtn-kv2g32-minmax', null],
  ['rtn-w4a9', '9-bit activations are not supported; 2 to 8 whole bits are, and 16 for none'],
  ['rtn-w4kv1', '1-bit keys and values are not supported; 2 to 8 whole bits are, and 16 for none'],
  ['rtn-kv4gx', 'the recipe leaves the group size of keys and values open'],
  ['rtn-w8a8-sym', null],
  ['rtn-a8kv4-sym', null],
  [
    'rtn-kv4-sym',
    'symmetric grids are for weights and activations; keys and values are rounded asymmetrically only',
  ],
  ['rtn-kv4-prerope', null],
  ['rtn-w4kv16-prerope', 'keys are not rounded, neither before their rotary embedding nor behind it'],
  ['rtn-w4a8-prerope', 'keys are not rounded, neither before their rotary embedding nor behind it'],
  ['rtn-w8a8-free', 'range "free" is for weights only'],
])('what the forward pass of %s cannot do: %s', (id, reason) => {
  expect(forwardReason(parseRecipe(id))).toBe(reason);
});

test('a recipe as precision, in numbers and in words', () => {
  expect(precisionOf(parseRecipe('fp16'))).toEqual(UNROUNDED);
  expect(precisionOf(parseRecipe('rtn-w4g64a16kv16'))).toEqual(UNROUNDED);
  const precision = precisionOf(parseRecipe('rtn-w4g64a8kv3g16-minmax'));
  expect(precision).toEqual({
    activations: { ...PLAIN_GRID, bits: 8, range: 'minmax' },
    kv: { ...PLAIN_GRID, bits: 3, range: 'minmax', group: 16, preRope: false },
  });
  expect(describePrecision(precision)).toEqual([
    'The inputs of all compressed linears are rounded to 8 bits, one grid a token.',
    'Keys and values are rounded to 3 bits, one grid a token, head and 16 neighbouring numbers.',
  ]);
  expect(describePrecision(precisionOf(parseRecipe('rtn-kv4')))).toEqual([
    'Keys and values are rounded to 4 bits, one grid a token and head.',
  ]);
});

test('sym is about weights and activations, never about keys and values', () => {
  const precision = precisionOf(parseRecipe('rtn-w4a8kv4-sym-prerope'));
  expect(precision).toEqual({
    activations: { ...PLAIN_GRID, bits: 8, symmetric: true },
    kv: { ...PLAIN_GRID, bits: 4, group: -1, preRope: true },
  });
  expect(describePrecision(precision)).toEqual([
    'The inputs of all compressed linears are rounded to 8 bits, one symmetric grid a token.',
    'Keys and values are rounded to 4 bits, one grid a token and head; keys before their rotary embedding.',
  ]);
  const activations = { ...PLAIN_GRID, bits: 8, symmetric: true, clip: 0.9, outliers: 6 };
  expect(describePrecision({ activations, kv: null })).toEqual([
    'The inputs of all compressed linears are rounded to 8 bits, one symmetric grid over 0.9 of the range for what is below 6, the rest passing as it is, a token.',
  ]);
});

describe('a model that the precision does not fit', () => {
  const check = (id: string, architecture = model.architecture) =>
    checkPrecision(precisionOf(parseRecipe(id)), architecture, id);

  test('groups divide a head', () => {
    expect(() => check('rtn-kv4')).not.toThrow();
    expect(() => check('rtn-kv4g32')).not.toThrow();
    expect(() => check('rtn-kv4g48')).toThrowErrorMatchingInlineSnapshot(
      `[BitlossError: [methods] rtn-kv4g48: group size 48 does not divide the 64 numbers of a head, made by model.layers.0.self_attn.k_proj. Use a divisor, or leave the group out: the whole head then shares a grid.]`,
    );
  });

  test('keys are turned, where they shall be rounded before that', () => {
    expect(() => check('rtn-kv4-prerope')).not.toThrow();
    const blocks = model.architecture.blocks.map((block) => ({
      ...block,
      mixer: { ...block.mixer, position: { kind: 'none' } },
    })) as typeof model.architecture.blocks;
    expect(() =>
      check('rtn-kv4-prerope', { ...model.architecture, blocks }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[BitlossError: [methods] rtn-kv4-prerope: a llama model has no rotary embedding that keys could be rounded before. Leave "prerope" out.]`,
    );
  });

  test('there are keys and values', () => {
    const none = { ...model.architecture, family: 'mamba', blocks: [] };
    expect(() => check('rtn-w4a8', none)).not.toThrow();
    expect(() => check('rtn-kv4', none)).toThrowErrorMatchingInlineSnapshot(
      `[BitlossError: [methods] rtn-kv4: a mamba model carries a state from token to token and has no keys and values to round. Choose a recipe for weights or activations.]`,
    );
  });
});
