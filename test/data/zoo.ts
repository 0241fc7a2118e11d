/** Run files of a made-up zoo: what every model keeps is told, scores follow from it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunFile } from '../../data/schema.ts';
import { type CellSpec, DATA, runFile, sha } from './data-folder.ts';

export interface ZooModel {
  readonly id: string;
  readonly family: string;
  /** In millions. */
  readonly params: number;
}

export interface ZooTask {
  readonly id: string;
  /** Score of every 16-bit model; a perplexity where it is above 1. */
  readonly baseline: number;
  readonly chance: number;
  /** A rate of something unwanted; what is told of it is a multiple of the 16-bit rate. */
  readonly rate?: string;
}

/** Kept of a task, chance taken off; null where nothing was measured. */
export type Kept = (model: ZooModel, recipe: string, task: ZooTask) => number | null;

/** One run file a model, under the path where the database looks for it, and the catalogue with the models. */
export function zooFiles(
  models: readonly ZooModel[],
  recipes: readonly string[],
  tasks: readonly ZooTask[],
  kept: Kept,
): Record<string, string> {
  const files = models.map((model) => {
    const cells = ['fp16', ...recipes].flatMap((recipe) =>
      tasks.flatMap((task): CellSpec[] => {
        const share = recipe === 'fp16' ? 1 : kept(model, recipe, task);
        return share === null ? [] : [{ recipe, task: task.id, metrics: [metricOf(task, share)] }];
      }),
    );
    return [`results/bitloss/${model.id}.json`, JSON.stringify(runOf(model, cells))] as const;
  });
  return { ...Object.fromEntries(files), 'models.json': catalogueWith(models) };
}

/** The real catalogue of models with the zoo as one series, as its models saw the same text. */
function catalogueWith(models: readonly ZooModel[]): string {
  const real = JSON.parse(readFileSync(join(DATA, 'models.json'), 'utf8')) as object[];
  const zoo = models.map(({ id, family, params }) => {
    return { id, name: id, family, series: 'Zoo', params_b: params / 1e3, kind: 'base', released: null };
  });
  return JSON.stringify([...real, ...zoo]);
}

function metricOf({ baseline, chance, rate }: ZooTask, share: number) {
  if (rate !== undefined) return { metric: rate, unit: 'rate' as const, value: share * baseline };
  if (baseline <= 1) return { value: chance + share * (baseline - chance) };
  return { metric: 'perplexity', unit: 'perplexity' as const, value: baseline / share };
}

function runOf({ id, family, params }: ZooModel, cells: readonly CellSpec[]): RunFile {
  const file = runFile(id, cells);
  return {
    ...file,
    run: { ...file.run, models: [{ ...file.run.models[0]!, id, family, params: params * 1e6 }] },
    cells: file.cells.map((cell) => ({ ...cell, model: id, cell_key: sha(`${id} ${cell.cell_key}`) })),
  };
}
