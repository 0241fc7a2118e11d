/**
 * Where the weights are that a pruned matrix keeps. Buffer `mask` U8 [N, bytes of a row], each row padded to a whole byte:
 *   bitmap       1 bit a weight, 1 for kept, LSB first
 *   n of m gone  attributes n and m; ⌈log2 C(m, n)⌉ bits a run of m weights: the number of its set of kept places among all
 *                sets of m − n places, sorted as binary numbers (place 0 is bit 0). 1:2 costs ½, 2:4 ¾, 4:8 ⅞ bits a weight.
 * Bitmaps serve patterns too whose codes would need more than 8 bits.
 */
import type { Sparsity } from '../../data/recipe.ts';
import { formatErrors } from '../errors/method.ts';
import { packRows, unpackRows, wholeNumber } from './buffers.ts';
import type { PackedBuffer, PackedLinear } from './format.ts';

export interface Pattern {
  /** Weights removed of every m neighbours in a row. */
  readonly n: number;
  readonly m: number;
}

export interface KeptMask {
  readonly N: number;
  readonly K: number;
  /** `[N, K]`: 1 for kept, 0 for removed. */
  readonly kept: Uint8Array;
  /** Null for a bitmap. */
  readonly pattern: Pattern | null;
}

/** Sets are tabled as numbers of m bits. */
const MAX_RUN = 16;
const MAX_CODES = 256;

/** How the mask of a sparsity is stored: as a pattern where it has short codes, else as a bitmap. */
export function patternOf(sparsity: Sparsity): Pattern | null {
  if (sparsity.kind === 'share' || sparsity.m > MAX_RUN) return null;
  const { n, m } = sparsity;
  return setsOf({ n, m }).length <= MAX_CODES ? { n, m } : null;
}

/** Attributes of a pattern. */
export function patternAttributes(pattern: Pattern | null): Readonly<Record<string, number>> {
  return pattern === null ? {} : { n: pattern.n, m: pattern.m };
}

/** Throws RangeError for a run that does not keep the pattern. */
export function packMask({ N, kept, pattern }: KeptMask): {
  readonly attributes: Readonly<Record<string, number>>;
  readonly mask: PackedBuffer;
} {
  const codes = pattern === null ? kept : codesOf(kept, pattern);
  const width = codes.length / N;
  const bits = pattern === null ? 1 : codeBits(pattern);
  return {
    attributes: patternAttributes(pattern),
    mask: packRows(codes, N, width, bits),
  };
}

/** Throws `format/damaged`. */
export function openMask(packed: PackedLinear): KeptMask {
  const { N, K } = packed;
  const pattern = readPattern(packed);
  const width = pattern === null ? K : K / pattern.m;
  const bits = pattern === null ? 1 : codeBits(pattern);
  const codes = unpackRows(packed, 'mask', N, width, bits);
  const kept = pattern === null ? codes : keptOf(codes, pattern, packed.format);
  return { N, K, kept, pattern };
}

/** Weights that are kept. */
export function countKept({ kept }: Pick<KeptMask, 'kept'>): number {
  let count = 0;
  for (let i = 0; i < kept.length; i++) count += kept[i];
  return count;
}

/** Null for a bitmap. Throws `format/damaged`. */
export function readPattern(packed: PackedLinear): Pattern | null {
  if (packed.attributes.m === undefined) return null;
  const m = wholeNumber(packed, 'm', 2, MAX_RUN);
  const n = wholeNumber(packed, 'n', 1, m - 1);
  if (packed.K % m !== 0)
    throw formatErrors.damaged(packed.format, `runs of ${m} do not divide K = ${packed.K}`);
  return { n, m };
}

/** Bits of the code of a run. */
export function codeBits(pattern: Pattern): number {
  return Math.ceil(Math.log2(setsOf(pattern).length));
}

/** Every set of m − n of m places as a number, rising. */
export function setsOf({ n, m }: Pattern): readonly number[] {
  const sets: number[] = [];
  for (let set = 0; set < 1 << m; set++) if (bitCount(set) === m - n) sets.push(set);
  return sets;
}

function bitCount(set: number): number {
  let count = 0;
  for (let rest = set; rest > 0; rest >>>= 1) count += rest & 1;
  return count;
}

function codesOf(kept: Uint8Array, pattern: Pattern): Uint8Array {
  const { m } = pattern;
  const code = new Map(setsOf(pattern).map((set, i) => [set, i]));
  return Uint8Array.from({ length: kept.length / m }, (_, run) => {
    let set = 0;
    for (let i = 0; i < m; i++) set |= kept[run * m + i] << i;
    const found = code.get(set);
    if (found === undefined)
      throw new RangeError(`[formats] run ${run} does not keep ${m - pattern.n} of ${m} weights.`);
    return found;
  });
}

function keptOf(codes: Uint8Array, pattern: Pattern, format: string): Uint8Array {
  const { m } = pattern;
  const sets = setsOf(pattern);
  const kept = new Uint8Array(codes.length * m);
  for (const [run, code] of codes.entries()) {
    if (code >= sets.length)
      throw formatErrors.damaged(format, `run ${run} has code ${code} of ${sets.length}`);
    for (let i = 0; i < m; i++) kept[run * m + i] = (sets[code] >> i) & 1;
  }
  return kept;
}
