/** Models, methods, tasks, sources, papers and runs as the pages use them, each read once a build. */
import { rows, select } from './db.ts';
import { assignMarks, type Mark } from './marks.ts';
import { once } from './once.ts';

export interface Model {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly series: string | null;
  readonly params_b: number | null;
  readonly kind: 'base' | 'chat' | 'unstated' | null;
  readonly released: string | null;
  readonly n_rows: number;
  readonly n_sources: number;
}

export interface Paper {
  readonly id: string;
  readonly title: string;
  readonly authors: string;
  readonly year: number;
  readonly url: string | null;
}

export interface Method {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly group: string;
  readonly paper_id: string | null;
  readonly sentence: string;
  readonly mark: Mark;
}

export interface Task {
  readonly id: string;
  readonly title: string;
  readonly ability: string | null;
  readonly kind: 'accuracy' | 'perplexity' | 'judge' | 'shown-only' | null;
  readonly unit: string;
  readonly chance: number | null;
  readonly higher_is_better: boolean;
  readonly n: number | null;
  readonly dataset: string | null;
  readonly dataset_url: string | null;
  readonly role: string | null;
  readonly shown_because: string | null;
}

export interface Source {
  readonly id: string;
  readonly title: string;
  readonly paper_id: string | null;
  readonly url: string | null;
  readonly repository: string | null;
  readonly read_as: string | null;
  readonly origin: 'reported' | 'measured' | 'submitted';
}

export interface Run {
  readonly id: string;
  readonly owner: string;
  readonly command: string;
  readonly file: string | null;
  /** The manifest as JSON text. */
  readonly manifest: string;
}

/** Models that have a row, the most reported first; one that is not catalogued has no series. */
export const models = once(() =>
  select<Model>(`
    SELECT model_id AS id, any_value(model_name) AS name, any_value(board.family) AS family,
      any_value(board.series) AS series, any_value(board.params_b) AS params_b, any_value(kind) AS kind,
      any_value(released) AS released, count(*)::INTEGER AS n_rows, count(DISTINCT source_id)::INTEGER AS n_sources
    FROM board LEFT JOIN model USING (model_id)
    GROUP BY model_id ORDER BY n_sources DESC, n_rows DESC, id`),
);

/** Every method of the catalogue, in its order, with its mark. */
export const methods = once(async () => {
  const found = await select<Omit<Method, 'mark'>>(
    'SELECT method_id AS id, title, kind, method_group AS "group", paper_id, sentence FROM method ORDER BY rowid',
  );
  const marks = assignMarks(found);
  return found.map((method): Method => ({ ...method, mark: marks.get(method.id)! }));
});

/** Tasks that have a row, by ability. */
export const tasks = once(() =>
  select<Task>(`
    SELECT task_id AS id, any_value(board.task_title) AS title, any_value(board.ability) AS ability,
      any_value(task.kind) AS kind, any_value(coalesce(task.unit, board.unit)) AS unit, any_value(task.chance) AS chance,
      any_value(coalesce(task.higher_is_better, board.higher_is_better)) AS higher_is_better, any_value(task.n) AS n,
      any_value(dataset.title) AS dataset, any_value(dataset.url) AS dataset_url, any_value(role) AS role,
      any_value(shown_because) AS shown_because
    FROM board LEFT JOIN task USING (task_id) LEFT JOIN dataset USING (dataset_id)
    GROUP BY task_id ORDER BY ability NULLS LAST, title`),
);

/** Sources that have a row: papers and repositories, then runs of this project and of others. */
export const sources = once(() =>
  select<Source>(`
    SELECT source_id AS id, any_value(source_title) AS title, any_value(source.paper_id) AS paper_id,
      any_value(url) AS url, any_value(repository) AS repository, any_value(read_as) AS read_as,
      any_value(origin) AS origin
    FROM board LEFT JOIN source USING (source_id)
    GROUP BY source_id ORDER BY origin, title`),
);

export const papers = once(() =>
  select<Paper>('SELECT paper_id AS id, title, authors, year, url FROM paper ORDER BY paper_id'),
);

/** Runs with a row on the board, newest first. */
export const runs = once(() =>
  select<Run>(`
    SELECT run_id AS id, owner, command, file, manifest
    FROM (SELECT * FROM file_run UNION ALL BY NAME SELECT * FROM local_run)
    WHERE run_id IN (SELECT run_id FROM board)
    QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY file NULLS LAST) = 1
    ORDER BY created_at DESC, run_id`),
);

/** Looks one up by id; undefined where the catalogue lacks it. */
export function byId<T extends { readonly id: string }>(list: readonly T[]): ReadonlyMap<string, T> {
  return new Map(list.map((one) => [one.id, one]));
}

/** Counts for the first sentence. */
export const summary = once(async () => (await rows('summary'))[0]!);
