/** Reads the trust ledger: `trust/<subject>/<date>-<state>.json`. */
import { type TrustRecord, trustRecordSchema } from '../trust-schema.ts';
import type { Row } from './insert.ts';
import { lineOfPath } from './json-lines.ts';
import type { Problems } from './problems.ts';
import { readJson } from './read-json.ts';
import { filesUnder } from './runs.ts';
import { type Beginnings, type FiledRecord, trustFaults } from './trust-faults.ts';

/** Files below the data folder, relative to it, sorted. */
export function trustFiles(root: string): readonly string[] {
  return filesUnder(root, 'trust').filter((file) => file.endsWith('.json'));
}

/** Rows of the table `trust_record`. */
export function readTrust(root: string, beginnings: Beginnings, problems: Problems): Row[] {
  const texts = new Map<FiledRecord, string>();
  for (const file of trustFiles(root)) {
    const read = readJson(root, file, trustRecordSchema, problems);
    if (read !== null) texts.set({ file, record: read.value }, read.text);
  }
  const records = [...texts.keys()];
  for (const [one, faults] of trustFaults(records, beginnings))
    for (const { field, found, fix } of faults)
      problems.add({ file: one.file, line: lineOfPath(texts.get(one)!, [field]), field, found, fix });
  return records.map(({ file, record }) => recordRow(record, file));
}

/** @param cells of the runs */
export function beginningsOf(
  runs: readonly Row[],
  cells: readonly Row[],
  claims: readonly Row[],
): Beginnings {
  const computed = new Set(cells.filter(({ items }) => items !== null).map(({ run_id }) => run_id));
  return new Map([
    ...runs.map(({ run_id }) => [String(run_id), computed.has(run_id) ? 'recomputed' : 'valid'] as const),
    ...claims.map(({ subject }) => [String(subject), 'claimed'] as const),
  ]);
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
