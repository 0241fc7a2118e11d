/**
 * The one source of randomness: seeded, so that the same seed gives the same bytes on every machine.
 * Generator: xoshiro128** 1.1 (Blackman & Vigna 2018, prng.di.unimi.it), 32-bit outputs, period 2^128 − 1.
 * Its 128-bit state is filled by splitmix32 steps (Weyl increment 0x9e3779b9, murmur3 finalizer) from the low 32 bits of
 * the seed, the high ones xored into the second word.
 */
export interface Rng {
  /** Uniform in [0, 1), 53 random bits. */
  next(): number;
  /** Uniform integer in 0…n−1 without bias, for 1 ≤ n ≤ 2^32. Throws RangeError otherwise. */
  int(n: number): number;
  /** Standard normal. */
  normal(): number;
  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T>(array: T[]): T[];
}

/** @param seed any safe integer; no two give the same sequence */
export function createRng(seed: number): Rng {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`[rng] seed ${seed} is not a safe integer.`);
  const next32 = xoshiro128(expandSeed(seed));
  const rng: Rng = {
    next: () => ((next32() >>> 5) * 0x4000000 + (next32() >>> 6)) / 2 ** 53,
    int(n) {
      if (!Number.isInteger(n) || n < 1 || n > 2 ** 32)
        throw new RangeError(`[rng] int(${n}): n must be 1…2^32.`);
      // The last, incomplete run of n values would favour small results, so it is drawn again.
      const limit = 2 ** 32 - (2 ** 32 % n);
      for (;;) {
        const value = next32();
        if (value < limit) return value % n;
      }
    },
    normal: () => normal(),
    shuffle(array) {
      for (let i = array.length - 1; i > 0; i--) {
        const j = rng.int(i + 1);
        [array[i], array[j]] = [array[j], array[i]];
      }
      return array;
    },
  };
  const normal = polarNormal(rng.next);
  return rng;
}

/** Marsaglia's polar method gives two values at a time; the second waits for the next call. */
function polarNormal(next: () => number): () => number {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    for (;;) {
      const x = 2 * next() - 1;
      const y = 2 * next() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * factor;
      return x * factor;
    }
  };
}

/** The bare generator: a function that yields unsigned 32-bit integers. The state must not be all zeros. */
export function xoshiro128(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  };
}

/** Four words of splitmix32 from the low 32 bits, the high bits added to one of them: different seeds, different states. */
function expandSeed(seed: number): [number, number, number, number] {
  const mix = splitmix32(seed | 0);
  return [mix(), mix() ^ Math.floor(seed / 2 ** 32), mix(), mix()];
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
}

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
