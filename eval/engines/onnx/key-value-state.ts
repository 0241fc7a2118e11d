/** Keys and values of texts that are being generated: arrays `[B, capacity, width]` of one block. */
import type { BlockState } from './block-runner.ts';

/** Float32 `[M, kvHeads, keyDim]` and `[M, kvHeads, valueDim]`; keys are rotated. */
export interface KeysValues {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

/** Floats of one token. */
export interface KeyValueWidths {
  readonly keys: number;
  readonly values: number;
}

/** Positions added at once when the texts outgrow the state. */
const GROWTH = 64;

/** Bytes that one text of `length` tokens needs. */
export function keyValueBytes({ keys, values }: KeyValueWidths, length: number): number {
  return (keys + values) * roundUp(length) * Float32Array.BYTES_PER_ELEMENT;
}

export class KeyValueState implements BlockState {
  readonly #widths: KeyValueWidths;
  #texts: number;
  #capacity: number;
  #entries: KeysValues;

  constructor(widths: KeyValueWidths, texts: number, length: number) {
    this.#widths = widths;
    this.#texts = texts;
    this.#capacity = roundUp(length);
    this.#entries = this.#empty(texts, this.#capacity);
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Entries after the end of a text are finite and must be masked by position. */
  get entries(): KeysValues {
    return this.#entries;
  }

  /** Stores entries `from … to` (token indices) of `source` as the tokens of text `text` from `position` on. */
  store(text: number, position: number, source: KeysValues, from: number, to: number): void {
    const at = text * this.#capacity + position;
    for (const part of ['keys', 'values'] as const) {
      const width = this.#widths[part];
      this.#entries[part].set(source[part].subarray(from * width, to * width), at * width);
    }
  }

  grow(length: number): void {
    if (length <= this.#capacity) return;
    this.#rebuild([...Array(this.#texts).keys()], roundUp(length));
  }

  keep(texts: readonly number[]): void {
    this.#rebuild(texts, this.#capacity);
  }

  #rebuild(texts: readonly number[], capacity: number): void {
    const rebuilt = this.#empty(texts.length, capacity);
    for (const part of ['keys', 'values'] as const) {
      const width = this.#widths[part];
      const size = this.#capacity * width;
      for (const [place, text] of texts.entries()) {
        const entries = this.#entries[part].subarray(text * size, (text + 1) * size);
        rebuilt[part].set(entries, place * capacity * width);
      }
    }
    this.#entries = rebuilt;
    this.#texts = texts.length;
    this.#capacity = capacity;
  }

  #empty(texts: number, capacity: number): KeysValues {
    const { keys, values } = this.#widths;
    return {
      keys: new Float32Array(texts * capacity * keys),
      values: new Float32Array(texts * capacity * values),
    };
  }
}

function roundUp(length: number): number {
  return Math.ceil(length / GROWTH) * GROWTH;
}
