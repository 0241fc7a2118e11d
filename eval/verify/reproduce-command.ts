/** `pnpm eval reproduce`: measures a run, or one row of the board, again and compares it item by item. */
import path from 'node:path';
import type { Manifest } from '../../data/schema.ts';
import type { TrustState } from '../../data/trust-schema.ts';
import { engines } from '../engines/index.ts';
import { verifyErrors } from '../errors/verify.ts';
import type { Surroundings } from '../sweep.ts';
import { agreementOf, agrees, describeAgreement, describeFaults } from './agreement.ts';
import type { CellComparison } from './compare-cell.ts';
import { deviceOf, whatDiffers } from './inputs.ts';
import { measureCells } from './measure-cells.ts';
import { floorFor, stackOf } from './noise-floor.ts';
import { type ReproduceOptions, readReproduceOptions } from './options.ts';
import { type PreparedAgain, prepareAgain } from './prepare-again.ts';
import { findSubject, type Subject } from './published-runs.ts';
import { checkTransition, recordOf, stateOf, writeRecord } from './record.ts';

export const REPRODUCE_HELP = `pnpm eval reproduce RUN.json | RUN | ROW [options]

Makes a run again from its manifest (a run file, or the id of a published run), or one row of the board with its 16-bit cell
(the 16 digits of its page): the same weights, data, recipes, settings and seed, by hash. Compares every item with its published
outcome and every score, and says whether the noise of the engines explains what differs. A killed call goes on where it stopped.

  --handle HANDLE   your account on GitHub: where the numbers agree, a record "reproduced" is written to data/trust/
  --dispute         where they do not agree, a record "disputed" is written instead
  --reason TEXT     reason of the record; needed where the result is disputed now
  --model DIR       folder of the weights (default: as in the manifest)
  --data DIR        folder of public data sets (default: as in the manifest)
  --engine ID       onnx or cuda (default: that of the run, or onnx where no GPU can be used)
  --threads N       processor threads (default: all)
  -n, --dry-run     tell what would be measured and what cannot be the same, and stop

Exit status: 0 where the numbers agree, 1 where they do not, 2 for a mistake in the command.
`;

/** @returns exit status: 0 where everything agrees @throws cli/arguments, verify/… and what measuring throws */
export async function reproduceCommand(args: readonly string[], around: Surroundings): Promise<number> {
  const options = readReproduceOptions(args, Object.keys(engines));
  const subject = await findSubject(options.subject, around.dataFolder, around.cwd);
  const from = checkRecord(subject, options, around);
  const scratch = path.join(around.root, '.cache', 'reproduce', subject.rowId ?? subject.content.run.run_id);
  const prepared = await prepareAgain(
    subject.content.run,
    subject.cells,
    options.replacements,
    scratch,
    around,
  );
  try {
    tellPlan(subject, prepared, from, around);
    if (options.dryRun) return 0;
    const compared = await measureCells(subject, prepared, around);
    return await conclude(subject, prepared, compared, options, around);
  } finally {
    await prepared.sweep.close();
  }
}

/** The state that a record would follow; null where none can be written. */
function checkRecord(
  subject: Subject,
  options: ReproduceOptions,
  { dataFolder }: Surroundings,
): TrustState | null {
  const { file, owner, content, rowId } = subject;
  if (owner === null) {
    if (options.handle !== null) throw verifyErrors.notPublished(file);
    return null;
  }
  const hasOutcomes = content.cells.some((cell) => 'items' in cell && cell.items !== null);
  const from = stateOf(dataFolder, content.run.run_id, rowId, hasOutcomes);
  const to = options.dispute ? 'disputed' : 'reproduced';
  if (options.handle !== null) checkTransition(nameOf(subject), from, to, options.reason);
  return from;
}

function tellPlan(
  subject: Subject,
  { run, manifest, left }: PreparedAgain,
  from: TrustState | null,
  { log }: Surroundings,
): void {
  const published = subject.content.run;
  const [there, here] = [stackOf(published), stackOf(manifest)];
  const count = run.recipes.reduce((sum, { cells }) => sum + cells.length, 0);
  log(
    `${nameOf(subject)}${from === null ? '' : ` (${from})`}: ${count} cells to measure, ${published.wall_ms >= 1000 ? `the run took ${Math.round(published.wall_ms / 1000)} s` : 'a short run'} on ${deviceOf(published)}.`,
  );
  for (const line of whatDiffers(published, manifest)) log(`  Not the same: ${line}.`);
  for (const [cell, why] of left) log(`  Left out: ${cell}: ${why}`);
  const floors = Map.groupBy(run.recipes, ({ id }) => floorFor(there, here, id, false));
  for (const [floor, recipes] of floors) {
    const ids = recipes.length > 4 ? `${recipes.length} recipes` : recipes.map(({ id }) => id).join(', ');
    const limits =
      floor === null
        ? 'not known, so that no agreement can be stated'
        : `${100 * floor.items} % of items, ${floor.stdErrors} standard errors; ${floor.source}`;
    log(`  Noise floor of ${ids}: ${limits}.`);
  }
}

async function conclude(
  subject: Subject,
  { manifest }: PreparedAgain,
  compared: readonly CellComparison[],
  { handle, dispute, reason }: ReproduceOptions,
  { log, dataFolder, now }: Surroundings,
): Promise<number> {
  const agreement = agreementOf(compared);
  const isSame = agrees(compared);
  log(`${isSame ? 'Reproduced' : 'Not reproduced'}: ${describeAgreement(agreement)}`);
  for (const line of describeFaults(compared)) log(line);
  if (handle !== null && dispute && (isSame || agreement.noise_floor === null))
    throw verifyErrors.noDispute(nameOf(subject));
  if (handle === null || isSame === dispute) {
    log(
      handle === null
        ? 'No record: --handle was not given.'
        : 'No record: the numbers are beyond noise. --dispute writes one.',
    );
    return isSame ? 0 : 1;
  }
  const published = subject.content.run;
  const record = recordOf(
    {
      subject: published.run_id,
      rowId: subject.rowId,
      state: dispute ? 'disputed' : 'reproduced',
      who: handle,
      reason: reason ?? reasonOf(subject, dispute, manifest, compared),
      command: `pnpm eval reproduce ${subject.rowId ?? published.run_id}`,
      agreement,
      published,
      manifest,
    },
    now(),
  );
  log(`Record: data/${await writeRecord(dataFolder, record)}`);
  return isSame ? 0 : 1;
}

function reasonOf(
  { rowId, content }: Subject,
  dispute: boolean,
  { engine }: Manifest,
  compared: readonly CellComparison[],
): string {
  const what = rowId === null ? 'The whole run' : 'The value, with its 16-bit one,';
  if (dispute)
    return `${what} was measured again and is beyond noise: ${describeFaults(compared, 3).join(' ').trim()}`;
  const which = content.run.engine.id === engine.id ? 'the same engine' : 'another engine';
  return `${what} was measured again with ${which} and agrees within noise.`;
}

const nameOf = ({ content, rowId }: Subject) =>
  rowId === null ? content.run.run_id : `row ${rowId} of ${content.run.run_id}`;
