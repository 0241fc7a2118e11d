/** Scores continuations: what an engine answers for packed chunks, put back to the requests that it belongs to. */
import { engineErrors as errors } from '../errors/engine.ts';
import type { FinalStates, OnProgress, ScoredContinuation, ScoreRequest } from './engine.ts';
import { type Answered, type AskedChunk, forEachBatch, type Scorer } from './score-batches.ts';

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
  const wanted = { wanted: 'distributions', reference, onProgress } as const;
  await forEachBatch(scorer, requests, wanted, (chunk, answered) => {
    fillAnswers(chunk, answered, answers);
    fillDivergence(chunk, answered, answers);
  });
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
  const put = ({ asked, targets }: AskedChunk, { states: read }: Answered) => {
    if (read === null) throw new TypeError('the engine has answered without states');
    const { rows } = asked.questions().pairs;
    let at = 0;
    for (const { request, continuation, tokens } of targets) {
      const end = at + tokens.length;
      states[request][continuation] = statesOf(read, rows.subarray(at, end), K);
      at = end;
    }
  };
  await forEachBatch(scorer, requests, { wanted: 'states', reference: [], onProgress }, put);
  return states;
}

/** Nearly always the states of a continuation lie together, and are not copied. */
function statesOf(read: Float32Array, rows: Int32Array, K: number): Float32Array {
  const [first, last] = [rows[0], rows[rows.length - 1]];
  if (last === first + rows.length - 1) return read.subarray(first * K, (last + 1) * K);
  const own = new Float32Array(rows.length * K);
  for (const [i, row] of rows.entries()) own.set(read.subarray(row * K, (row + 1) * K), i * K);
  return own;
}

function emptyAnswer(length: number, isCompared: boolean): Answer {
  return {
    logProbabilities: new Float32Array(length),
    isGreedy: true,
    divergence: isCompared ? { klNats: new Float64Array(length), isSameTop: new Uint8Array(length) } : null,
  };
}

/** Fills in the divergence of every target that has a reference. */
function fillDivergence(
  { targets }: AskedChunk,
  { divergence: found }: Answered,
  answers: readonly Answer[][],
): void {
  if (found === null) return;
  let at = 0;
  for (const { request, continuation, tokens } of targets) {
    const { divergence } = answers[request][continuation];
    if (divergence === null) continue;
    const end = at + tokens.length;
    divergence.klNats.set(found.klNats.subarray(at, end));
    divergence.isSameTop.set(found.isSameTop.subarray(at, end));
    at = end;
  }
}

function fillAnswers(
  { asked, targets }: AskedChunk,
  { logProbabilities, argMax }: Answered,
  answers: readonly Answer[][],
): void {
  const { rows } = asked.questions().pairs;
  let at = 0;
  for (const { request, continuation, tokens } of targets) {
    const answer = answers[request][continuation];
    for (let offset = 0; offset < tokens.length; offset += 1, at += 1) {
      const value = logProbabilities[at];
      if (!Number.isFinite(value))
        throw errors.notFinite(`request ${request}, continuation ${continuation}, token ${offset}`);
      answer.logProbabilities[offset] = value;
      if (argMax[rows[at]] !== tokens[offset]) answer.isGreedy = false;
    }
  }
}
