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

/** The code of 0. */
const ZERO = 127;

const pattern = (() => {
  const value = new Float32Array(1);
  return { value, bits: new Uint32Array(value.buffer) };
})();
const STARTS = startsOfSearch();

/** Values as codes, each block divided by its largest size. */
export interface TreeCodes {
  readonly codes: Uint8Array;
  /** Float32 `[⌈count/256⌉]`. */
  readonly scales: Float32Array;
}

/**
 * The nearest level of every value over the largest size in its block; of two, the lower one.
 * @param mean  taken from every value first, in float32
 */
export function encodeTree(values: Float32Array, mean = 0): TreeCodes {
  const scales = new Float32Array(Math.ceil(values.length / TREE_BLOCK));
  const codes = new Uint8Array(values.length);
  for (let block = 0; block < scales.length; block++) {
    const end = Math.min(values.length, (block + 1) * TREE_BLOCK);
    let most = 0;
    for (let i = block * TREE_BLOCK; i < end; i++)
      most = Math.max(most, Math.abs(Math.fround(values[i] - mean)));
    scales[block] = most;
    if (most === 0) codes.fill(ZERO, block * TREE_BLOCK, end);
    else
      for (let i = block * TREE_BLOCK; i < end; i++) codes[i] = nearest(Math.fround(values[i] - mean) / most);
  }
  return { codes, scales };
}

/** The values that codes stand for, plus the mean. */
export function decodeTree({ codes, scales }: TreeCodes, mean = 0): Float32Array {
  const values = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++)
    values[i] = Math.fround(TREE_LEVELS[codes[i]] * scales[(i / TREE_BLOCK) | 0]) + mean;
  return values;
}

/** Looks up about where x lies and goes on from there: there may be millions of scales. */
function nearest(x: number): number {
  pattern.value[0] = x;
  let low = STARTS[pattern.bits[0] >>> 16];
  while (low > 0 && TREE_LEVELS[low] > x) low--;
  while (low < 255 && TREE_LEVELS[low + 1] <= x) low++;
  if (low === 255) return low;
  return x - TREE_LEVELS[low] > TREE_LEVELS[low + 1] - x ? low + 1 : low;
}

/** For the first 16 bits of a float32 number, a level near it. */
function startsOfSearch(): Uint8Array {
  const starts = new Uint8Array(2 ** 16);
  for (let high = 0; high < starts.length; high++) {
    pattern.bits[0] = high << 16;
    const x = pattern.value[0];
    let [low, above] = [0, TREE_LEVELS.length];
    while (above - low > 1) {
      const middle = (low + above) >> 1;
      if (TREE_LEVELS[middle] <= x) low = middle;
      else above = middle;
    }
    starts[high] = low;
  }
  return starts;
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
