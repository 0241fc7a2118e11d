/** What a row of either board carries to its cells, on static pages and in the browser alike. */
import type { TrustState } from '../../data/trust-schema.ts';
import type { Mark } from './marks.ts';

export type Origin = 'reported' | 'measured' | 'submitted';

export interface RowBase {
  readonly origin: Origin;
  readonly source: string;
  readonly source_title: string;
  /** State in the trust ledger; null for what was copied from a publication. */
  readonly trust: TrustState | null;
  readonly model: string;
  readonly model_name: string;
  readonly family: string;
  /** Parameters of the model in billions, where known. */
  readonly params: number | null;
  readonly method: string;
  readonly method_title: string;
  readonly mark: Mark;
  readonly recipe: string;
  /** Recipe and source: rows that share it stand together on static pages, under an anchor of this name. */
  readonly key: string;
  readonly tensor: string;
  readonly chips: readonly string[];
  /** Nominal bits, for grouping; 0 where the source does not state them. */
  readonly bits: number;
  /** True bits per weight, where known. */
  readonly bpw: number | null;
  /** Share of the 16-bit model that is left. */
  readonly kept: number | null;
}

/** A recipe of a model by one source, in one ability or over all (`all`). */
export interface RecipeRow extends RowBase {
  readonly kind: 'recipe';
  readonly ability: string;
  readonly low: number | null;
  readonly high: number | null;
  readonly n_tasks: number;
  readonly n_abilities: number;
  readonly n_values: number;
  readonly size_bytes: number | null;
  /** Place among `rank_of` recipes of the model by this source, ties as a range; null where items are not known. */
  readonly rank: number | null;
  readonly rank_worst: number | null;
  readonly rank_of: number | null;
  /** Static page of the model's results on which the values behind this row begin. */
  readonly page: number;
}

/** One stored value. */
export interface ResultRow extends RowBase {
  readonly kind: 'result';
  readonly id: string;
  readonly model_label: string;
  readonly method_label: string;
  readonly task: string;
  readonly task_title: string;
  readonly ability: string | null;
  readonly metric: string | null;
  readonly unit: string;
  /** Metric where the task leaves a choice; shots, context and position where they are part of the question. */
  readonly protocol: string;
  readonly value: number | null;
  readonly baseline: number | null;
  /** Points of 100 for accuracy; difference of perplexity; points of a judge's scale. */
  readonly loss: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly kept_note: string | null;
  /** Ends of the 95 % interval of the value. */
  readonly value_low: number | null;
  readonly value_high: number | null;
  /** Score of guessing; null where there is no such thing, or the value is in another unit. */
  readonly chance: number | null;
  readonly n: number | null;
  readonly is_baseline: boolean;
  /** Why the number is doubtful; null where it is not. */
  readonly doubt: string | null;
  readonly note: string | null;
  readonly error: string | null;
  /** File or paper in which the number was read. */
  readonly url: string | null;
  readonly locator: string;
  readonly run: string | null;
  /** Page of the run on which the value stands; null where there is no run. */
  readonly run_page: number | null;
}

export type Row = RecipeRow | ResultRow;
