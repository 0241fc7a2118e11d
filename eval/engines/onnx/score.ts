/** Scores continuations: reads their tokens off the head, and compares distributions with those of a reference. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { WeightSource } from '../../weights.ts';
import type { FinalStates, OnProgress, ScoredContinuation, ScoreRequest } from '../engine.ts';
import type { Target } from '../pack.ts';
import type { HeadAnswer, HeadQuery } from './head.ts';
import { forEachBatch, type Reached, type Scorer } from './score-batches.ts';

interface ScoreOptions {
  readonly onProgress: OnProgress | undefined;
  /** Of the first few requests, or of none. */
  readonly reference: FinalStates;
}

interface Answer extends ScoredContinuation {
  isGreedy: boolean;
}

/** @throws engine/request, engine/too-long, engine/not-finite */
export async function score(
  scorer: Scorer,
  weights: WeightSource,
  requests: readonly ScoreRequest[],
  { onProgress, reference }: ScoreOptions,
): Promise<readonly (readonly ScoredContinuation[])[]> {
  const K = scorer.architecture.head.inFeatures;
  reference.forEach((states, request) => {
    const expected = requests[request]?.continuations.map(({ length }) => length * K) ?? [];
    if (states.map(({ length }) => length).join() !== expected.join())
      throw new TypeError(`the reference of request ${request} belongs to other requests or another head`);
  });
  const answers = requests.map(({ continuations }, request) =>
    continuations.map(({ length }) => emptyAnswer(length, request < reference.length)),
  );
  await forEachBatch(scorer, weights, requests, onProgress, async (batch) => {
    const found = await scorer.head.score(
      weights,
      batch.map(({ query }) => query),
    );
    for (const [i, reached] of batch.entries()) {
      fillAnswers(reached.targets, reached.query, found[i], answers);
      await compare(scorer, weights, reached, found[i].states, { reference, answers });
    }
  });
  return answers;
}

/** The states from which `score` reads its distributions. Memory: K floats a token of the continuations. */
export async function finalStates(
  scorer: Scorer,
  weights: WeightSource,
  requests: readonly ScoreRequest[],
  onProgress?: OnProgress,
): Promise<FinalStates> {
  const K = scorer.architecture.head.inFeatures;
  const states = requests.map(({ continuations }) =>
    continuations.map(({ length }) => new Float32Array(length * K)),
  );
  await forEachBatch(scorer, weights, requests, onProgress, async (batch) => {
    for (const { targets, query } of batch) {
      const read = await scorer.head.readOut(weights, query.hidden);
      for (const [i, { request, continuation, offset }] of targets.entries()) {
        const { row } = query.pairs[i];
        states[request][continuation].set(read.subarray(row * K, (row + 1) * K), offset * K);
      }
    }
  });
  return states;
}

function emptyAnswer(length: number, isCompared: boolean): Answer {
  return {
    logProbabilities: new Float32Array(length),
    isGreedy: true,
    divergence: isCompared ? { klNats: new Float64Array(length), isSameTop: new Uint8Array(length) } : null,
  };
}

/** Fills in the divergence of every target that has a reference. */
async function compare(
  { architecture, head }: Scorer,
  weights: WeightSource,
  { targets, query }: Reached,
  states: Float32Array,
  { reference, answers }: { readonly reference: FinalStates; readonly answers: readonly Answer[][] },
): Promise<void> {
  const K = architecture.head.inFeatures;
  const compared = [...targets.entries()].filter(([, { request }]) => request < reference.length);
  if (compared.length === 0) return;
  const [p, q] = [new Float32Array(compared.length * K), new Float32Array(compared.length * K)];
  for (const [at, [i, { request, continuation, offset }]] of compared.entries()) {
    const { row } = query.pairs[i];
    p.set(reference[request][continuation].subarray(offset * K, (offset + 1) * K), at * K);
    q.set(states.subarray(row * K, (row + 1) * K), at * K);
  }
  const { klNats, isSameTop } = await head.compare(weights, p, q);
  for (const [at, [, { request, continuation, offset }]] of compared.entries()) {
    const { divergence } = answers[request][continuation];
    if (divergence === null) continue;
    divergence.klNats[offset] = klNats[at];
    divergence.isSameTop[offset] = isSameTop[at];
  }
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
