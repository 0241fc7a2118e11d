/** Everything as files: what each holds, and the statement that makes it. */

export interface Download {
  readonly id: string;
  readonly title: string;
  /** One sentence on what a row is. */
  readonly about: string;
  /** Name in SQL, where it is not the id: no name of a view. */
  readonly table?: string;
  readonly sql: string;
}

/** Name of the table in SQL: `claim-comparisons` → `claim_comparisons`. */
export function tableName({ id, table }: Download): string {
  return table ?? id.replaceAll('-', '_');
}

/** Text is compressed: as it stands, 100,000 results are 154 MB of JSON, and a site may weigh a gigabyte. */
export const FORMATS = ['csv.gz', 'json.gz', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

/** Formats that are also given away under the version of the data. */
export const PINNED = ['csv.gz', 'parquet'] as const satisfies readonly Format[];

export const DOWNLOADS: readonly Download[] = [
  {
    id: 'results',
    title: 'Results',
    about:
      'One row a stored value, with its 16-bit baseline, its loss, what it keeps, and where it comes from.',
    sql: 'SELECT * FROM board ORDER BY row_id',
  },
  {
    id: 'recipes',
    title: 'Recipes',
    about:
      'One row a recipe of a model by one source in one ability, or in all: what it keeps, and how much stands behind it.',
    sql: 'SELECT * FROM recipe_by_ability ORDER BY ALL',
  },
  {
    id: 'curves',
    title: 'Curves',
    about: 'One row a point of a degradation curve: model, ability, method, bits.',
    sql: 'SELECT * FROM curve ORDER BY ALL',
  },
  {
    id: 'method-pairs',
    title: 'Matched pairs',
    about:
      'One row a model and setting, and two methods that differ in nothing else: what each keeps, from either side.',
    sql: 'SELECT * FROM method_pair ORDER BY ALL',
  },
  {
    id: 'claims',
    title: 'Claims',
    about:
      'One row a claim of the papers and a side, reported or measured: the verdict, and the numbers it rests on.',
    sql: 'SELECT * FROM claim ORDER BY ALL',
  },
  {
    id: 'claim-comparisons',
    title: 'Comparisons behind the claims',
    about:
      'One row a comparison: its value, the threshold, whether the claim holds in it, and a row of the board behind it.',
    sql: 'SELECT * FROM claim_comparison ORDER BY ALL',
  },
  {
    id: 'tensors',
    title: 'Tensors',
    about:
      'One row a weight, input of a linear, or keys or values of a layer: AbsMax, standard deviation, kurtosis.',
    sql: 'SELECT * REPLACE (count::BIGINT AS count) FROM tensor_profile ORDER BY ALL',
  },
  {
    id: 'tensor-summary',
    table: 'tensor_kinds',
    title: 'Tensors by model',
    about: 'One row a kind of tensor in a model: the same over all layers, and what four bits of it cost.',
    sql: `SELECT summary.*, recipe_id AS four_bit_recipe, loss AS four_bit_loss
      FROM tensor_summary AS summary LEFT JOIN tensor_sensitivity USING (model_id, tensor) ORDER BY ALL`,
  },
  {
    id: 'models',
    title: 'Models',
    about: 'The catalogue of models.',
    sql: 'SELECT * FROM model ORDER BY model_id',
  },
  {
    id: 'methods',
    title: 'Methods',
    about: 'The catalogue of methods.',
    sql: 'SELECT * FROM method ORDER BY method_id',
  },
  {
    id: 'tasks',
    title: 'Tasks',
    about: 'The catalogue of tasks, with chance levels and how kept is computed.',
    sql: 'SELECT * FROM task ORDER BY task_id',
  },
  {
    id: 'sources',
    title: 'Sources',
    about: 'Where reported numbers were read.',
    sql: 'SELECT source.*, paper.title AS paper_title, paper.authors, paper.year FROM source LEFT JOIN paper USING (paper_id) ORDER BY source_id',
  },
];
