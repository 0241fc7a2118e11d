/** What results say already, looked up by run, by cell and by what a cell measures. */
import type { Metric, RunFile } from '../../../data/schema.ts';

/** One finished cell of a run file. */
export interface PublishedCell {
  readonly file: string;
  readonly cellKey: string;
  /** The first of its task. */
  readonly metric: Metric;
}

/** What is measured, whoever measures it. */
export interface Question {
  readonly model: string;
  readonly recipe: string;
  readonly task: string;
  readonly task_version: number;
}

export class Published {
  readonly #runs = new Map<string, string[]>();
  readonly #keys = new Map<string, string[]>();
  readonly #cells = new Map<string, PublishedCell[]>();

  add(file: string, { run, cells }: RunFile): void {
    push(this.#runs, run.run_id, file);
    for (const cell of cells) {
      if (!('metrics' in cell)) continue;
      push(this.#keys, cell.cell_key, file);
      push(this.#cells, nameOf(cell), {
        file,
        cellKey: cell.cell_key,
        metric: cell.metrics[0]!,
      });
    }
  }

  /** Other files with a run of this id. */
  filesOfRun(id: string, besides: string): readonly string[] {
    return (this.#runs.get(id) ?? []).filter((file) => file !== besides);
  }

  /** Other files with a finished cell of this key. */
  filesOfCell(key: string, besides: string): readonly string[] {
    return (this.#keys.get(key) ?? []).filter((file) => file !== besides);
  }

  /** Everything that was measured of a model, recipe and task, this submission's own cells included. */
  cellsOf(question: Question): readonly PublishedCell[] {
    return this.#cells.get(nameOf(question)) ?? [];
  }
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

const nameOf = ({ model, recipe, task, task_version }: Question) =>
  `${model} ${recipe} ${task} ${task_version}`;
