/**
 * What a rule of `pnpm submission check` is. One rule a file, one line in `index.ts`; `baseline.ts` is the one to copy.
 * A rule about content sees only what could be read: of a file that does not fit its schema, nothing but the schema's
 * own problems are told, for the rest would follow from them.
 */

import type { AnyRunFile } from '../../../data/compact-run-schema.ts';
import type { Catalogues } from '../../../data/database/catalogues.ts';
import type { RunFile } from '../../../data/schema.ts';
import type { OutcomeFile } from '../../store/outcome-columns.ts';
import type { Severity } from '../problem.ts';
import type { Change } from './changes.ts';
import type { Published } from './published.ts';

/** A run file and its outcomes as they were sent. */
export interface Submission {
  /** Relative to the repository: `data/results/<handle>/<stem>.json`. */
  readonly file: string;
  readonly handle: string;
  /** File name without `.json`. */
  readonly stem: string;
  readonly text: string;
  /** As it stands in the file, which fits its schema. */
  readonly stored: AnyRunFile;
  /** The same cell by cell. */
  readonly run: RunFile;
  /** The Parquet file beside it; null where there is none, or none that can be read. */
  readonly outcomes: OutcomeFile | null;
}

/** What a submission is compared with. */
export interface Around {
  /** Of the checkout that is looked at. */
  readonly catalogues: Catalogues;
  /** All other results. */
  readonly published: Published;
  readonly now: Date;
  /** How the intervals of `kept` are checked: drawn again to the last digit, or against their normal approximation. */
  readonly intervals: 'exact' | 'bounded';
}

/** What a rule finds; the driver adds file, line and the rule's id. */
export interface Finding {
  /** Place in the JSON; empty for the file as a whole. */
  readonly path: readonly (string | number)[];
  readonly found: string;
  readonly fix: string;
  /** Default: that of the rule. */
  readonly severity?: Severity;
}

export interface Rule {
  /** Permanent. */
  readonly id: string;
  /** What it demands, one sentence, for the documentation. */
  readonly demands: string;
  readonly severity: Severity;
  check(submission: Submission, around: Around): Iterable<Finding>;
}

/** The same of a change, whose files may not be there any more. */
export interface ChangeFinding extends Finding {
  readonly file: string;
}

/** A rule about a change as a whole, as git tells it. */
export interface ChangeRule extends Omit<Rule, 'check'> {
  /** @param handle of whoever sends the change; null where it is not known */
  check(changes: readonly Change[], handle: string | null): Iterable<ChangeFinding>;
}

export const defineRule = (rule: Rule): Rule => rule;
