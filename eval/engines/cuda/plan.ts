/** How device memory is divided before anything is allocated: weights, hidden states, and the values of one chunk. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { Architecture } from '../../families/architecture.ts';
import type { ForwardPrecision } from '../forward-quantizer.ts';
import { aligned, Scratch } from './arena.ts';
import { runBlock } from './block.ts';
import type { BlockContext } from './block-context.ts';
import { blockLayout, topLayout } from './block-layout.ts';
import { longLimits, tableBytes } from './chunk.ts';
import { headScratch } from './head.ts';
import { STAGING_BYTES } from './image-writer.ts';
import { Image, type Layout } from './layout.ts';
import { type Dtype, F32 } from './matrix.ts';
import { noKernels, Ops } from './ops.ts';
import { rotationBytes } from './rotations.ts';

export interface MemoryPlan {
  readonly layouts: readonly Layout[];
  readonly top: Layout;
  /** Tokens of a chunk, unless one text is longer. */
  readonly chunkTokens: number;
  /** Tokens whose hidden states are on the device together. */
  readonly batchTokens: number;
  /** Blocks whose weights stay; the others are streamed. */
  readonly residentBlocks: number;
  /** Bytes of each of two places for streamed blocks; 0 where all stay. */
  readonly slotBytes: number;
  /** Everything outside blocks, resident blocks and slots. */
  readonly weightBytes: number;
  readonly hiddenBytes: number;
  /** Values of one chunk on its way through a block or the head. */
  readonly scratchBytes: number;
  readonly totalBytes: number;
}

export interface PlanOptions {
  readonly architecture: Architecture;
  readonly dtype: Dtype;
  readonly precision: ForwardPrecision;
  /** All device memory that the model may use. */
  readonly limitBytes: number;
  /** The longest text that must fit in a chunk. @default 0 */
  readonly longest?: number;
  /** Most tokens of a chunk and of a batch. @default 16384, and 65536 where all weights stay or 262144 where they do not */
  readonly chunkTokens?: number;
  readonly batchTokens?: number;
  /** Most blocks whose weights stay, though more would fit. @default all */
  readonly residentBlocks?: number;
}

const CHUNK_TOKENS = 16_384;
const SMALLEST_CHUNK = 1024;
/** Longer batches gain nothing where weights stay, and hide the copy of a block where they do not. */
const RESIDENT_BATCH = 65_536;
const STREAMED_BATCH = 262_144;
const FLOAT = Float32Array.BYTES_PER_ELEMENT;

/** Throws `engine/device-memory` where even the smallest chunk does not fit, with the numbers. */
export async function planMemory(options: PlanOptions): Promise<MemoryPlan> {
  const { architecture, dtype, limitBytes } = options;
  const { hiddenSize, blocks } = architecture;
  const layouts = blocks.map((block) => blockLayout(block, hiddenSize, dtype));
  const top = topLayout(architecture, dtype);
  const sizes = chunkSizes(options);
  const candidates: MemoryPlan[] = [];
  const canStay = (options.residentBlocks ?? blocks.length) >= blocks.length;
  for (const isStreamed of canStay ? [false, true] : [true]) {
    for (const chunkTokens of sizes) {
      const scratchBytes = await chunkBytes(options, layouts, chunkTokens);
      const plan = divide(options, { layouts, top, chunkTokens, scratchBytes }, isStreamed);
      if (plan.totalBytes <= limitBytes) return plan;
      candidates.push(plan);
    }
  }
  const { weightBytes, hiddenBytes, scratchBytes, chunkTokens, totalBytes } = candidates.at(-1)!;
  throw errors.deviceMemory(totalBytes, limitBytes, { weightBytes, hiddenBytes, scratchBytes, chunkTokens });
}

/** One sentence for the reader of a log. */
export function describePlan(plan: MemoryPlan, limitBytes: number): string {
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  const { layouts, residentBlocks, weightBytes, hiddenBytes, scratchBytes, chunkTokens, batchTokens } = plan;
  const streamed = layouts.length - residentBlocks;
  const stay = streamed === 0 ? 'all of which stay' : `${streamed} of ${layouts.length} blocks are streamed`;
  return (
    `Device memory: ${gib(weightBytes)} for weights, ${stay}; ${gib(hiddenBytes)} for the hidden states of ` +
    `${batchTokens} tokens; ${gib(scratchBytes)} for chunks of ${chunkTokens}; ${gib(plan.totalBytes)} of ` +
    `${gib(limitBytes)} in all.`
  );
}

/** Bytes of tables, staging and rotations, which are outside the ranges of a plan but inside its total. */
export function sideBytes(architecture: Architecture, plan: Pick<MemoryPlan, 'batchTokens' | 'chunkTokens'>) {
  const tables = tableBytes(plan.batchTokens, longLimits(architecture).length);
  return STAGING_BYTES + aligned(tables) + rotationBytes(architecture, plan.chunkTokens);
}

function chunkSizes({ longest = 0, chunkTokens = CHUNK_TOKENS }: PlanOptions): number[] {
  const sizes: number[] = [];
  for (let size = Math.max(chunkTokens, longest); ; size = Math.floor(size / 2)) {
    sizes.push(Math.max(size, longest));
    if (size <= SMALLEST_CHUNK || size <= longest) return sizes;
  }
}

function divide(
  { architecture, limitBytes, batchTokens, residentBlocks: most }: PlanOptions,
  fixed: Pick<MemoryPlan, 'layouts' | 'top' | 'chunkTokens' | 'scratchBytes'>,
  isStreamed: boolean,
): MemoryPlan {
  const { layouts, top, chunkTokens, scratchBytes } = fixed;
  const sum = (own: readonly Layout[]) => own.reduce((bytes, layout) => bytes + layout.bytes, 0);
  const slotBytes = isStreamed ? Math.max(...layouts.map(({ bytes }) => bytes)) : 0;
  const tokenBytes = architecture.hiddenSize * FLOAT;
  const weights = top.bytes + (isStreamed ? 2 * slotBytes : sum(layouts));
  const side = (tokens: number) => sideBytes(architecture, { chunkTokens, batchTokens: tokens });
  const spare = limitBytes - weights - scratchBytes - side(chunkTokens) - chunkTokens * tokenBytes;
  const wanted = Math.max(chunkTokens, batchTokens ?? (isStreamed ? STREAMED_BATCH : RESIDENT_BATCH));
  const share = isStreamed ? spare : spare / 2;
  // Tables of a token are far smaller than its hidden state, so a quarter more is room for them.
  const more = Math.max(0, Math.floor(share / (1.25 * tokenBytes)));
  const tokens = Math.min(wanted, chunkTokens + more);
  const left = limitBytes - weights - scratchBytes - side(tokens) - tokens * tokenBytes;
  const residentBlocks = isStreamed
    ? Math.min(countFitting(layouts, left), most ?? layouts.length)
    : layouts.length;
  const weightBytes = weights + (isStreamed ? sum(layouts.slice(0, residentBlocks)) : 0);
  const hiddenBytes = tokens * tokenBytes;
  const totalBytes = weightBytes + hiddenBytes + scratchBytes + side(tokens);
  return { ...fixed, batchTokens: tokens, residentBlocks, slotBytes, weightBytes, hiddenBytes, totalBytes };
}

/** How many of the first layouts fit; at least two stay streamed, or there was no need to stream. */
function countFitting(layouts: readonly Layout[], bytes: number): number {
  let left = bytes;
  let count = 0;
  for (const layout of layouts.slice(0, -2)) {
    left -= layout.bytes;
    if (left < 0) break;
    count += 1;
  }
  return count;
}

/** Bytes that a chunk needs besides its hidden states: what the engine's own code takes when nothing is computed. */
async function chunkBytes(
  { architecture, dtype, precision }: PlanOptions,
  layouts: readonly Layout[],
  T: number,
): Promise<number> {
  const ops = new Ops(noKernels, dtype);
  const scratch = new Scratch(0, Number.POSITIVE_INFINITY);
  const { blocks, hiddenSize } = architecture;
  const place = { at: 0, dtype: F32, stride: hiddenSize };
  // A run for every token is the worst for what is kept by run.
  const tables = { T, S: T, maxRows: T, levels: 0, tokens: 0, positions: 0, rotationRows: () => 0 };
  const seen = new Set<string>();
  for (const [index, block] of blocks.entries()) {
    const context: BlockContext = {
      ...{ ops, scratch, precision, hiddenSize, hidden: place },
      image: new Image(layouts[index]!, 0),
      tables: { ...tables, attention: { at: 0, count: T, maxQueries: T }, scan: 0, runs: [] },
      rotation: () => ({ cos: 0, sin: 0 }),
      hooks: { scanMemory: () => undefined },
    };
    const key = shapeOf(layouts[index]!);
    if (!seen.has(key)) await runBlock(block, context);
    seen.add(key);
  }
  const embedded = (architecture.embedding.projection?.inFeatures ?? 0) * T * 2 * FLOAT;
  return Math.max(scratch.peak, headScratch(architecture, dtype, T), aligned(embedded) + 1024);
}

function shapeOf({ parts }: Layout): string {
  return JSON.stringify(
    [...parts].map(([name, { part }]) => [name, part.kind === 'matrix' ? [part.N, part.K] : 0]),
  );
}
