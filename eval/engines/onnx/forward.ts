/** Runs chunks through the blocks of a model, keeping many chunks side by side so that each block is loaded once. */
import type { Architecture, Rope } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { Chunk, Observe } from '../engine.ts';
import { type Tile, type TileLimits, tilesOf } from '../tiles.ts';
import { type KeysValues, type LoadedBlock, loadBlock } from './attention-block.ts';
import { type RotationTables, rotationTables } from './layers/positions.ts';
import type { Programs } from './programs.ts';

/** A chunk on its way through the blocks. */
export interface Travelling {
  readonly chunk: Chunk;
  /** Float32 `[T, H]`, replaced in place block by block. */
  readonly hidden: Float32Array;
}

export interface ForwardHooks {
  readonly observe?: Observe;
  readonly onKeysValues?: (block: number, chunk: number, keysValues: KeysValues) => void;
  /** Called after each block with its number, counted from 1. */
  readonly onBlock?: (done: number) => void;
}

export class Forward {
  readonly #programs: Programs;
  readonly #architecture: Architecture;
  readonly #limits: (heads: number) => TileLimits;

  constructor(programs: Programs, architecture: Architecture, limits: (heads: number) => TileLimits) {
    this.#programs = programs;
    this.#architecture = architecture;
    this.#limits = limits;
  }

  /** Token embeddings, float32 `[T, H]`. */
  embed(weights: WeightSource, tokens: Int32Array): Promise<Float32Array> {
    return weights.rows(this.#architecture.embedding.tensor, tokens);
  }

  loadBlock(weights: WeightSource, index: number): Promise<LoadedBlock> {
    return loadBlock(this.#programs, this.#architecture, index, weights);
  }

  /** Embeds chunks and runs all blocks. */
  async run(
    weights: WeightSource,
    chunks: readonly Chunk[],
    hooks: ForwardHooks = {},
  ): Promise<Travelling[]> {
    const all: Travelling[] = [];
    for (const chunk of chunks) all.push({ chunk, hidden: await this.embed(weights, chunk.tokens) });
    const prepared = all.map(({ chunk }) => new Prepared(chunk, this.#limits));
    for (let index = 0; index < this.#architecture.blocks.length; index += 1) {
      const block = await this.loadBlock(weights, index);
      for (const [number, { hidden }] of all.entries()) {
        const keysValues = await this.#runBlock(block, prepared[number], hidden, hooks.observe);
        hooks.onKeysValues?.(index, number, keysValues);
      }
      hooks.onBlock?.(index + 1);
    }
    return all;
  }

  /** Runs one block over a chunk; `hidden` float32 `[T, H]` is replaced in place. */
  async runBlock(
    weights: WeightSource,
    index: number,
    travelling: Travelling,
    observe?: Observe,
  ): Promise<void> {
    const block = await this.loadBlock(weights, index);
    await this.#runBlock(block, new Prepared(travelling.chunk, this.#limits), travelling.hidden, observe);
  }

  async #runBlock(
    block: LoadedBlock,
    prepared: Prepared,
    hidden: Float32Array,
    observe?: Observe,
  ): Promise<KeysValues> {
    const { mixer } = block.block;
    const H = this.#architecture.hiddenSize;
    const perKey = mixer.kvHeads * mixer.headDim;
    const half = mixer.headDim / 2;
    const { positions, segments, parents } = prepared.chunk;
    const tables = prepared.tables(mixer.position);
    const { keys, values } = await block.keysValues(hidden, tables, observe);
    for (const { from, to, keyFrom, keyTo } of prepared.tiles(mixer.heads, mixer.slidingWindow)) {
      const result = await block.attend(
        {
          groups: 1,
          hidden: hidden.subarray(from * H, to * H),
          tables: {
            cos: tables.cos.subarray(from * half, to * half),
            sin: tables.sin.subarray(from * half, to * half),
          },
          positions: positions.subarray(from, to),
          segments: segments.subarray(from, to),
          parents: parents.subarray(from, to),
        },
        {
          keys: keys.subarray(keyFrom * perKey, keyTo * perKey),
          values: values.subarray(keyFrom * perKey, keyTo * perKey),
          positions: positions.subarray(keyFrom, keyTo),
          segments: segments.subarray(keyFrom, keyTo),
        },
        observe,
      );
      // Later tiles read keys and values of these tokens, never their hidden states again.
      hidden.set(result, from * H);
    }
    return { keys, values };
  }
}

/** What every block needs of a chunk, computed once for all blocks of one shape. */
class Prepared {
  readonly chunk: Chunk;
  readonly #limits: (heads: number) => TileLimits;
  readonly #tables = new Map<string, RotationTables>();
  readonly #tiles = new Map<string, Tile[]>();

  constructor(chunk: Chunk, limits: (heads: number) => TileLimits) {
    this.chunk = chunk;
    this.#limits = limits;
  }

  tables(rope: Rope): RotationTables {
    const key = JSON.stringify(rope);
    const tables = this.#tables.get(key) ?? rotationTables(rope, this.chunk.positions);
    this.#tables.set(key, tables);
    return tables;
  }

  tiles(heads: number, slidingWindow: number | null): Tile[] {
    const key = `${heads} ${slidingWindow}`;
    const tiles = this.#tiles.get(key) ?? tilesOf(this.chunk, slidingWindow, this.#limits(heads));
    this.#tiles.set(key, tiles);
    return tiles;
  }
}
