/** Keys and values of texts that are being generated: for each block one array `[B, capacity, kvHeads·headDim]`. */
import type { Architecture } from '../../families/architecture.ts';
import type { KeysValues } from './attention-block.ts';

/** Positions added at once when the texts outgrow the cache. */
const GROWTH = 64;

/** Bytes that one text of `length` tokens needs. */
export function cacheBytes({ blocks }: Architecture, length: number): number {
  const perToken = blocks.reduce((sum, { mixer }) => sum + 2 * mixer.kvHeads * mixer.headDim, 0);
  return perToken * roundUp(length) * Float32Array.BYTES_PER_ELEMENT;
}

export class KeyValueCache {
  #texts: number;
  #capacity: number;
  readonly #widths: readonly number[];
  #blocks: KeysValues[];

  constructor(architecture: Architecture, texts: number, length: number) {
    this.#texts = texts;
    this.#capacity = roundUp(length);
    this.#widths = architecture.blocks.map(({ mixer }) => mixer.kvHeads * mixer.headDim);
    this.#blocks = this.#widths.map((width) => emptyBlock(texts * this.#capacity * width));
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Contents of a block; entries after the end of a text are finite and must be masked by position. */
  block(index: number): KeysValues {
    return this.#blocks[index];
  }

  /** Stores entries `from … to` (token indices) of `source` as the tokens of text `text` from `position` on. */
  store(index: number, text: number, position: number, source: KeysValues, from: number, to: number): void {
    const width = this.#widths[index];
    const at = (text * this.#capacity + position) * width;
    const { keys, values } = this.#blocks[index];
    keys.set(source.keys.subarray(from * width, to * width), at);
    values.set(source.values.subarray(from * width, to * width), at);
  }

  /** Makes room for texts of `length` tokens. */
  grow(length: number): void {
    if (length > this.#capacity)
      this.#rebuild(
        Array.from({ length: this.#texts }, (_, text) => text),
        roundUp(length),
      );
  }

  /** Keeps only the texts listed, in that order. */
  keep(texts: readonly number[]): void {
    this.#rebuild(texts, this.#capacity);
  }

  #rebuild(texts: readonly number[], capacity: number): void {
    this.#blocks = this.#blocks.map(({ keys, values }, index) => {
      const width = this.#widths[index];
      const from = this.#capacity * width;
      const block = emptyBlock(texts.length * capacity * width);
      for (const [place, text] of texts.entries()) {
        block.keys.set(keys.subarray(text * from, (text + 1) * from), place * capacity * width);
        block.values.set(values.subarray(text * from, (text + 1) * from), place * capacity * width);
      }
      return block;
    });
    this.#texts = texts.length;
    this.#capacity = capacity;
  }
}

function emptyBlock(size: number): KeysValues {
  return { keys: new Float32Array(size), values: new Float32Array(size) };
}

function roundUp(length: number): number {
  return Math.ceil(length / GROWTH) * GROWTH;
}
