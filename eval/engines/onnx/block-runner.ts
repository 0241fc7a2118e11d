/** How a block is run, whatever its mixer: whole chunks, or one new token of each of many texts. */
import type { Architecture, Block, Position } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { Chunk, Observe, ObserveCache } from '../engine.ts';
import { type Tile, type TileLimits, tilesOf } from '../tiles.ts';
import { type RotationTables, rotationTables } from './layers/positions.ts';
import type { Programs } from './programs.ts';

/** A block with its weights loaded. */
export interface BlockRunner {
  /** Runs the block over a whole chunk; `hidden` float32 `[T, H]` is replaced in place. */
  run(prepared: PreparedChunk, hidden: Float32Array, hooks: RunHooks): Promise<void>;
  /** Runs it over one new token of each text, float32 `[B, H]` in and out, and adds the token to the state. */
  step(step: Step, hidden: Float32Array, state: BlockState): Promise<Float32Array>;
}

export interface RunHooks {
  readonly observe?: Observe;
  readonly observeCache?: ObserveCache;
  /** Where to keep what generation needs of the texts in the chunk. */
  readonly remember?: Remember;
}

export interface Remember {
  readonly state: BlockState;
  /** Token indices `from … to` of the chunk are the whole prompt of text `text`. */
  readonly texts: readonly { readonly text: number; readonly from: number; readonly to: number }[];
}

/** The newest token of each text, `[B]`. */
export interface Step {
  readonly positions: Int32Array;
  /** As in `Chunk`. */
  readonly lengths: Int32Array;
}

/** What one block remembers of the texts being generated; which values these are is the runner's own affair. */
export interface BlockState {
  /** Keeps only the texts listed, whose numbers ascend. */
  keep(texts: readonly number[]): void;
  /** Makes room for texts of `length` tokens. */
  grow(length: number): void;
}

/** What the engine needs of a kind of mixer. */
export interface RunnerKind {
  /** Reads the weights of a block and pairs them with the compiled graphs of its shape. */
  load(
    programs: Programs,
    architecture: Architecture,
    block: Block,
    weights: WeightSource,
  ): Promise<BlockRunner>;
  /** An empty state for `texts` texts of `length` tokens. */
  createState(block: Block, texts: number, length: number): BlockState;
  /** Bytes of state that one text of `length` tokens needs. */
  stateBytes(block: Block, length: number): number;
}

/** What every block needs of a chunk, computed once for all blocks of one shape. */
export class PreparedChunk {
  readonly chunk: Chunk;
  readonly #limits: (heads: number) => TileLimits;
  readonly #tables = new Map<string, RotationTables>();
  readonly #tiles = new Map<string, Tile[]>();

  constructor(chunk: Chunk, limits: (heads: number) => TileLimits) {
    this.chunk = chunk;
    this.#limits = limits;
  }

  /** Null for positions that do not rotate. */
  tables(position: Position): RotationTables | null {
    if (position.kind !== 'rope') return null;
    const key = JSON.stringify(position);
    const tables = this.#tables.get(key) ?? rotationTables(position, this.chunk);
    this.#tables.set(key, tables);
    return tables;
  }

  tiles(heads: number, slidingWindow: number | null): readonly Tile[] {
    const key = `${heads} ${slidingWindow}`;
    const tiles = this.#tiles.get(key) ?? tilesOf(this.chunk, slidingWindow, this.#limits(heads));
    this.#tiles.set(key, tiles);
    return tiles;
  }
}
