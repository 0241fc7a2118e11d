/** Answers score batches: chunks through the blocks, then the rows that predict something through the head. */
import type { Architecture } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { Divergence } from '../engine.ts';
import type { Answered, Asked, Questions, ReferenceRows, Scorer } from '../score-batches.ts';
import { type Budget, CHUNK_TOKENS } from './budget.ts';
import type { Forward, Travelling } from './forward.ts';
import type { Head, HeadQuery } from './head.ts';

/** The parts of a loaded model. */
export interface Parts {
  readonly architecture: Architecture;
  readonly forward: Forward;
  readonly head: Head;
  readonly budget: Budget;
}

export function scorerOf(parts: Parts, weights: WeightSource): Scorer {
  const { architecture, budget } = parts;
  return {
    architecture,
    chunkTokens: CHUNK_TOKENS,
    batchTokens: budget.batchTokens,
    answer: (batch, onBlock) => answer(parts, weights, batch, onBlock),
  };
}

async function answer(
  { architecture, forward, head }: Parts,
  weights: WeightSource,
  batch: readonly Asked[],
  onBlock: (done: number) => void,
): Promise<Answered[]> {
  const travelled = await forward.run(
    weights,
    batch.map(({ chunk }) => chunk),
    { onBlock },
  );
  const questions = batch.map((asked) => asked.questions());
  const queries = questions.map((own, i) => keepRows(travelled[i], own, architecture.hiddenSize));
  if (batch[0]?.wanted === 'states') {
    const states = [];
    for (const { hidden } of queries) states.push(await head.readOut(weights, hidden));
    return states.map((read) => ({ ...NOTHING, states: read }));
  }
  const answered: Answered[] = [];
  for (const [i, { logProbabilities, argMax, states }] of (await head.score(weights, queries)).entries()) {
    const divergence = await compare(head, weights, questions[i].reference, states);
    answered.push({ logProbabilities, argMax, states: null, divergence });
  }
  return answered;
}

const NOTHING = { logProbabilities: new Float64Array(0), argMax: new Int32Array(0), divergence: null };

async function compare(
  head: Head,
  weights: WeightSource,
  reference: ReferenceRows | null,
  states: Float32Array,
): Promise<Divergence | null> {
  if (reference === null) return null;
  const size = reference.states.reduce((sum, { length }) => sum + length, 0);
  const K = size / reference.rows.length;
  const [own, other] = [new Float32Array(size), new Float32Array(size)];
  let done = 0;
  for (const piece of reference.states) {
    other.set(piece, done);
    done += piece.length;
  }
  for (const [at, row] of reference.rows.entries()) own.set(states.subarray(row * K, (row + 1) * K), at * K);
  return head.compare(weights, other, own);
}

/** Moves the rows that score something to the front of the hidden states, which are not needed otherwise any more. */
function keepRows({ hidden }: Travelling, { rows, pairs }: Questions, H: number): HeadQuery {
  for (const [at, row] of rows.entries()) hidden.copyWithin(at * H, row * H, (row + 1) * H);
  return { hidden: hidden.subarray(0, rows.length * H), pairs };
}
