/** Runs score requests through the blocks in batches that fit the workspace, up to the states that predict something. */
import type { Architecture } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { OnProgress, ScoreRequest } from '../engine.ts';
import { checkScoreRequests, type PackedChunk, packRequests, type Target } from '../pack.ts';
import { type Budget, CHUNK_TOKENS } from './budget.ts';
import type { Forward, Travelling } from './forward.ts';
import type { Head, HeadQuery } from './head.ts';

export interface Scorer {
  readonly architecture: Architecture;
  readonly forward: Forward;
  readonly head: Head;
  readonly budget: Budget;
}

/** What came out of the last block for one chunk. */
export interface Reached {
  readonly targets: readonly Target[];
  /** Rows and tokens of the targets, in their order; `hidden` holds the rows that predict one, each once. */
  readonly query: HeadQuery;
}

/**
 * Calls `visit` for one batch of chunks after the other.
 * @throws engine/request, engine/too-long
 */
export async function forEachBatch(
  { architecture, budget, forward }: Scorer,
  weights: WeightSource,
  requests: readonly ScoreRequest[],
  onProgress: OnProgress | undefined,
  visit: (batch: readonly Reached[]) => Promise<void>,
): Promise<void> {
  checkScoreRequests(requests, architecture.vocabSize, architecture.maxPositions);
  const packed = packRequests(
    requests,
    Math.min(CHUNK_TOKENS, budget.batchTokens),
    lengthLimits(architecture),
  );
  const total = tokenCount(packed);
  let done = 0;
  for (const batch of batches(packed, budget.batchTokens)) {
    const size = tokenCount(batch);
    const onBlock = (blocks: number) =>
      onProgress?.(done + Math.floor((size * blocks) / (architecture.blocks.length + 1)), total);
    const chunks = batch.map(({ chunk }) => chunk);
    const travelled = await forward.run(weights, chunks, { onBlock });
    const reached = batch.map(({ targets }, i) => ({
      targets,
      query: keepTargetRows(travelled[i], targets, architecture.hiddenSize),
    }));
    await visit(reached);
    done += size;
    onProgress?.(done, total);
  }
}

/** Text lengths beyond which positions are computed differently. */
function lengthLimits({ blocks }: Architecture): readonly number[] {
  const limits = new Set<number>();
  for (const { mixer } of blocks) {
    if (mixer.kind === 'selective-scan' || mixer.position.kind !== 'rope') continue;
    if (mixer.position.long !== null) limits.add(mixer.position.long.beyond);
  }
  return [...limits];
}

/** Moves the rows that score something to the front of the hidden states, which are not needed otherwise any more. */
function keepTargetRows({ hidden }: Travelling, targets: readonly Target[], H: number): HeadQuery {
  const rows = [...new Set(targets.map(({ row }) => row))].sort((a, b) => a - b);
  const place = new Map(rows.map((row, at) => [row, at]));
  for (const [at, row] of rows.entries()) hidden.copyWithin(at * H, row * H, (row + 1) * H);
  const pairs = targets.map(({ row, token }) => ({ row: place.get(row)!, token }));
  return { hidden: hidden.subarray(0, rows.length * H), pairs };
}

/** Groups of chunks with at most `limit` tokens; a chunk over the limit stands alone. */
function* batches(packed: readonly PackedChunk[], limit: number): Generator<PackedChunk[]> {
  let batch: PackedChunk[] = [];
  for (const chunk of packed) {
    if (batch.length > 0 && tokenCount(batch) + tokenCount([chunk]) > limit) {
      yield batch;
      batch = [];
    }
    batch.push(chunk);
  }
  if (batch.length > 0) yield batch;
}

function tokenCount(packed: readonly PackedChunk[]): number {
  return packed.reduce((sum, { chunk }) => sum + chunk.tokens.length, 0);
}
