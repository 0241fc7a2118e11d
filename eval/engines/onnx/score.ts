/** Scores continuations: packs requests, runs them in batches that fit the workspace, reads targets off the head. */

import { engineErrors as errors } from '../../errors/engine.ts';
import type { Architecture } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { OnProgress, ScoredContinuation, ScoreRequest } from '../engine.ts';
import { checkScoreRequests, type PackedChunk, packRequests, type Target } from '../pack.ts';
import { type Budget, CHUNK_TOKENS } from './budget.ts';
import type { Forward, Travelling } from './forward.ts';
import type { Head, HeadAnswer, HeadQuery } from './head.ts';

export interface Scorer {
  readonly architecture: Architecture;
  readonly forward: Forward;
  readonly head: Head;
  readonly budget: Budget;
}

interface Answer {
  readonly logProbabilities: Float32Array;
  isGreedy: boolean;
}

/** @throws engine/request, engine/too-long, engine/not-finite */
export async function score(
  scorer: Scorer,
  weights: WeightSource,
  requests: readonly ScoreRequest[],
  onProgress?: OnProgress,
): Promise<readonly (readonly ScoredContinuation[])[]> {
  const { architecture, budget } = scorer;
  checkScoreRequests(requests, architecture.vocabSize, architecture.maxPositions);
  const answers: Answer[][] = requests.map(({ continuations }) =>
    continuations.map(({ length }) => ({ logProbabilities: new Float32Array(length), isGreedy: true })),
  );
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
    await scoreBatch(scorer, weights, batch, answers, onBlock);
    done += size;
    onProgress?.(done, total);
  }
  return answers;
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

async function scoreBatch(
  { architecture, forward, head }: Scorer,
  weights: WeightSource,
  batch: readonly PackedChunk[],
  answers: readonly Answer[][],
  onBlock: (done: number) => void,
): Promise<void> {
  const travelled = await forward.run(
    weights,
    batch.map(({ chunk }) => chunk),
    { onBlock },
  );
  const queries = batch.map(({ targets }, i) =>
    keepTargetRows(travelled[i], targets, architecture.hiddenSize),
  );
  const found = await head.score(weights, queries);
  for (const [i, { targets }] of batch.entries()) fillAnswers(targets, queries[i], found[i], answers);
}

/** Moves the rows that score something to the front of the hidden states, which are not needed otherwise any more. */
function keepTargetRows({ hidden }: Travelling, targets: readonly Target[], H: number): HeadQuery {
  const rows = [...new Set(targets.map(({ row }) => row))].sort((a, b) => a - b);
  const place = new Map(rows.map((row, at) => [row, at]));
  for (const [at, row] of rows.entries()) hidden.copyWithin(at * H, row * H, (row + 1) * H);
  const pairs = targets.map(({ row, token }) => ({ row: place.get(row)!, token }));
  return { hidden: hidden.subarray(0, rows.length * H), pairs };
}

function fillAnswers(
  targets: readonly Target[],
  query: HeadQuery,
  found: HeadAnswer,
  answers: readonly Answer[][],
): void {
  for (const [i, { request, continuation, offset, token }] of targets.entries()) {
    const value = found.logProbabilities[i];
    if (!Number.isFinite(value))
      throw errors.notFinite(`request ${request}, continuation ${continuation}, token ${offset}`);
    const answer = answers[request][continuation];
    answer.logProbabilities[offset] = value;
    if (found.argMax[query.pairs[i].row] !== token) answer.isGreedy = false;
  }
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
