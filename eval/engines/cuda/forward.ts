/** Queues chunks through the blocks of a model, keeping many chunks side by side so that each block is loaded once. */
import type { Architecture } from '../../families/architecture.ts';
import type { ForwardPrecision } from '../forward-quantizer.ts';
import type { Scratch } from './arena.ts';
import { runBlock } from './block.ts';
import type { BlockHooks } from './block-context.ts';
import type { ChunkTables } from './chunk.ts';
import type { Images } from './images.ts';
import { ELEMENT_BYTES, F32, type Matrix } from './matrix.ts';
import type { Ops } from './ops.ts';
import type { Rotations } from './rotations.ts';

/** A chunk on its way through the blocks. */
export interface Travelling {
  readonly tables: ChunkTables;
  /** Float32 `[T, H]` in device memory, replaced in place block by block. */
  readonly hidden: Matrix;
}

export interface ForwardParts {
  readonly architecture: Architecture;
  readonly ops: Ops;
  readonly images: Images;
  readonly rotations: Rotations;
  readonly precision: ForwardPrecision;
  /** For the values of one chunk at a time. */
  readonly scratch: Scratch;
}

export interface ForwardHooks {
  /** What block `block` shows of chunk `chunk`. */
  readonly ofBlock?: (block: number, chunk: number) => BlockHooks;
  /** Called after the work of each block is queued, with its number counted from 1. */
  readonly onBlock?: (done: number) => void;
}

// The device takes about a thousand calls ahead; a call beyond that would block the process until there is room.
const CALLS_AHEAD = 700;
const CALLS_OF_A_BLOCK = 16;

export class Forward {
  readonly #parts: ForwardParts;
  #ahead = 0;

  constructor(parts: ForwardParts) {
    this.#parts = parts;
  }

  /** Hidden states before the first block. */
  async embed({ tables, hidden }: Travelling): Promise<void> {
    const { architecture, ops, images, scratch } = this.#parts;
    const { embedding, hiddenSize: H } = architecture;
    const { dtype, kernels } = ops;
    const { T, tokens: ids } = tables;
    const { projection, positions, norm, scale } = embedding;
    const image = await images.top();
    const rows = { dtype, T, offset: 0, accumulate: 0 };
    const table = image.at('embedding');
    if (projection === null) kernels.gatherRows({ ...rows, table, ids, scale, out: hidden.at, width: H });
    else {
      const width = projection.inFeatures;
      const mark = scratch.mark();
      const gathered = { at: scratch.take(T * width * 4), dtype: F32, stride: width };
      kernels.gatherRows({ ...rows, table, ids, scale, out: gathered.at, width });
      const read = { at: scratch.take(T * width * ELEMENT_BYTES[dtype]), dtype, stride: width };
      ops.moveRows(gathered, read, T, width);
      ops.matmul(read, image.at('projection'), hidden, T, H, width);
      if (image.has('projection.bias')) ops.bias(hidden, image.at('projection.bias'), T, H);
      scratch.release(mark);
    }
    if (positions !== null) {
      const place = { table: image.at('positions'), ids: tables.positions, offset: positions.offset };
      kernels.gatherRows({ ...rows, ...place, scale: 1, out: hidden.at, width: H, accumulate: 1 });
    }
    if (norm === null) return;
    const weights = { weight: image.at('norm'), bias: image.atOrZero('norm.bias') };
    ops.norm(norm, weights, { ...hidden, inner: 0 }, { ...hidden, inner: 0 }, T, 1, H);
  }

  /** Queues one block over chunks; @param ofChunk what it shows of each */
  async runBlock(
    index: number,
    chunks: readonly Travelling[],
    ofChunk?: (chunk: number) => BlockHooks,
  ): Promise<void> {
    const { architecture, images, rotations, ...shared } = this.#parts;
    const image = await images.acquire(index);
    for (const [number, { tables, hidden }] of chunks.entries()) {
      await runBlock(architecture.blocks[index]!, {
        ...shared,
        ...{ image, tables, hidden, hiddenSize: architecture.hiddenSize },
        rotation: (rope) => rotations.of(rope),
        hooks: ofChunk?.(number) ?? {},
      });
      await this.#pace();
    }
    images.release(index);
  }

  /** Embeds chunks and runs all blocks. */
  async run(chunks: readonly Travelling[], hooks: ForwardHooks = {}): Promise<void> {
    const { ofBlock, onBlock } = hooks;
    for (const chunk of chunks) await this.embed(chunk);
    for (let index = 0; index < this.#parts.architecture.blocks.length; index += 1) {
      const ofChunk = ofBlock === undefined ? undefined : (chunk: number) => ofBlock(index, chunk);
      await this.runBlock(index, chunks, ofChunk);
      onBlock?.(index + 1);
    }
  }

  /** Waits for the device where it is far behind, so that the process stays free for signals and progress. */
  async #pace(): Promise<void> {
    this.#ahead += CALLS_OF_A_BLOCK;
    if (this.#ahead < CALLS_AHEAD) return;
    this.#ahead = 0;
    await this.#parts.ops.kernels.synchronizeAsync();
  }
}
