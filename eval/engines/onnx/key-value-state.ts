/**
 * Keys and values of texts that are being generated, of one block: `[B, kvHeads, capacity, dim]`. The keys of a head lie
 * together, as a matrix product reads them; otherwise every new token would turn all of them around first.
 */
import type { BlockState } from './block-runner.ts';

/** Float32 `[M, kvHeads, keyDim]` and `[M, kvHeads, valueDim]`; keys are rotated. */
export interface KeysValues {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

/** Floats of one token and head. */
export interface KeyValueWidths {
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
}

/** Positions added at once when the texts outgrow the state. */
const GROWTH = 64;

/** Bytes that one text of `length` tokens needs. */
export function keyValueBytes({ kvHeads, keyDim, valueDim }: KeyValueWidths, length: number): number {
  return kvHeads * (keyDim + valueDim) * roundUp(length) * Float32Array.BYTES_PER_ELEMENT;
}

/** One of the two arrays; `data` may be longer than its texts need. */
interface Entries {
  readonly dim: number;
  data: Float32Array;
}

export class KeyValueState implements BlockState {
  readonly #kvHeads: number;
  readonly #keys: Entries;
  readonly #values: Entries;
  #texts: number;
  #capacity: number;

  constructor({ kvHeads, keyDim, valueDim }: KeyValueWidths, texts: number, length: number) {
    this.#kvHeads = kvHeads;
    this.#texts = texts;
    this.#capacity = roundUp(length);
    const entries = (dim: number) => ({
      dim,
      data: new Float32Array(texts * kvHeads * this.#capacity * dim),
    });
    this.#keys = entries(keyDim);
    this.#values = entries(valueDim);
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Entries after the end of a text are finite and must be masked by position. */
  get entries(): KeysValues {
    const used = ({ dim, data }: Entries) =>
      data.subarray(0, this.#texts * this.#kvHeads * this.#capacity * dim);
    return { keys: used(this.#keys), values: used(this.#values) };
  }

  /** Stores entries `from … to` (token indices) of `source` as the tokens of text `text` from `position` on. */
  store(text: number, position: number, source: KeysValues, from: number, to: number): void {
    this.#store(this.#keys, source.keys, text, position, from, to);
    this.#store(this.#values, source.values, text, position, from, to);
  }

  grow(length: number): void {
    if (length <= this.#capacity) return;
    const capacity = roundUp(length);
    const heads = this.#texts * this.#kvHeads;
    for (const entries of [this.#keys, this.#values]) {
      const [old, size] = [this.#capacity * entries.dim, capacity * entries.dim];
      const grown = new Float32Array(heads * size);
      for (let head = 0; head < heads; head += 1)
        grown.set(entries.data.subarray(head * old, (head + 1) * old), head * size);
      entries.data = grown;
    }
    this.#capacity = capacity;
  }

  keep(texts: readonly number[]): void {
    for (const { dim, data } of [this.#keys, this.#values]) {
      const size = this.#kvHeads * this.#capacity * dim;
      // Texts only move towards the front, so none is overwritten before it has moved.
      for (const [place, text] of texts.entries())
        if (place !== text) data.copyWithin(place * size, text * size, (text + 1) * size);
    }
    this.#texts = texts.length;
  }

  #store(
    { dim, data }: Entries,
    source: Float32Array,
    text: number,
    position: number,
    from: number,
    to: number,
  ): void {
    for (let head = 0; head < this.#kvHeads; head += 1) {
      let at = ((text * this.#kvHeads + head) * this.#capacity + position) * dim;
      for (let token = from; token < to; token += 1) {
        const start = (token * this.#kvHeads + head) * dim;
        for (let i = 0; i < dim; i += 1) data[at + i] = source[start + i];
        at += dim;
      }
    }
  }
}

function roundUp(length: number): number {
  return Math.ceil(length / GROWTH) * GROWTH;
}
