/** Writes what was found about a run into the trust ledger. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { byTime } from '../../data/database/trust-faults.ts';
import type { Manifest } from '../../data/schema.ts';
import {
  type Agreement,
  TRUST_TRANSITIONS,
  type TrustRecord,
  type TrustState,
  trustRecordSchema,
} from '../../data/trust-schema.ts';
import { verifyErrors } from '../errors/verify.ts';
import { replaceFile } from '../store/files.ts';
import { deviceOf, whatDiffers } from './inputs.ts';

/** The state of a subject, or of one value of it, as `data/views/trust.sql` says: the latest record, or what the files show. */
export function stateOf(
  dataFolder: string,
  subject: string,
  rowId: string | null,
  hasOutcomes: boolean,
): TrustState {
  const records = globSync(`trust/${subject}/*.json`, { cwd: dataFolder })
    .map((file) => ({
      file,
      record: trustRecordSchema.parse(JSON.parse(readFileSync(path.join(dataFolder, file), 'utf8'))),
    }))
    .sort(byTime);
  const latest = (row: string | null) =>
    records.findLast(({ record }) => record.row_id === row)?.record.state;
  const whole = latest(null) ?? (hasOutcomes ? 'recomputed' : 'valid');
  if (rowId === null || whole === 'withdrawn') return whole;
  return latest(rowId) ?? whole;
}

/**
 * Throws where a state cannot follow, before anything is measured.
 * @param reason of whoever settles a dispute
 * @throws verify/transition, verify/settles
 */
export function checkTransition(
  subject: string,
  from: TrustState,
  to: TrustState,
  reason: string | null,
): void {
  if (!TRUST_TRANSITIONS[from].includes(to))
    throw verifyErrors.transition(subject, from, to, TRUST_TRANSITIONS[from]);
  if (from === 'disputed' && reason === null) throw verifyErrors.settles(subject);
}

export interface Finding {
  readonly subject: string;
  readonly rowId: string | null;
  readonly state: TrustState;
  readonly who: string;
  readonly reason: string;
  readonly command: string;
  readonly agreement: Agreement;
  /** Of the run, and as this machine would write it. */
  readonly published: Manifest;
  readonly manifest: Manifest;
}

export function recordOf(
  { subject, rowId, state, who, reason, command, agreement, published, manifest }: Finding,
  now: Date,
): TrustRecord {
  const { engine, code_commit } = manifest;
  return {
    schema: 1,
    subject,
    row_id: rowId,
    state,
    since: now.toISOString(),
    who,
    reason,
    evidence: {
      command,
      code_commit,
      engine: `${engine.id} ${engine.version} ${engine.provider}`,
      machine: deviceOf(manifest),
      url: null,
      agreement,
      differs: [...whatDiffers(published, manifest)],
      files: [],
    },
  };
}

/** Adds a record; another of the same day and state stays. Returns its path relative to the data folder. Throws `store/…`. */
export async function writeRecord(dataFolder: string, record: TrustRecord): Promise<string> {
  const checked = trustRecordSchema.parse(record);
  const stem = `trust/${checked.subject}/${checked.since.slice(0, 10)}-${checked.state}`;
  let file = `${stem}.json`;
  for (let n = 2; existsSync(path.join(dataFolder, file)); n++) file = `${stem}-${n}.json`;
  await replaceFile(path.join(dataFolder, file), (temporary) =>
    writeFile(temporary, `${JSON.stringify(checked, null, 2)}\n`),
  );
  return file;
}
