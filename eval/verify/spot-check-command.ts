/** `pnpm eval spot-check`: measures random items of published runs again and compares them. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { BitlossError } from '../../data/errors.ts';
import { describeDuration } from '../duration.ts';
import { engines } from '../engines/index.ts';
import type { Surroundings } from '../sweep.ts';
import { agreementOf, agrees, describeAgreement, describeFaults } from './agreement.ts';
import type { CellComparison } from './compare-cell.ts';
import { measureSample } from './measure-sample.ts';
import { readSpotCheckOptions, type SpotCheckOptions } from './options.ts';
import { nameOf, type PreparedAgain, prepareAgain } from './prepare-again.ts';
import { checkTransition, recordOf, stateOf, writeRecord } from './record.ts';
import { type ChosenRun, planSpotCheck, type SpotCheckPlan } from './spot-check-plan.ts';
import { SpotCheckState } from './spot-check-state.ts';

export const SPOT_CHECK_HELP = `pnpm eval spot-check --fraction SHARE [options]

Measures random items of published runs again, some of every run, and compares each with its published outcome. A killed or
stopped check goes on where it was with the same command.

  --fraction SHARE  share of all items that can be measured here, such as 0.02
  --seed N          chooses other items (default: 0)
  --run RUN         only this run; may be repeated (default: every published run)
  --limit MINUTES   stop after this time, between two cells
  --handle HANDLE   your account on GitHub: for each run that agrees, a record "spot-checked" is written to data/trust/
  --data DIR        folder of public data sets; without it their tasks are left out
  --engine ID       onnx or cuda (default: cuda where there is a GPU)
  --threads N       processor threads (default: all)
  -n, --dry-run     tell what would be measured and what is left out, and stop

Exit status: 0 where everything that was measured agrees, 1 where not, 2 for a mistake in the command.
`;

/** @returns exit status: 0 where everything agrees @throws cli/arguments, verify/… and store/… */
export async function spotCheckCommand(args: readonly string[], around: Surroundings): Promise<number> {
  const options = readSpotCheckOptions(args, Object.keys(engines));
  const plan = await planSpotCheck(options, around.dataFolder);
  tellPlan(plan, options, around);
  if (options.dryRun) return 0;
  const { fraction, seed, handle } = options;
  const names = plan.runs.map(({ run }) => run.content.run.run_id).sort();
  const state = SpotCheckState.open(around.root, { fraction, seed, handle, names, engine: plan.engine });
  const check = new SpotCheck(plan, options, state, around);
  return check.perform();
}

function tellPlan(
  { runs, left, engine }: SpotCheckPlan,
  { dryRun }: SpotCheckOptions,
  { log }: Surroundings,
) {
  const cells = runs.reduce((sum, { sample }) => sum + sample.cells.length, 0);
  const items = runs.reduce((sum, { sample }) => sum + sample.items, 0);
  log(`${items} items of ${cells} cells of ${runs.length} runs, with ${engine}.`);
  for (const [run, why] of left) log(`  Left out: ${run}: ${why}.`);
  const reasons = new Map<string, number>();
  for (const { sample } of runs)
    for (const [why, count] of sample.left) reasons.set(why, (reasons.get(why) ?? 0) + count);
  for (const [why, count] of reasons) log(`  Left out: ${count} cells: ${why}.`);
  if (!dryRun) return;
  for (const { run, sample } of runs) {
    const recipes = [...new Set(sample.cells.map(({ recipe }) => recipe))];
    log(
      `  ${run.content.run.run_id}: ${sample.items} items of ${sample.rows.size} tasks, ${recipes.join(', ')}`,
    );
  }
}

class SpotCheck {
  readonly #plan: SpotCheckPlan;
  readonly #options: SpotCheckOptions;
  readonly #state: SpotCheckState;
  readonly #around: Surroundings;
  readonly #startedAt: number;
  readonly #total: number;
  #known = 0;
  #measured = 0;

  constructor(plan: SpotCheckPlan, options: SpotCheckOptions, state: SpotCheckState, around: Surroundings) {
    this.#plan = plan;
    this.#options = options;
    this.#state = state;
    this.#around = around;
    this.#startedAt = around.output.clock();
    this.#total = plan.runs.reduce((sum, { sample }) => sum + sample.cells.length, 0);
  }

  async perform(): Promise<number> {
    let agreeing = 0;
    let done = 0;
    for (const chosen of this.#plan.runs) {
      const verdict = await this.#checkRun(chosen);
      if (verdict === null) break;
      done += 1;
      if (verdict) agreeing += 1;
    }
    const { log } = this.#around;
    const { length } = this.#plan.runs;
    log(
      `${agreeing} of ${done} runs agree${done < length ? `; ${length - done} are left: the same command goes on` : ''}.`,
    );
    if (done === length) await this.#state.remove();
    return agreeing === done ? 0 : 1;
  }

  /** Whether the run agrees; null where time is up. */
  async #checkRun(chosen: ChosenRun): Promise<boolean | null> {
    const { run_id } = chosen.run.content.run;
    const earlier = this.#state.cellsOf(run_id);
    this.#known += earlier.length;
    if (this.#state.isFinished(run_id)) return agrees(earlier);
    if (!this.#mayGoOn()) return null;
    let prepared: PreparedAgain;
    try {
      prepared = await this.#prepare(chosen);
    } catch (error) {
      if (!(error instanceof BitlossError)) throw error;
      this.#around.log(error.message);
      return false;
    }
    try {
      const isComplete = await measureSample({
        ...chosen,
        prepared,
        done: new Set(earlier.map(nameOf)),
        log: this.#around.log,
        mayGoOn: () => this.#mayGoOn(),
        keep: (cell) => this.#keep(run_id, cell),
      });
      return isComplete ? await this.#conclude(chosen, prepared) : null;
    } finally {
      await prepared.sweep.close();
    }
  }

  #prepare({ run, sample }: ChosenRun): Promise<PreparedAgain> {
    const { run: manifest } = run.content;
    const scratch = path.join(this.#around.root, '.cache', 'spot-check', manifest.run_id);
    const [engine] = this.#plan.engine.split(' ');
    const replacements = { ...this.#options.replacements, engine: engine! };
    return prepareAgain(manifest, sample.cells, replacements, scratch, this.#around);
  }

  #mayGoOn(): boolean {
    const { limitMinutes } = this.#options;
    return limitMinutes === null || this.#around.output.clock() - this.#startedAt < limitMinutes * 60_000;
  }

  async #keep(run: string, cell: CellComparison): Promise<void> {
    await this.#state.add(run, cell);
    this.#measured += 1;
    const done = this.#known + this.#measured;
    const left = ((this.#around.output.clock() - this.#startedAt) / this.#measured) * (this.#total - done);
    const { items, different, numbers, numbersEqual } = cell.items;
    const told = [
      ...(items === 0 ? [] : [`${items - different.length} of ${items} items the same`]),
      ...(numbers === 0 ? [] : [`${numbersEqual} of ${numbers} numbers the same`]),
      ...cell.faults,
    ];
    this.#around.log(
      `[${done}/${this.#total}] ${run} ${cell.recipe} ${cell.task}: ${told.join(', ')}; about ${describeDuration(left)} left`,
    );
  }

  async #conclude({ run }: ChosenRun, { manifest, config }: PreparedAgain): Promise<boolean> {
    const published = run.content.run;
    const { run_id } = published;
    const { handle, fraction, seed } = this.#options;
    const { dataFolder, log, now } = this.#around;
    const cells = this.#state.cellsOf(run_id);
    const isSame = agrees(cells);
    const agreement = agreementOf(cells);
    log(`${run_id} ${isSame ? 'agrees' : 'does not agree'}: ${describeAgreement(agreement)}`);
    for (const line of describeFaults(cells)) log(line);
    if (handle !== null && isSame) {
      checkTransition(run_id, stateOf(dataFolder, run_id, null, true), 'spot-checked', null);
      const state = 'spot-checked';
      const share = `${Number((100 * fraction).toPrecision(3))} %`;
      const reason = `${agreement.items} random items of ${agreement.cells} cells, about ${share} of those that can be measured here, were measured again and agree within noise.`;
      const command = `pnpm eval spot-check --fraction ${fraction} --seed ${seed} --run ${run_id}`;
      const finding = { subject: run_id, rowId: null, state, who: handle, reason, command } as const;
      const record = recordOf({ ...finding, agreement, published, manifest }, now());
      log(`Record: data/${await writeRecord(dataFolder, record)}`);
    }
    await rm(config.places.results, { recursive: true, force: true });
    await this.#state.finish(run_id);
    return isSame;
  }
}
