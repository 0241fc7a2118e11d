/** A stream of b-bit codes, element 0 in the lowest bits of byte 0 (the order of GPTQ files). */

/** Bytes that `count` codes of `bits` bits take. */
export function streamBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

/** Packs `codes[from … from + count)`, each below 2^bits with bits ≤ 8, into `target` from byte `at` on. */
export function packBits(
  codes: Uint8Array | Int16Array,
  from: number,
  count: number,
  bits: number,
  target: Uint8Array,
  at: number,
): void {
  let pending = 0;
  let filled = 0;
  let out = at;
  for (let i = from; i < from + count; i++) {
    pending |= codes[i] << filled;
    filled += bits;
    if (filled >= 8) {
      target[out++] = pending & 0xff;
      pending >>>= 8;
      filled -= 8;
    }
  }
  if (filled > 0) target[out] = pending;
}

/** The reverse of `packBits`: reads from byte `at` of `source` into `codes[from … from + count)`. */
export function unpackBits(
  source: Uint8Array,
  at: number,
  count: number,
  bits: number,
  codes: Uint8Array,
  from: number,
): void {
  const mask = (1 << bits) - 1;
  let pending = 0;
  let available = 0;
  let next = at;
  for (let i = from; i < from + count; i++) {
    if (available < bits) {
      pending |= source[next++] << available;
      available += 8;
    }
    codes[i] = pending & mask;
    pending >>>= bits;
    available -= bits;
  }
}
