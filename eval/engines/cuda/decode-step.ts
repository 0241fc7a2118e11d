/** One decode step of B texts, from their newest tokens to the next ones, recorded once a bucket and replayed. */

import { runBlock } from './block.ts';
import { isTied } from './block-layout.ts';
import { FewOps } from './few-ops.ts';
import { Forward } from './forward.ts';
import type { Image } from './layout.ts';
import { ELEMENT_BYTES, F32, type Matrix } from './matrix.ts';
import type { Session } from './session.ts';
import type { TextMemory } from './text-memory.ts';

const WORD = 4;

/** How the tokens of all texts of a step are drawn. */
export interface Drawing {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
}

export interface DecodeOptions {
  /** Whether steps are recorded as CUDA graphs. Weights that are streamed cannot be. */
  readonly isRecorded: boolean;
}

export class DecodeStep {
  readonly #session: Session;
  readonly #memory: TextMemory;
  readonly #drawing: Drawing;
  readonly #ops: FewOps;
  readonly #forward: Forward;
  readonly #isRecorded: boolean;
  readonly #graphs = new Map<number, number>();

  constructor(session: Session, memory: TextMemory, drawing: Drawing, { isRecorded }: DecodeOptions) {
    const { architecture, device, images, rotations, precision, plan } = session.parts;
    this.#session = session;
    this.#memory = memory;
    this.#drawing = drawing;
    this.#ops = new FewOps(device.kernels, session.ops.dtype);
    const { scratch } = session;
    this.#forward = new Forward({ architecture, ops: this.#ops, images, rotations, precision, scratch });
    this.#isRecorded = isRecorded && plan.residentBlocks === plan.layouts.length;
  }

  /**
   * Queues steps of slots 0 … B − 1, each from the tokens of the one before. Drawn tokens are in the history of the memory
   * afterwards, −1 from the step on where a logit is not finite.
   */
  async run(B: number, steps: number): Promise<void> {
    const { kernels } = this.#ops;
    const { tokens, drawing, history, drawings, shape } = this.#memory;
    for (let step = 0; step < steps; step += 1) {
      const row = step * shape.slots * WORD;
      if (this.#drawing.temperature > 0) kernels.copy({ to: drawing, from: drawings + row, bytes: B * WORD });
      await this.#run(B);
      kernels.copy({ to: history + row, from: tokens, bytes: B * WORD });
    }
  }

  async #run(B: number): Promise<void> {
    const { kernels } = this.#ops;
    if (!this.#isRecorded) return this.#queue(B);
    const known = this.#graphs.get(B);
    const graph = known ?? (await this.#record(B));
    this.#graphs.set(B, graph);
    kernels.graphLaunch({ graph });
  }

  /** The first tokens of texts whose last hidden states are in rows 0 … B − 1 of the memory's hidden states. */
  async begin(B: number): Promise<void> {
    await this.#choose(B, await this.#session.parts.images.top());
    const { head, shape, logits, tokens } = this.#memory;
    const { kernels } = this.#ops;
    // Tables of nobody: only the check of the logits is wanted.
    kernels.fill({ to: head.sum, value: 0, bytes: 16 * shape.slots });
    const unused = { ids: head.highest, positions: head.sum, rows: head.best, rowTables: 0 };
    const stride = this.#session.parts.architecture.vocabSize;
    kernels.decodeAdvance({ logits, stride, token: tokens, ...unused, rowStride: shape.slots, B });
  }

  close(): void {
    for (const graph of this.#graphs.values()) this.#ops.kernels.graphDestroy({ graph });
    this.#graphs.clear();
  }

  async #record(B: number): Promise<number> {
    const { kernels } = this.#ops;
    kernels.graphBegin({});
    const out = new BigUint64Array(1);
    try {
      await this.#queue(B);
    } finally {
      // A stream that is left recording takes no other work.
      kernels.graphEnd({ out });
    }
    return Number(out[0]);
  }

  async #queue(B: number): Promise<void> {
    const { architecture, images, rotations, precision } = this.#session.parts;
    const memory = this.#memory;
    const { scratch } = this.#session;
    const hidden: Matrix = { at: memory.hidden, dtype: F32, stride: architecture.hiddenSize };
    const tables = memory.tables(B);
    await this.#forward.embed({ tables, hidden });
    for (const [index, block] of architecture.blocks.entries()) {
      const image = await images.acquire(index);
      await runBlock(block, {
        ...{ ops: this.#ops, scratch, image, tables, precision, hidden, hiddenSize: architecture.hiddenSize },
        rotation: (rope) => rotations.of(rope),
        hooks: { memory: memory.block(index) },
      });
      images.release(index);
    }
    await this.#choose(B, await images.top());
    const { limits, slots } = memory.shape;
    this.#ops.kernels.decodeAdvance({
      ...{ logits: memory.logits, stride: architecture.vocabSize, token: memory.tokens, ids: memory.idsAt },
      ...{ positions: memory.positionsAt, rows: memory.rowsAt, rowTables: 1 + limits.length },
      ...{ rowStride: slots, B },
    });
  }

  /** From hidden states to logits and the tokens drawn from them. */
  async #choose(B: number, image: Image): Promise<void> {
    const { architecture } = this.#session.parts;
    const { scratch } = this.#session;
    const { hiddenSize: H, vocabSize: V, finalNorm, headProjection, head, logitSoftCap } = architecture;
    const ops = this.#ops;
    const memory = this.#memory;
    const mark = scratch.mark();
    const take = (width: number): Matrix => ({
      ...{ at: scratch.take(B * width * ELEMENT_BYTES[ops.dtype]), dtype: ops.dtype, stride: width },
    });
    const weights = (name: string) => ({ weight: image.at(name), bias: image.atOrZero(`${name}.bias`) });
    const hidden = { at: memory.hidden, dtype: F32, stride: H, inner: 0 };
    let states = take(H);
    if (finalNorm === null) ops.moveRows(hidden, states, B, H);
    else ops.norm(finalNorm, weights('finalNorm'), hidden, { ...states, inner: 0 }, B, 1, H);
    if (headProjection !== null) {
      const projected = take(headProjection.outFeatures);
      ops.linear(states, weights('headProjection'), projected, [B, headProjection.outFeatures, H]);
      states = projected;
    }
    const logits = { at: memory.logits, dtype: F32, stride: V };
    const table = image.at(isTied(architecture) ? 'embedding' : 'head');
    const bias = image.atOrZero('head.bias');
    ops.linear(states, { weight: table, bias }, logits, [B, V, head.inFeatures]);
    const rows = { logits: logits.at, stride: V };
    if (logitSoftCap !== null)
      ops.kernels.headUpdate({
        ...{ ...rows, R: B, width: V, first: 0, bias: 0, softCap: logitSoftCap, ...memory.head },
      });
    const { temperature, topK, topP } = this.#drawing;
    ops.kernels.sample({
      ...{ ...rows, B, V, temperature, topK, topP, uniforms: memory.drawing, token: memory.tokens },
    });
    scratch.release(mark);
  }
}
