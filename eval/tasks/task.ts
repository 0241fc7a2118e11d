/**
 * What a task is: documents, the requests made of a model for each of them, how the answers are scored, and which
 * metrics are told. A task speaks in texts; `eval/requests/` turns them into tokens and knows the engine.
 */
import type { z } from 'zod';
import type { Dataset, Doc } from '../datasets/dataset.ts';
import type { Metric } from '../metrics/metric.ts';
import type { GenerationSettings, PairSettings, RollingSettings } from './kinds/settings.ts';

/** The log-likelihood of a text after another text. */
export interface PairRequest {
  readonly context: string;
  readonly continuation: string;
}

export interface PairAnswer {
  /** Σ ln p over the tokens of the continuation. */
  readonly logLikelihood: number;
  readonly tokens: number;
  /** True where every token of the continuation is the most likely one. */
  readonly isGreedy: boolean;
}

/** The log-likelihood of a whole text in windows. */
export interface RollingRequest {
  readonly text: string;
  /**
   * `separate`: windows of equal length, the first token of each is context only, what remains at the end is dropped
   * (Frantar et al. 2022). `continuous`: every token is predicted once, the first from BOS, later windows from one
   * token of the window before (lm-evaluation-harness).
   */
  readonly windows: 'separate' | 'continuous';
  /** Stops after this many windows; null means all. */
  readonly limit: number | null;
}

export interface RollingAnswer {
  readonly windows: readonly {
    readonly nll: number;
    readonly tokens: number;
    /** From the 16-bit model; null where nothing is compared. */
    readonly divergence: { readonly klNats: number; readonly sameTop: number } | null;
  }[];
}

/** Greedy continuation of a prompt, up to the first of some texts, which is not part of the answer. */
export interface GenerationRequest {
  readonly prompt: string;
  readonly until: readonly string[];
}

export interface GenerationAnswer {
  readonly text: string;
  readonly tokens: number;
}

export interface RequestKinds {
  pair: { request: PairRequest; answer: PairAnswer; settings: PairSettings };
  rolling: { request: RollingRequest; answer: RollingAnswer; settings: RollingSettings };
  generation: { request: GenerationRequest; answer: GenerationAnswer; settings: GenerationSettings };
}

/** What of a model's architecture settings may depend on. */
export interface ModelLimits {
  readonly maxPositions: number;
}

export type RequestKind = keyof RequestKinds;

/** Type of an item column; the list types hold one list per item. */
export type ColumnType = 'text' | 'int' | 'double' | 'bool' | 'doubles';

/** One item: a value for every column that the task declares. `item`, its id, is unique within the task. */
export type Row = Readonly<Record<string, string | number | boolean | readonly number[]>>;

export interface Paper {
  readonly authors: string;
  readonly year: number;
  readonly arxiv: string | null;
  readonly where: string;
}

export type Ability =
  | 'language modelling'
  | 'knowledge'
  | 'understanding'
  | 'reasoning'
  | 'in-context learning'
  | 'instruction following'
  | 'calibration'
  | 'trust'
  | 'dialogue'
  | 'long context'
  | 'retrieval and summaries';

export interface Task<D extends Doc = Doc, Kind extends RequestKind = RequestKind> {
  /** Permanent; equals the file stem. */
  readonly id: string;
  readonly title: string;
  /** Raised with every change to prompt or scoring. */
  readonly version: number;
  readonly ability: Ability;
  readonly dataset: Dataset<D>;
  /** Where the task comes from; null for the project's own. */
  readonly paper: Paper | null;
  /** Expected accuracy of a guess, 0…1; 0 where guessing does not help, null where nothing is right or wrong. */
  readonly chance: number | null;
  /** How it is asked and scored, in full sentences, for the reader of the number. */
  readonly protocol: string;
  readonly metrics: readonly Metric[];
  readonly kind: Kind;
  /** What one item, counted by `n` and `limit`, is. */
  readonly item: 'document' | 'window';
  readonly settings: z.ZodType<RequestKinds[Kind]['settings']>;
  /** Fills what depends on the model, such as a window, so that the recorded settings say it. */
  resolve?(settings: RequestKinds[Kind]['settings'], model: ModelLimits): RequestKinds[Kind]['settings'];
  /** Those of its columns by which items fall into groups, such as a subject, a length or a position. */
  readonly groups?: readonly string[];
  /** Item columns besides `item`. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  requests(doc: D, settings: RequestKinds[Kind]['settings']): readonly RequestKinds[Kind]['request'][];
  /**
   * Requests that depend on the answers to the first ones, such as the next turn of a dialogue. The same number for every
   * document, and no more turns follow.
   */
  followUp?(
    doc: D,
    answers: readonly RequestKinds[Kind]['answer'][],
  ): readonly RequestKinds[Kind]['request'][];
  /** Rows of one document from the answers to its requests and then its follow-up requests, in the same order. */
  score(doc: D, answers: readonly RequestKinds[Kind]['answer'][]): readonly Row[];
}

export function defineTask<D extends Doc, Kind extends RequestKind>(task: Task<D, Kind>): Task<D, Kind> {
  return task;
}
