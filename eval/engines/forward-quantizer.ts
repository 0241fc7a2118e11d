/**
 * Quantization of what flows through a model: the inputs of its linears, and its keys and values. Nothing is stored in
 * few bits; every number is replaced by the one that its code stands for, so that the loss is measured and not the speed.
 *
 * A group of numbers (a token's whole input vector, or a part of one head of one token) gets its grid when it appears:
 *
 *     low = min, high = max       over the group, and over 0 as well with range `zero`
 *     scale = (high − low) / (2^bits − 1)
 *     zero = clamp(round(−low / scale), 0, 2^bits − 1)
 *     x̂ = scale · (clamp(round(x / scale) + zero, 0, 2^bits − 1) − zero)
 *
 * in float32, halves to even. Symmetric grids, as SmoothQuant and QuaRot have them for activations, instead:
 *
 *     scale = max|x| / (2^(bits−1) − 1)
 *     zero = 2^(bits−1)
 *
 * low, high and max|x| are multiplied by `clip` first. These are the conventions of `math/affine.ts` with scales kept in
 * float32, since none is stored. Range `minmax` with at least 1e-5 between low and high is the rule of Qllm-Eval (Li et al.
 * 2024, arXiv:2402.18158, code), whose weights, activations and caches are all asymmetric. Range `zero`, the default of a
 * recipe, differs from it only for groups on one side of 0, which `minmax` clips; a group of zeros stays zero.
 */
import type { RangeConvention, Recipe } from '../../data/recipe.ts';
import { precisionErrors as errors } from '../errors/method.ts';
import type { Architecture } from '../families/architecture.ts';
import { rotateRows } from '../math/rotation.ts';
import { roundHalfEven } from '../math/rounding.ts';

/** How one kind of tensor is rounded. */
export interface ForwardGrid {
  /** 2…8. */
  readonly bits: number;
  readonly range: Exclude<RangeConvention, 'free'>;
  readonly symmetric: boolean;
  /** Above 0, 1 at most: the share of the range that the grid spans; numbers outside go to its ends. */
  readonly clip: number;
  /**
   * Numbers of this magnitude or more pass as they are, and count as 0 where the grid of their group is found; null: none do.
   * Dettmers et al. 2022, arXiv:2208.07339, keep whole columns in 16 bits where any token has such a number.
   */
  readonly outliers: number | null;
  /**
   * Seed of the rotation R (eval/math/rotation.ts) that whole vectors are turned by before they are rounded, and back
   * afterwards: linears then read round(x·R)·Rᵀ, and round(x·R)·(W·R)ᵀ = round(x·R)·Rᵀ·Wᵀ, so that nothing else has to
   * know of it; of keys, R cancels in q·k. Null: none. Outliers that pass are those before R, so one of the two is null.
   */
  readonly rotation: number | null;
}

/** What a grid is unless a recipe or its method says otherwise. */
export const PLAIN_GRID = {
  range: 'zero',
  symmetric: false,
  clip: 1,
  outliers: null,
  rotation: null,
} as const;

/** What is rounded in the forward pass; null means 16 bits, that is nothing. */
export interface ForwardPrecision {
  /** The input vector of every compressible linear, one group a token; not that of the head or of a router. */
  readonly activations: ForwardGrid | null;
  /**
   * Keys and values of every token, before anything reads them: in prefill, scoring and decoding alike. Keys are rounded
   * behind their rotary embedding, or with `preRope` before it. What latent attention caches is its latent, which no position
   * turns, and one key that all heads share: `preRope` is about the latter.
   * `group` neighbouring numbers of a head share a grid; −1 is the whole head.
   */
  readonly kv: (ForwardGrid & { readonly group: number; readonly preRope: boolean }) | null;
}

export const UNROUNDED: ForwardPrecision = { activations: null, kv: null };

/** Bits that mean: left as it is. */
export const UNROUNDED_BITS = 16;

const SMALLEST_WIDTH = { minmax: 1e-5, zero: 1e-30 } as const;

/** The least distance of low and high, or of max|x| and 0, in float32; it only keeps groups of equal numbers from a scale of 0. */
export function smallestWidth({ range }: Pick<ForwardGrid, 'range'>): number {
  return Math.fround(SMALLEST_WIDTH[range]);
}

/** How many scales the width is, which the code of 0 is where it does not follow from the numbers. */
export function gridSteps({ bits, symmetric }: Pick<ForwardGrid, 'bits' | 'symmetric'>): number {
  return symmetric ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
}

/** Why the forward pass of a recipe cannot be rounded here, as a clause; null where it can. */
export function forwardReason({
  weights,
  activations,
  kv,
  range,
  symmetric,
  preRope,
}: Recipe): string | null {
  if (preRope && !isRounded(kv))
    return 'keys are not rounded, neither before their rotary embedding nor behind it';
  if (activations === null && kv === null) return null;
  for (const [what, tensor] of [
    ['activations', activations],
    ['keys and values', kv],
  ] as const) {
    if (tensor !== null && !isBits(tensor.bits))
      return `${tensor.bits}-bit ${what} are not supported; 2 to 8 whole bits are, and 16 for none`;
  }
  if (kv?.group === null) return 'the recipe leaves the group size of keys and values open';
  if (symmetric && weights === null && activations === null)
    return 'symmetric grids are for weights and activations; keys and values are rounded asymmetrically only';
  return range === 'free' ? 'range "free" is for weights only' : null;
}

/**
 * What a recipe that has no `forwardReason` rounds, unless its method says otherwise (`precisionFor`). `sym` is about weights
 * and activations. Keys and values are asymmetric in every recipe, as wherever they are rounded in print: the numbers of a key
 * lie around offsets of their own.
 */
export function precisionOf({ activations, kv, range, symmetric, preRope }: Recipe): ForwardPrecision {
  const rule = { ...PLAIN_GRID, range: range === 'free' ? 'zero' : range } as const;
  return {
    activations: isRounded(activations) ? { ...rule, bits: activations.bits, symmetric } : null,
    kv: isRounded(kv) ? { ...rule, bits: kv.bits, group: kv.group ?? -1, preRope } : null,
  };
}

/**
 * Checks that the keys and values of a model can be rounded in the groups asked for.
 * @param recipe  for messages
 * @throws precision/no-cache, precision/no-rotary, precision/group-size
 */
export function checkPrecision({ kv }: ForwardPrecision, architecture: Architecture, recipe: string): void {
  if (kv === null) return;
  const cached = cachedVectors(architecture);
  if (cached.length === 0) throw errors.noCache(recipe, architecture.family);
  if (kv.preRope && !hasRotary(architecture)) throw errors.noRotary(recipe, architecture.family);
  if (kv.group === -1) return;
  for (const { name, width } of cached) {
    if (width % kv.group !== 0) throw errors.groupSize(recipe, name, kv.group, width);
  }
}

/** What is cached of a token and head: where it comes from and how many numbers it is. */
function cachedVectors({ blocks }: Architecture): readonly { name: string; width: number }[] {
  return blocks.flatMap(({ mixer }) => {
    if (mixer.kind === 'selective-scan') return [];
    if (mixer.kind === 'attention') return [{ name: mixer.k.name, width: mixer.headDim }];
    return [mixer.latentSize, mixer.rotaryDim].map((width) => ({ name: mixer.kvDown.name, width }));
  });
}

function hasRotary({ blocks }: Architecture): boolean {
  return blocks.some(({ mixer }) => mixer.kind !== 'selective-scan' && mixer.position.kind === 'rope');
}

/** Rounds vectors of `width` numbers in groups of `size`, turned as the grid says. As `roundGroups` otherwise. */
export function roundVectors(
  values: Float32Array,
  width: number,
  size: number,
  grid: ForwardGrid,
): Float32Array {
  if (grid.rotation === null) return roundGroups(values, size, grid).rounded;
  const turned = values.slice();
  rotateRows(turned, width, grid.rotation);
  const { rounded } = roundGroups(turned, size, grid);
  rotateRows(rounded, width, grid.rotation, true);
  return rounded;
}

/**
 * The reference that engines are compared with: rounds groups of `size` neighbouring numbers.
 * @param values  float32, a multiple of `size` of them; not modified
 * @returns       codes in 0…2^bits − 1, and the numbers they stand for
 */
export function roundGroups(
  values: Float32Array,
  size: number,
  grid: ForwardGrid,
): { readonly codes: Uint8Array; readonly rounded: Float32Array } {
  const codes = new Uint8Array(values.length);
  const rounded = new Float32Array(values.length);
  const maxCode = 2 ** grid.bits - 1;
  const threshold = grid.outliers ?? Number.NaN;
  for (let start = 0; start < values.length; start += size) {
    const { scale, zero } = gridOf(values.subarray(start, start + size), grid);
    for (let i = start; i < start + size; i++) {
      const isOutlier = Math.abs(values[i]) >= threshold;
      codes[i] = clamp(roundHalfEven(Math.fround((isOutlier ? 0 : values[i]) / scale)) + zero, maxCode);
      rounded[i] = isOutlier ? values[i] : (codes[i] - zero) * scale;
    }
  }
  return { codes, rounded };
}

function gridOf(group: Float32Array, grid: ForwardGrid): { scale: number; zero: number } {
  const { low, high } = rangeOf(group, grid);
  const clip = Math.fround(grid.clip);
  const width = grid.symmetric
    ? clip * Math.max(-low, high)
    : Math.fround(clip * high) - Math.fround(clip * low);
  const scale = Math.fround(Math.max(Math.fround(width), smallestWidth(grid)) / gridSteps(grid));
  if (grid.symmetric) return { scale, zero: 2 ** (grid.bits - 1) };
  const zero = clamp(roundHalfEven(Math.fround(-Math.fround(clip * low) / scale)), gridSteps(grid));
  return { scale, zero };
}

function rangeOf(group: Float32Array, { range, symmetric, outliers }: ForwardGrid) {
  const threshold = outliers ?? Number.NaN;
  let [low, high] =
    range === 'zero' || symmetric ? [0, 0] : [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const number of group) {
    const value = Math.abs(number) >= threshold ? 0 : number;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

function isRounded<T extends { readonly bits: number }>(tensor: T | null): tensor is T {
  return tensor !== null && tensor.bits !== UNROUNDED_BITS;
}

function isBits(bits: number): boolean {
  return bits === UNROUNDED_BITS || (Number.isInteger(bits) && bits >= 2 && bits <= 8);
}

function clamp(value: number, maxCode: number): number {
  return Math.min(Math.max(value, 0), maxCode) + 0;
}
