/** Compares a run that was measured again with the run file it was made from, number by number. */
import type { Cell, Manifest, Metric, RunFile } from '../data/schema.ts';

export interface Difference {
  readonly cell: string;
  readonly metric: string;
  readonly published: number;
  readonly again: number;
  /** |again − published| in published standard errors; null where there is none. */
  readonly standardErrors: number | null;
}

export interface Comparison {
  /** Numbers in both runs that are equal to the last digit. */
  readonly identical: number;
  /** All others, the largest first. */
  readonly different: readonly Difference[];
  /** What one of the runs lacks, as a sentence. */
  readonly missing: readonly string[];
}

/** Why the inputs here are not those of a run file; empty where they are. */
export function changedInputs(published: Manifest, again: Manifest): readonly string[] {
  const hashes = ({
    models: [model],
    calibration,
    datasets,
  }: Manifest): Readonly<Record<string, string>> => ({
    'the weights': model!.weights.map(({ sha256 }) => sha256).join(),
    'config.json': model!.config_sha256,
    'tokenizer.json': model!.tokenizer_sha256,
    'the calibration text': calibration?.sha256 ?? '',
    ...Object.fromEntries(
      datasets.flatMap(({ id, files }) => files.map(({ name, sha256 }) => [`${name} of ${id}`, sha256])),
    ),
  });
  const there = hashes(published);
  const here = hashes(again);
  return [...new Set([...Object.keys(there), ...Object.keys(here)])].flatMap((what) =>
    there[what] === here[what]
      ? []
      : [`${what}: ${there[what] ?? 'nothing'} there, ${here[what] ?? 'nothing'} here`],
  );
}

/** Cells are matched by recipe and task, so that runs of other engines can be compared too. */
export function compareRuns(published: RunFile, again: RunFile): Comparison {
  const different: Difference[] = [];
  const missing: string[] = [];
  let identical = 0;
  for (const cell of published.cells) {
    const name = nameOf(cell);
    const other = again.cells.find((candidate) => nameOf(candidate) === name);
    const problem = incomparable(cell, other);
    if (problem !== null) {
      missing.push(`${name}: ${problem}`);
      continue;
    }
    for (const metric of metricsOf(cell)) {
      const value = metricsOf(other!).find((candidate) => candidate.metric === metric.metric)?.value;
      if (value === undefined) missing.push(`${name}: ${metric.metric} was not measured again`);
      else if (value === metric.value) identical += 1;
      else different.push(differenceOf(name, metric, value));
    }
  }
  const size = ({ standardErrors }: Difference) => standardErrors ?? Number.POSITIVE_INFINITY;
  return { identical, different: different.sort((a, b) => size(b) - size(a)), missing };
}

/** True where every number is there and none is more than half a standard error away. */
export function isReproduced({ different, missing }: Comparison): boolean {
  return (
    missing.length === 0 &&
    different.every(({ standardErrors }) => standardErrors !== null && standardErrors <= 0.5)
  );
}

const SHOWN = 20;

export function describeComparison(comparison: Comparison): string {
  const { identical, different, missing } = comparison;
  const largest = different.slice(0, SHOWN).map(({ cell, metric, published, again, standardErrors }) => {
    const distance = standardErrors === null ? '' : ` (${standardErrors.toPrecision(2)} standard errors)`;
    return `  ${cell} ${metric}: ${published} there, ${again} here${distance}`;
  });
  const more = different.length > SHOWN ? [`  … and ${different.length - SHOWN} more`] : [];
  const verdict = isReproduced(comparison) ? 'Reproduced' : 'Not reproduced';
  const total = identical + different.length;
  return [
    `${verdict}: ${identical} of ${total} numbers are identical, ${different.length} differ, ${missing.length} are missing.`,
    ...largest,
    ...more,
    ...missing.map((line) => `  ${line}`),
  ].join('\n');
}

function incomparable(cell: Cell, other: Cell | undefined): string | null {
  if (other === undefined) return 'was not measured again';
  if ('error' in cell) return 'error' in other ? null : 'failed there and not here';
  return 'error' in other ? `failed here: ${other.error.message}` : null;
}

function differenceOf(cell: string, { metric, value, std_error }: Metric, again: number): Difference {
  const standardErrors = std_error === null || std_error === 0 ? null : Math.abs(again - value) / std_error;
  return { cell, metric, published: value, again, standardErrors };
}

const nameOf = ({ recipe, task }: Cell) => `${recipe} ${task}`;
const metricsOf = (cell: Cell): readonly Metric[] => ('metrics' in cell ? cell.metrics : []);
