/** Runs chunks through the blocks of a model, keeping many chunks side by side so that each block is loaded once. */
import type { Architecture } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { Chunk } from '../engine.ts';
import type { TileLimits } from '../tiles.ts';
import { type BlockRunner, PreparedChunk, type Remember, type RunHooks } from './block-runner.ts';
import { feedWeights } from './block-weights.ts';
import { embeddingGraph } from './graphs/embedding.ts';
import type { Programs } from './programs.ts';
import { runnerOf } from './runners.ts';
import type { Feed } from './runtime.ts';

/** A chunk on its way through the blocks. */
export interface Travelling {
  readonly chunk: Chunk;
  /** Float32 `[T, H]`, replaced in place block by block. */
  readonly hidden: Float32Array;
}

export interface ForwardHooks {
  /** Where block `block` keeps what generation needs of the texts in chunk `chunk`. */
  readonly remember?: (block: number, chunk: number) => Remember;
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

  /** Hidden states before the first block, float32 `[T, H]`. */
  async embed(
    weights: WeightSource,
    { tokens, positions }: Pick<Chunk, 'tokens' | 'positions'>,
  ): Promise<Float32Array> {
    const { embedding, hiddenSize: H } = this.#architecture;
    const data = await weights.rows(embedding.tensor, tokens);
    const { scale, positions: learned, projection, norm } = embedding;
    if (scale === 1 && learned === null && projection === null && norm === null) return data;
    const program = await this.#programs.compiled('embedding', [embedding, H], () =>
      embeddingGraph(embedding, H),
    );
    const rows = tokens.length;
    const feeds: Record<string, Feed> = { tokens: { data, dims: [rows, data.length / rows] } };
    if (learned !== null) {
      const places = positions.map((position) => position + learned.offset);
      feeds.positions = { data: await weights.rows(learned.tensor, places), dims: [rows, H] };
    }
    Object.assign(feeds, await feedWeights(program, { projection, norm }, weights));
    return (await program.run(feeds, ['result'])).result;
  }

  loadBlock(weights: WeightSource, index: number): Promise<BlockRunner> {
    const block = this.#architecture.blocks[index];
    return runnerOf(block).load(this.#programs, this.#architecture, block, weights);
  }

  /** Embeds chunks and runs all blocks. */
  async run(
    weights: WeightSource,
    chunks: readonly Chunk[],
    hooks: ForwardHooks = {},
  ): Promise<Travelling[]> {
    const all: Travelling[] = [];
    for (const chunk of chunks) all.push({ chunk, hidden: await this.embed(weights, chunk) });
    const prepared = all.map(({ chunk }) => new PreparedChunk(chunk, this.#limits));
    for (let index = 0; index < this.#architecture.blocks.length; index += 1) {
      const runner = await this.loadBlock(weights, index);
      for (const [number, { hidden }] of all.entries()) {
        const remember = hooks.remember?.(index, number);
        await runner.run(prepared[number], hidden, remember === undefined ? {} : { remember });
      }
      hooks.onBlock?.(index + 1);
    }
    return all;
  }

  /** Runs one block over a chunk; `hidden` float32 `[T, H]` is replaced in place. */
  async runBlock(
    weights: WeightSource,
    index: number,
    { chunk, hidden }: Travelling,
    hooks: RunHooks,
  ): Promise<void> {
    const runner = await this.loadBlock(weights, index);
    await runner.run(new PreparedChunk(chunk, this.#limits), hidden, hooks);
  }
}
