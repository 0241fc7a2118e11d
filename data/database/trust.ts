/** Reads the trust ledger: `trust/<subject>/<date>-<state>.json`. */
import { TRUST_FILE, type TrustRecord, trustRecordSchema } from '../trust-schema.ts';
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
  const rows: Row[] = [];
  for (const file of trustFiles(root)) {
    const read = readJson(root, file, trustRecordSchema, problems);
    if (read === null) continue;
    const record = read.value;
    for (const { field, found, fix } of trustFaults(file, record, subjects))
      problems.add({ file, line: lineOfPath(read.text, [field]), field, found, fix });
    rows.push(recordRow(record, file));
  }
  return rows;
}

/** @param file relative to the data folder @param subjects ids of runs and names of claimed files */
export function trustFaults(
  file: string,
  { subject, since, state }: TrustRecord,
  subjects: ReadonlySet<string>,
): readonly { readonly field: string; readonly found: string; readonly fix: string }[] {
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
