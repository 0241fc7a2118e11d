/** Requests of a task once they are tokens: they can be run on any number of models that share a tokenizer. */
import type {
  FinalStates,
  LoadedModel,
  OnProgress,
  ScoredContinuation,
  ScoreRequest,
} from '../engines/engine.ts';
import * as errors from '../errors/task.ts';
import type { ModelLimits, RequestKind, RequestKinds } from '../tasks/task.ts';
import type { Tokenizer } from './special-tokens.ts';

export interface Prepared<Answer> {
  /** One answer per request, in the order of the requests. */
  run(model: LoadedModel, onProgress?: OnProgress, reference?: FinalStates): Promise<readonly Answer[]>;
  /** Requests whose distributions are compared with those of the 16-bit model; none for most kinds. */
  readonly compared: readonly ScoreRequest[];
  /** What a reader of the result has to know, such as how many prompts were cut. */
  readonly notes: readonly string[];
}

/** A request together with the name of its document, for messages. */
export interface NamedRequest<Request> {
  readonly item: string;
  readonly request: Request;
}

export interface Preparation<Settings> {
  readonly task: string;
  readonly settings: Settings;
  readonly tokenizer: Tokenizer;
  readonly limits: ModelLimits;
  /** Of a text that is cut into windows of their own: numbers of those that are asked for, from 0; all without it. */
  readonly windows?: readonly number[] | undefined;
}

export type Prepare<Kind extends RequestKind> = (
  requests: readonly NamedRequest<RequestKinds[Kind]['request']>[],
  preparation: Preparation<RequestKinds[Kind]['settings']>,
) => Prepared<RequestKinds[Kind]['answer']>;

/**
 * Scores requests and makes sure that every log-probability is a number.
 * @throws task/not-finite
 */
export async function scoreChecked(
  task: string,
  model: LoadedModel,
  requests: readonly ScoreRequest[],
  onProgress?: OnProgress,
  reference?: FinalStates,
): Promise<readonly (readonly ScoredContinuation[])[]> {
  const scored = await model.score(requests, onProgress, reference);
  let bad = 0;
  let total = 0;
  for (const { logProbabilities } of scored.flat()) {
    total += logProbabilities.length;
    for (const value of logProbabilities) if (!Number.isFinite(value)) bad += 1;
  }
  if (bad > 0) throw errors.notFinite(task, bad, total);
  return scored;
}

/** Σ ln p in double precision. */
export function logLikelihoodOf({ logProbabilities }: ScoredContinuation): number {
  let sum = 0;
  for (const value of logProbabilities) sum += value;
  return sum;
}
