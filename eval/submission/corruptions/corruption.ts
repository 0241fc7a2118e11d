/**
 * Ways to spoil a valid submission, each with the rule that has to catch it. The mutation test plants every one of them,
 * and `docs/submission-checks.md` is written from the same lists.
 */
import type { CompactRun } from '../../../data/compact-run-schema.ts';
import type { TrustRecord } from '../../../data/trust-schema.ts';
import type { Change } from '../check/changes.ts';
import type { Severity } from '../problem.ts';

/** A run as it may be changed, whose shape no compiler vouches for afterwards. */
export type Draft = CompactRun;

/** The same of a trust record. */
export type TrustDraft = TrustRecord;

/** One of a list, by the seed of the test. */
export type Pick = <T>(list: readonly T[]) => T;

interface Words {
  /** What is done, as a phrase: `swaps …`. Unique. */
  readonly does: string;
  /** Id of the rule that has to report it. */
  readonly rule: string;
  /** @default 'refused' */
  readonly severity?: Severity;
}

export type Corruption = Words &
  (
    | { readonly json: (run: Draft, pick: Pick) => void }
    | { readonly text: (text: string, pick: Pick) => string | Uint8Array }
    /** Rows of the Parquet file from those of the table `outcomes`; `{recipe}` is one that is not fp16. */
    | { readonly outcomes: string }
    /** The bytes of the Parquet file; null deletes it. */
    | { readonly parquet: (bytes: Uint8Array) => Uint8Array | null }
    /** Path of the JSON file in place of the right one. */
    | { readonly file: (file: string) => string }
    /** What is there already, besides the submission. */
    | { readonly published: (run: Draft) => void }
    /** What git says of the branch, with the handle `someone`. */
    | { readonly changes: readonly Change[] }
    | { readonly link: 'file' | 'folder' }
    | TrustCorruption
  );

/** Records below data/trust/, from a valid one of 20 November 2026; `present` are there before. */
export interface TrustCorruption {
  readonly trust: TrustFiles;
  readonly present?: TrustFiles;
}

type TrustFiles = (record: TrustDraft) => Readonly<Record<string, TrustDraft>>;
