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
  const states: Float32Array[][] = requests.map(({ continuations }) =>
    continuations.map(() => new Float32Array(0)),
  );
  const put = ({ asked: { pairs }, targets }: AskedChunk, { states: read }: Answered) => {
    if (read === null) throw new TypeError('the engine has answered without states');
    const all = [...targets.keys()];
    for (let at = 0; at < targets.length; ) {
      const { request, continuation, offset } = targets[at];
      const length = runLength(targets, all, at);
      const { row } = pairs[at];
      const whole = requests[request].continuations[continuation].length;
      // Nearly always the states of a continuation lie together, and are not copied.
      const isTogether = offset === 0 && length === whole && pairs[at + length - 1].row === row + length - 1;
      if (isTogether) states[request][continuation] = read.subarray(row * K, (row + length) * K);
      else {
        const own =
          states[request][continuation].length > 0
            ? states[request][continuation]
            : new Float32Array(whole * K);
        states[request][continuation] = own;
        for (let i = 0; i < length; i += 1) {
          const from = pairs[at + i].row * K;
          own.set(read.subarray(from, from + K), (offset + i) * K);
        }
      }
      at += length;
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
  const rows = new Int32Array(compared.length);
  const states: Float32Array[] = [];
  for (let at = 0; at < compared.length; ) {
    const { request, continuation, offset } = targets[compared[at]];
    const length = runLength(targets, compared, at);
    states.push(reference[request][continuation].subarray(offset * K, (offset + length) * K));
    for (const end = at + length; at < end; at += 1) rows[at] = pairs[compared[at]].row;
  }
  return { rows, states };
}

/** How many of the targets listed, from place `from` on, are neighbouring tokens of one continuation. */
function runLength(targets: readonly Target[], listed: readonly number[], from: number): number {
  const { request, continuation, offset } = targets[listed[from]];
  let length = 1;
  for (; from + length < listed.length; length += 1) {
    const next = targets[listed[from + length]];
    if (next.request !== request || next.continuation !== continuation || next.offset !== offset + length)
      break;
  }
  return length;
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
