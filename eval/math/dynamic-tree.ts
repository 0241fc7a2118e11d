/**
 * The 8-bit dynamic tree type: a sign, an exponent of ten that ends at the first 1 bit, and a linear fraction in the bits
 * that are left, so that small numbers keep their magnitude and large ones their precision; with one scale a block.
 * Source: Dettmers et al. 2022, arXiv:2110.02861, §2.1 and §1.3, and bitsandbytes (create_dynamic_map).
 */

/** Values that share a scale. */
export const TREE_BLOCK = 256;

/** Exponents of ten that have fractions, 10^−6 … 10^0. */
const EXPONENTS = 7;

/** Float32 `[256]`, rising: 127 numbers of either sign, 0 and 1. */
export const TREE_LEVELS: Float32Array = treeLevels();

/** Values as codes, each block divided by its largest size. */
export interface TreeCodes {
  readonly codes: Uint8Array;
  /** Float32 `[⌈count/256⌉]`. */
  readonly scales: Float32Array;
}

/** The nearest level of every value over the largest size in its block; of two, the lower one. */
export function encodeTree(values: Float32Array): TreeCodes {
  const scales = new Float32Array(Math.ceil(values.length / TREE_BLOCK));
  const codes = new Uint8Array(values.length);
  for (let block = 0; block < scales.length; block++) {
    const end = Math.min(values.length, (block + 1) * TREE_BLOCK);
    let most = 0;
    for (let i = block * TREE_BLOCK; i < end; i++) most = Math.max(most, Math.abs(values[i]));
    scales[block] = most;
    for (let i = block * TREE_BLOCK; i < end; i++) codes[i] = nearest(most === 0 ? 0 : values[i] / most);
  }
  return { codes, scales };
}

/** The values that codes stand for. */
export function decodeTree({ codes, scales }: TreeCodes): Float32Array {
  return Float32Array.from(codes, (code, i) => TREE_LEVELS[code] * scales[Math.floor(i / TREE_BLOCK)]);
}

function nearest(x: number): number {
  let [low, high] = [0, TREE_LEVELS.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (TREE_LEVELS[middle] <= x) low = middle;
    else high = middle;
  }
  return x - TREE_LEVELS[low] > TREE_LEVELS[high] - x ? high : low;
}

function treeLevels(): Float32Array {
  const positive = Array.from({ length: EXPONENTS }, (_, i) => {
    const count = 2 ** i;
    // The middles of `count` equal parts of 0.1 … 1.
    const fractions = Array.from({ length: count }, (_, part) => 0.1 + (0.9 * (part + 0.5)) / count);
    return fractions.map((fraction) => fraction * 10 ** (i + 1 - EXPONENTS));
  }).flat();
  return Float32Array.from([...positive.map((level) => -level), 0, ...positive, 1]).sort();
}
