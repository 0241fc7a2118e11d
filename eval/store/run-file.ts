/** A run on disk: `<results>/<run id>/run.json` with a folder of item outcomes beside it. The file is the truth; tables follow it. */
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compactRun, expandRun, formatCompactRun } from '../../data/compact-run.ts';
import { anyRunFileSchema } from '../../data/compact-run-schema.ts';
import type { Cell, RunFile } from '../../data/schema.ts';
import { diskFault, storeErrors } from '../errors/run.ts';
import { replaceFile } from './files.ts';

export function runFilePath(results: string, runId: string): string {
  return path.join(results, runId, 'run.json');
}

/** Where the item outcomes of a cell are, relative to the run file. A run has one cell for a recipe and a task. */
export function itemsName(cell: Pick<Cell, 'recipe' | 'task'>): string {
  return `items/${fileNameOf(cell.recipe)}.${cell.task}.parquet`;
}

/** A recipe id as part of a file name. */
export function fileNameOf(recipe: string): string {
  // A colon, as in `wanda-2:4`, cannot stand in a file name everywhere.
  return recipe.replaceAll(':', '_');
}

/** A run file of either form; null where there is no such file. Throws `store/run-file` for one that is damaged, `store/…` for faults of the disk. */
export async function readRunFile(file: string): Promise<RunFile | null> {
  const text = await readOrNull(file);
  if (text === null) return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw storeErrors.runFile(file, [`it is not JSON: ${(cause as Error).message}`]);
  }
  const parsed = anyRunFileSchema.safeParse(json);
  if (parsed.success) return expandRun(parsed.data);
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`,
  );
  throw storeErrors.runFile(file, problems);
}

/** Replaces the run file in one step. Throws `store/…`. */
export async function writeRunFile(file: string, content: RunFile): Promise<void> {
  await replaceFile(file, (temporary) => writeFile(temporary, formatRunFile(content)));
}

/** The same for a run that is published. */
export async function writePublished(file: string, content: RunFile): Promise<void> {
  await replaceFile(file, (temporary) => writeFile(temporary, formatPublished(content)));
}

export function formatPublished(content: RunFile): string {
  return formatCompactRun(compactRun(content));
}

/** One line a cell, so that a change of one cell is a change of one line. */
function formatRunFile({ schema, run, cells }: RunFile): string {
  const lines = cells.map((cell) => JSON.stringify(cell)).join(',\n');
  return `{\n"schema": ${schema},\n"run": ${JSON.stringify(run, null, 1)},\n"cells": [\n${lines}\n]\n}\n`;
}

/** Copies a file in one step. Throws `store/…`. */
export async function copyWhole(from: string, to: string): Promise<void> {
  await replaceFile(to, (temporary) => copyFile(from, temporary));
}

export async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isFile() ?? false;
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw diskFault(file, cause);
  }
}
