/** Scores continuations: what an engine answers for packed chunks, put back to the requests that it belongs to. */
import { engineErrors as errors } from '../errors/engine.ts';
import type { FinalStates, OnProgress, ScoredContinuation, ScoreRequest } from './engine.ts';
import type { Target } from './pack.ts';
import { type Answered, type Asked, type AskedChunk, forEachBatch, type Scorer } from './score-batches.ts';

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
  await forEachBatch(
    scorer,
    requests,
    'distributions',
    onProgress,
    (targets, pairs) => referenceOf(targets, pairs, reference, K),
    (chunk, answered) => {
      fillAnswers(chunk, answered, answers);
      fillDivergence(chunk, answered, reference, answers);
    },
  );
  return answers;
}

/** The states from which `score` reads its distributions. Memory: K floats a token of the continuations. */
export async function finalStates(
  scorer: Scorer,
  requests: readonly ScoreRequest[],
  onProgress?: OnProgress,
): Promise<FinalStates> {
  const K = scorer.architecture.head.inFeatures;
  const states = requests.map(({ continuations }) =>
    continuations.map(({ length }) => new Float32Array(length * K)),
  );
  const put = ({ asked, targets }: AskedChunk, { states: read }: Answered) => {
    if (read === null) throw new TypeError('the engine has answered without states');
    for (const [i, { request, continuation, offset }] of targets.entries()) {
      const { row } = asked.pairs[i];
      states[request][continuation].set(read.subarray(row * K, (row + 1) * K), offset * K);
    }
  };
  await forEachBatch(scorer, requests, 'states', onProgress, () => null, put);
  return states;
}

function emptyAnswer(length: number, isCompared: boolean): Answer {
  return {
    logProbabilities: new Float32Array(length),
    isGreedy: true,
    divergence: isCompared ? { klNats: new Float64Array(length), isSameTop: new Uint8Array(length) } : null,
  };
}

/** Numbers of the targets that have a reference. */
function comparedTargets(targets: readonly Target[], reference: FinalStates): number[] {
  return [...targets.keys()].filter((i) => targets[i].request < reference.length);
}

function referenceOf(
  targets: readonly Target[],
  pairs: Asked['pairs'],
  reference: FinalStates,
  K: number,
): Asked['reference'] {
  const compared = comparedTargets(targets, reference);
  if (compared.length === 0) return null;
  const states = new Float32Array(compared.length * K);
  for (const [at, i] of compared.entries()) {
    const { request, continuation, offset } = targets[i];
    states.set(reference[request][continuation].subarray(offset * K, (offset + 1) * K), at * K);
  }
  return { rows: Int32Array.from(compared, (i) => pairs[i].row), states };
}

/** Fills in the divergence of every target that has a reference. */
function fillDivergence(
  { targets }: AskedChunk,
  { divergence: found }: Answered,
  reference: FinalStates,
  answers: readonly Answer[][],
): void {
  if (found === null) return;
  for (const [at, i] of comparedTargets(targets, reference).entries()) {
    const { request, continuation, offset } = targets[i];
    const { divergence } = answers[request][continuation];
    if (divergence === null) continue;
    divergence.klNats[offset] = found.klNats[at];
    divergence.isSameTop[offset] = found.isSameTop[at];
  }
}

function fillAnswers(
  { asked, targets }: AskedChunk,
  { logProbabilities, argMax }: Answered,
  answers: readonly Answer[][],
): void {
  for (const [i, { request, continuation, offset, token }] of targets.entries()) {
    const value = logProbabilities[i];
    if (!Number.isFinite(value))
      throw errors.notFinite(`request ${request}, continuation ${continuation}, token ${offset}`);
    const answer = answers[request][continuation];
    answer.logProbabilities[offset] = value;
    if (argMax[asked.pairs[i].row] !== token) answer.isGreedy = false;
  }
}
