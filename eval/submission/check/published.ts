/** What results say already, looked up by run, by cell and by what a cell measures. */
import type { Metric, RunFile } from '../../../data/schema.ts';

/** A first metric that one or several files have for a cell of one key. */
export interface PublishedCell {
  readonly files: readonly string[];
  readonly cellKey: string;
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
  /** By question, then by key and numbers: a cell that a thousand files copy is looked at once. */
  readonly #cells = new Map<string, Map<string, PublishedCell & { readonly files: string[] }>>();
  /** By question and file. */
  readonly #own = new Map<string, Metric>();

  add(file: string, { run, cells }: RunFile): void {
    push(this.#runs, run.run_id, file);
    for (const cell of cells) {
      if (!('metrics' in cell)) continue;
      const name = nameOf(cell);
      const metric = cell.metrics[0]!;
      push(this.#keys, cell.cell_key, file);
      this.#own.set(`${name} ${file}`, this.#own.get(`${name} ${file}`) ?? metric);
      const known = this.#cells.get(name) ?? new Map();
      this.#cells.set(name, known);
      const kind = `${cell.cell_key} ${metric.metric} ${metric.value} ${metric.std_error}`;
      const one = known.get(kind);
      if (one === undefined) known.set(kind, { files: [file], cellKey: cell.cell_key, metric });
      else one.files.push(file);
    }
  }

  /** Another file with a run of this id. */
  fileOfRun(id: string, besides: string): string | undefined {
    return this.#runs.get(id)?.find((file) => file !== besides);
  }

  /** Another file with a finished cell of this key. */
  fileOfCell(key: string, besides: string): string | undefined {
    return this.#keys.get(key)?.find((file) => file !== besides);
  }

  /** Everything that was measured of a model, recipe and task, this submission's own cells included. */
  cellsOf(question: Question): Iterable<PublishedCell> {
    return this.#cells.get(nameOf(question))?.values() ?? [];
  }

  /** What a file has for it; where it has nothing, what any other has. */
  metricOf(question: Question, file: string): Metric | undefined {
    const [any] = this.cellsOf(question);
    return this.#own.get(`${nameOf(question)} ${file}`) ?? any?.metric;
  }
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

const nameOf = ({ model, recipe, task, task_version }: Question) =>
  `${model} ${recipe} ${task} ${task_version}`;
