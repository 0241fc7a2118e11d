/** Reads the trust ledger: `trust/<subject>/<date>-<state>.json`. */
import {
  TRUST_FILE,
  TRUST_TRANSITIONS,
  type TrustRecord,
  type TrustState,
  trustRecordSchema,
} from '../trust-schema.ts';
import type { Row } from './insert.ts';
import { lineOfPath } from './json-lines.ts';
import { type Problems, show } from './problems.ts';
import { readJson } from './read-json.ts';
import { filesUnder } from './runs.ts';

/** Files below the data folder, relative to it, sorted. */
export function trustFiles(root: string): readonly string[] {
  return filesUnder(root, 'trust').filter((file) => file.endsWith('.json'));
}

/** Rows of the table `trust_record`. */
export function readTrust(root: string, subjects: ReadonlySet<string>, problems: Problems): Row[] {
  const records: Filed[] = [];
  for (const file of trustFiles(root)) {
    const read = readJson(root, file, trustRecordSchema, problems);
    if (read !== null) records.push({ file, text: read.text, record: read.value });
  }
  const earlier = statesBefore(records);
  for (const one of records)
    for (const { field, found, fix } of [
      ...trustFaults(one.file, one.record, subjects),
      ...orderFaults(one.record.state, earlier.get(one)),
    ])
      problems.add({ file: one.file, line: lineOfPath(one.text, [field]), field, found, fix });
  return records.map(({ file, record }) => recordRow(record, file));
}

interface Filed {
  readonly file: string;
  readonly text: string;
  readonly record: TrustRecord;
}

interface Fault {
  readonly field: string;
  readonly found: string;
  readonly fix: string;
}

/** What the record before each one says, in the order of `views/trust.sql`; nothing for the first of a subject or value. */
function statesBefore(records: readonly Filed[]): ReadonlyMap<Filed, TrustState> {
  const before = new Map<Filed, TrustState>();
  const histories = Map.groupBy(records, ({ record }) => `${record.subject} ${record.row_id}`);
  for (const history of histories.values()) {
    const sorted = history.toSorted(
      (a, b) => Date.parse(a.record.since) - Date.parse(b.record.since) || a.file.localeCompare(b.file, 'en'),
    );
    for (const [index, one] of sorted.slice(1).entries()) before.set(one, sorted[index]!.record.state);
  }
  return before;
}

function orderFaults(state: TrustState, before: TrustState | undefined): readonly Fault[] {
  if (before === undefined || TRUST_TRANSITIONS[before].includes(state)) return [];
  const allowed = TRUST_TRANSITIONS[before].join(', ') || 'nothing';
  return [{ field: 'state', found: show(state), fix: `After ${before} comes ${allowed}.` }];
}

/** @param file relative to the data folder @param subjects ids of runs and names of claimed files */
function trustFaults(
  file: string,
  { subject, since, state }: TrustRecord,
  subjects: ReadonlySet<string>,
): readonly Fault[] {
  const [, folder, name, ...deeper] = file.split('/');
  const [, day, named] = TRUST_FILE.exec(name ?? '') ?? [];
  const faults = [];
  if (!subjects.has(subject))
    faults.push({
      field: 'subject',
      found: show(subject),
      fix: 'Name a run or a file of claimed rows below results/.',
    });
  if (folder !== subject || deeper.length > 0)
    faults.push({ field: 'subject', found: show(subject), fix: `Put the file into trust/${subject}/.` });
  if (day !== since.slice(0, 10) || named !== state)
    faults.push({
      field: 'since',
      found: show(since),
      fix: `Name the file ${since.slice(0, 10)}-${state}.json.`,
    });
  return faults;
}

function recordRow({ subject, row_id, state, since, who, reason, evidence }: TrustRecord, file: string): Row {
  return {
    subject,
    row_id,
    state,
    since: since.replace('T', ' ').replace('Z', ''),
    who,
    reason,
    evidence: evidence === null ? null : JSON.stringify(evidence),
    file,
  };
}
