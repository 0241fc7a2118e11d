/** What is wrong with records of the trust ledger: their names and places, and which state follows which. */
import { TRUST_FILE, TRUST_TRANSITIONS, type TrustRecord, type TrustState } from '../trust-schema.ts';
import { show } from './problems.ts';

export interface FiledRecord {
  /** Relative to the data folder. */
  readonly file: string;
  readonly record: TrustRecord;
}

export interface TrustFault {
  readonly kind: 'place' | 'order';
  readonly field: keyof TrustRecord;
  readonly found: string;
  readonly fix: string;
}

/** Where the history of a run or of a file of claimed rows begins, as `views/trust.sql` has it, by its id or name. */
export type Beginnings = ReadonlyMap<string, TrustState>;

/** One entry a record that is at fault. */
export function trustFaults(
  records: readonly FiledRecord[],
  beginnings: Beginnings,
): ReadonlyMap<FiledRecord, readonly TrustFault[]> {
  const faults = new Map<FiledRecord, readonly TrustFault[]>();
  for (const history of Map.groupBy(records, ({ record }) => record.subject).values()) {
    const sorted = history.toSorted(byTime);
    for (const [index, one] of sorted.entries()) {
      const found = [
        ...placeFaults(one, beginnings),
        ...orderFaults(one, sorted.slice(0, index), beginnings),
      ];
      if (found.length > 0) faults.set(one, found);
    }
  }
  return faults;
}

/** The order of `views/trust.sql`. */
export function byTime(a: FiledRecord, b: FiledRecord): number {
  return Date.parse(a.record.since) - Date.parse(b.record.since) || (a.file < b.file ? -1 : 1);
}

function* placeFaults({ file, record }: FiledRecord, beginnings: Beginnings): Iterable<TrustFault> {
  const { subject, since, state } = record;
  const [, folder, name, ...deeper] = file.split('/');
  const [, day, named] = TRUST_FILE.exec(name ?? '') ?? [];
  const kind = 'place';
  const found = show(subject);
  if (!beginnings.has(subject))
    yield { kind, field: 'subject', found, fix: 'Name a run or a file of claimed rows below results/.' };
  if (folder !== subject || deeper.length > 0)
    yield { kind, field: 'subject', found, fix: `Put the file into trust/${subject}/.` };
  if (day !== since.slice(0, 10) || named !== state)
    yield {
      kind,
      field: 'since',
      found: show(since),
      fix: `Name the file ${since.slice(0, 10)}-${state}.json.`,
    };
}

/** States that a record vouches for by itself, so that a dispute may end with them although they were not reached before. */
const MEASURED_AGAIN: readonly TrustState[] = ['spot-checked', 'reproduced'];

/** @param earlier records of the same subject, in order */
function* orderFaults(
  { record: { subject, row_id, state } }: FiledRecord,
  earlier: readonly FiledRecord[],
  beginnings: Beginnings,
): Iterable<TrustFault> {
  const begin = beginnings.get(subject);
  if (begin === undefined) return;
  const statesOf = (row: string | null) =>
    earlier.filter(({ record }) => record.row_id === row).map((one) => one.record.state);
  // What is said of one value counts for it instead of what is said of all; but what is withdrawn is so with all its values.
  const ofAll = [begin, ...statesOf(null)];
  const own = row_id === null ? [] : statesOf(row_id);
  const before = ofAll.at(-1) === 'withdrawn' ? 'withdrawn' : (own.at(-1) ?? ofAll.at(-1)!);
  const allowed = TRUST_TRANSITIONS[before].filter(
    (next) =>
      before !== 'disputed' || next === 'withdrawn' || [...ofAll, ...own, ...MEASURED_AGAIN].includes(next),
  );
  if (!allowed.includes(state))
    yield {
      kind: 'order',
      field: 'state',
      found: show(state),
      fix: `After ${before} comes ${allowed.join(', ') || 'nothing'}.`,
    };
}
