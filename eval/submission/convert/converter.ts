/**
 * What a converter is: it reads the raw output of another tool, and says what rows are in it. One converter a file, one
 * line in `index.ts`; `llama-cpp.ts` is the one to copy. Numbers are taken as the tool prints them, never computed again,
 * but for outcomes of single items, from which a row is compared with its 16-bit row.
 */
import type { ClaimedRow } from '../../../data/claimed-schema.ts';

/** Files of one recipe, as they lie on this machine. */
export interface RawOutput {
  readonly recipe: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/** Right and wrong by item: the key names the item and its content. */
export type ItemOutcomes = ReadonlyMap<string, boolean>;

export interface ConvertedRow extends Omit<ClaimedRow, 'model' | 'recipe' | 'paired'> {
  readonly outcomes: ItemOutcomes | null;
}

/** What the tool says of itself; null where it does not. */
export interface Converted {
  readonly version: string | null;
  readonly commit: string | null;
  readonly date: string | null;
  readonly machine: string | null;
  readonly rows: readonly ConvertedRow[];
  /** What was left out and why, as full sentences. */
  readonly skipped: readonly string[];
}

export interface Converter {
  readonly id: string;
  readonly tool: string;
  /** Which files it wants, one sentence. */
  readonly reads: string;
  /** Which of the files in a folder are its output. */
  accepts(name: string): boolean;
  /** @throws submission/output for a file that is no output of the tool */
  convert(output: RawOutput): Converted;
}

export const defineConverter = (converter: Converter): Converter => converter;

/** Fields that a tool leaves out are null. */
export const BLANK = {
  bits_per_weight: null,
  size_bytes: null,
  shots: null,
  context: null,
  std_error: null,
  n: null,
  outcomes: null,
} as const;
