/** Checks every name in a sweep against what there is. */
import { stat } from 'node:fs/promises';
import { BitlossError } from '../../data/errors.ts';
import { FP16, parseRecipe, type Recipe } from '../../data/recipe.ts';
import { DEFAULT_RECIPES, type Sweep } from '../config.ts';
import { cliProblems } from '../errors/cli.ts';
import { placeOf, shippedModels } from '../models.ts';
import { didYouMean } from '../nearest.ts';

export interface Known {
  readonly methods: readonly string[];
  readonly tasks: readonly string[];
  /** Tasks whose documents are in no repository but in a data folder. */
  readonly tasksWithData: readonly string[];
  readonly engines: readonly string[];
}

/** Sentences about all names that mean nothing here. */
export async function checkNames(
  sweep: Sweep,
  known: Known,
  dataFolder: string,
  cwd: string,
): Promise<readonly string[]> {
  const shipped = await shippedModels(dataFolder);
  const models = await Promise.all(
    sweep.models.map(async (name) =>
      (await placeOf(name, dataFolder, cwd)) === null ? cliProblems.model(name, shipped) : [],
    ),
  );
  const isFolder =
    sweep.data === null || ((await stat(sweep.data).catch(() => null))?.isDirectory() ?? false);
  return [
    ...models.flat(),
    ...(isFolder ? [] : [cliProblems.value('--data', sweep.data!, 'a folder')]),
    ...sweep.recipes.flatMap((id) => checkRecipe(id, known.methods)),
    ...sweep.tasks.flatMap((id) => checkTask(id, known, sweep.data)),
    ...Object.keys(sweep.limits)
      .filter((id) => !known.tasks.includes(id))
      .map((id) => cliProblems.unknownName('--limit', 'task', id, known.tasks)),
    ...(known.engines.includes(sweep.engine)
      ? []
      : [cliProblems.unknownName('--engine', 'engine', sweep.engine, known.engines)]),
  ];
}

function checkRecipe(id: string, methods: readonly string[]): readonly string[] {
  let recipe: Recipe;
  try {
    recipe = parseRecipe(id);
  } catch (error) {
    if (!(error instanceof BitlossError)) throw error;
    const why = error.message.replace(/^\[recipe\] /, '');
    return [`--recipe: ${why} ${didYouMean(id, DEFAULT_RECIPES)}`.trimEnd()];
  }
  const known = [FP16.method, ...methods];
  if (known.includes(recipe.method)) return [];
  // Either the method is misspelt, as in `gtpq-w4g128`, or all of it, as in `rtn-4bit`.
  const method = didYouMean(recipe.method, known);
  const suggestion = method === '' ? didYouMean(id, DEFAULT_RECIPES) || 'Such as rtn-w4g128.' : method;
  return [cliProblems.recipe(id, recipe.method, suggestion, known)];
}

function checkTask(id: string, { tasks, tasksWithData }: Known, data: string | null): readonly string[] {
  if (!tasks.includes(id)) return [cliProblems.unknownName('--task', 'task', id, tasks)];
  return data === null && tasksWithData.includes(id) ? [cliProblems.taskNeedsData(id)] : [];
}
