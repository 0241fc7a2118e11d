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
 * in float32, halves to even. These are the conventions of `math/affine.ts` with scales kept in float32, since none is
 * stored. Range `minmax` with at least 1e-5 between low and high is the rule of Qllm-Eval (Li et al. 2024,
 * arXiv:2402.18158, code), whose weights, activations and caches are all asymmetric. Range `zero`, the default of a
 * recipe, differs from it only for groups on one side of 0, which `minmax` clips; a group of zeros stays zero.
 */
import type { RangeConvention, Recipe } from '../../data/recipe.ts';
import { precisionErrors as errors } from '../errors/method.ts';
import type { Architecture } from '../families/architecture.ts';
import { roundHalfEven } from '../math/rounding.ts';

/** How one kind of tensor is rounded. */
export interface ForwardGrid {
  /** 2…8. */
  readonly bits: number;
  readonly range: Exclude<RangeConvention, 'free'>;
}

/** What is rounded in the forward pass; null means 16 bits, that is nothing. */
export interface ForwardPrecision {
  /** The input vector of every compressible linear, one group a token; not that of the head or of a router. */
  readonly activations: ForwardGrid | null;
  /**
   * Keys, after rotation, and values of every token, before anything reads them: in prefill, scoring and decoding alike.
   * `group` neighbouring numbers of a head share a grid; −1 is the whole head.
   */
  readonly kv: (ForwardGrid & { readonly group: number }) | null;
}

export const UNROUNDED: ForwardPrecision = { activations: null, kv: null };

/** Bits that mean: left as it is. */
export const UNROUNDED_BITS = 16;

const SMALLEST_WIDTH = { minmax: 1e-5, zero: 1e-30 } as const;

/** The least distance of low and high, in float32; it only keeps groups of equal numbers from a scale of 0. */
export function smallestWidth({ range }: ForwardGrid): number {
  return Math.fround(SMALLEST_WIDTH[range]);
}

/** Why the forward pass of a recipe cannot be rounded here, as a clause; null where it can. */
export function forwardReason({ activations, kv, range, symmetric, preRope }: Recipe): string | null {
  if (preRope) return 'keys are rounded behind their rotary embedding only';
  if (activations === null && kv === null) return null;
  for (const [what, tensor] of [
    ['activations', activations],
    ['keys and values', kv],
  ] as const) {
    if (tensor !== null && !isBits(tensor.bits))
      return `${tensor.bits}-bit ${what} are not supported; 2 to 8 whole bits are, and 16 for none`;
  }
  if (kv?.group === null) return 'the recipe leaves the group size of keys and values open';
  if (symmetric) return 'activations, keys and values are rounded asymmetrically only';
  return range === 'free' ? 'range "free" is for weights only' : null;
}

/** What a recipe that has no `forwardReason` rounds. */
export function precisionOf({ activations, kv, range }: Recipe): ForwardPrecision {
  const rule = range === 'free' ? 'zero' : range;
  return {
    activations: isRounded(activations) ? { bits: activations.bits, range: rule } : null,
    kv: isRounded(kv) ? { bits: kv.bits, range: rule, group: kv.group ?? -1 } : null,
  };
}

/** In full sentences, for the reader of a number. */
export function describePrecision({ activations, kv }: ForwardPrecision): readonly string[] {
  const groups = kv?.group === -1 ? 'token and head' : `token, head and ${kv?.group} neighbouring numbers`;
  return [
    ...(activations === null
      ? []
      : [`The inputs of all compressed linears are rounded to ${activations.bits} bits, one grid a token.`]),
    ...(kv === null ? [] : [`Keys and values are rounded to ${kv.bits} bits, one grid a ${groups}.`]),
  ];
}

/**
 * Checks that the keys and values of a model can be rounded in the groups asked for.
 * @param recipe  for messages
 * @throws precision/no-cache, precision/group-size
 */
export function checkPrecision({ kv }: ForwardPrecision, architecture: Architecture, recipe: string): void {
  if (kv === null) return;
  const cached = cachedVectors(architecture);
  if (cached.length === 0) throw errors.noCache(recipe, architecture.family);
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
  for (let start = 0; start < values.length; start += size) {
    const { scale, zero } = gridOf(values.subarray(start, start + size), grid);
    for (let i = start; i < start + size; i++) {
      codes[i] = clamp(roundHalfEven(Math.fround(values[i] / scale)) + zero, maxCode);
      rounded[i] = (codes[i] - zero) * scale;
    }
  }
  return { codes, rounded };
}

function gridOf(group: Float32Array, grid: ForwardGrid): { scale: number; zero: number } {
  let [low, high] = grid.range === 'zero' ? [0, 0] : [group[0], group[0]];
  for (const value of group) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const maxCode = 2 ** grid.bits - 1;
  const width = Math.max(Math.fround(high - low), smallestWidth(grid));
  const scale = Math.fround(width / maxCode);
  return { scale, zero: clamp(roundHalfEven(Math.fround(-low / scale)), maxCode) };
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
