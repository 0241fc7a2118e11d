/** What a person is told about a plan, before and after it is executed. */
import path from 'node:path';
import { describeDuration } from '../duration.ts';
import { cellsOf, type Exclusion, type Plan, type PlannedRun } from '../plan.ts';
import type { RunSummary } from '../run.ts';

/** @param known how many cells of a run are stored already */
export function planText(plan: Plan, known: (run: PlannedRun) => number): string {
  const runs = plan.runs.map((run) => describeRun(run, known(run)));
  return `${[...runs, ...exclusionText(plan.exclusions)].join('\n')}\n`;
}

function describeRun(run: PlannedRun, known: number): string {
  const { id, source, family, params } = run.model.manifest;
  const tasks = run.recipes[0]!.cells.map(({ task }) => task.id);
  const lines = [
    `${id} (${family}, ${(params / 1e6).toFixed(1)} M parameters, ${source})`,
    `  recipes  ${run.recipes.map((recipe) => recipe.id).join(', ')}`,
    `  tasks    ${tasks.join(', ')}`,
    `  cells    ${cellsOf(run).length}, of which ${known} are stored already`,
    `  run      ${run.id}`,
  ];
  return lines.join('\n');
}

/** Nothing where nothing is left out. */
export function exclusionText(exclusions: readonly Exclusion[]): readonly string[] {
  return exclusions.length === 0
    ? []
    : ['Left out:', ...exclusions.map((exclusion) => `  - ${describeExclusion(exclusion)}`)];
}

export function describeExclusion({ model, recipe, task, reason }: Exclusion): string {
  return `${[model, recipe, task].filter((part) => part !== null).join(' · ')}: ${reason}`;
}

export function summaryText(
  run: PlannedRun,
  { measured, reused, failed }: RunSummary,
  file: string,
  wallMs: number,
): string {
  const cells = (count: number) => `${count} cell${count === 1 ? '' : 's'}`;
  const work =
    measured === 0
      ? `all ${cells(reused)} were measured before; nothing was computed`
      : `${cells(measured)} measured in ${describeDuration(wallMs)}${reused === 0 ? '' : `, ${reused} stored before`}`;
  const failures =
    failed === 0 ? '' : `; ${cells(failed)} failed, see the file (--retry measures them again)`;
  return `${run.model.manifest.id}: ${work}${failures}\n  ${path.relative(process.cwd(), file)}`;
}
