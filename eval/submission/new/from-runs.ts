/** Files of a submission from runs of this machine. */
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import type { RunFile } from '../../../data/schema.ts';
import { submissionErrors } from '../../errors/submission.ts';
import { publishRun } from '../../store/publish.ts';
import { readRunFile, runFilePath } from '../../store/run-file.ts';

export interface Written {
  /** Relative to the repository, with `/`. */
  readonly files: readonly string[];
  /** Those of them that were not there before. */
  readonly added: readonly string[];
  /** What is in them, for people. */
  readonly summary: readonly string[];
  /** Title of the submission. */
  readonly title: string;
}

/** @param ids of runs; null: all @throws submission/no-run, store/… */
export async function fromRuns(
  root: string,
  handle: string,
  ids: readonly string[] | null,
): Promise<Written> {
  const local = path.join(root, 'data', 'local');
  const known = globSync('*/run.json', { cwd: local }).map((file) => path.dirname(file));
  // One run alone needs no name.
  const wanted = ids === null || (ids.length === 0 && known.length === 1) ? known : ids;
  if (wanted.length === 0 || wanted.some((id) => !known.includes(id))) throw submissionErrors.noRun(known);
  const files: string[] = [];
  const added: string[] = [];
  const summary: string[] = [];
  for (const id of wanted) {
    const source = runFilePath(local, id);
    const pair = ['json', 'parquet'].map((ending) => `data/results/${handle}/${id}.${ending}`);
    const before = pair.filter((file) => existsSync(path.join(root, file)));
    await publishRun(source, path.join(root, 'data'), handle);
    const present = pair.filter((file) => existsSync(path.join(root, file)));
    files.push(...present);
    added.push(...present.filter((file) => !before.includes(file)));
    summary.push(...describeRun((await readRunFile(source))!));
  }
  return { files, added, summary, title: `Results of ${handle}: ${wanted.join(', ')}` };
}

function describeRun({ run, cells }: RunFile): string[] {
  const failed = cells.filter((cell) => 'error' in cell).length;
  const recipes = [...new Set(cells.map(({ recipe }) => recipe))];
  const tasks = [...new Set(cells.map(({ task }) => task))];
  return [
    `${run.run_id}: ${cells.length} cells, ${failed} failed`,
    `  models   ${run.models.map(({ id }) => id).join(', ')}`,
    `  recipes  ${recipes.join(', ')}`,
    `  tasks    ${tasks.join(', ')}`,
    `  engine   ${run.engine.id} ${run.engine.version} ${run.engine.provider} on ${run.machine.gpu ?? run.machine.cpu}`,
    `  code     ${run.code_commit ?? 'no commit'}${run.code_dirty ? ', with changes that are not committed' : ''}`,
  ];
}
