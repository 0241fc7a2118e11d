import { z } from 'zod';
import * as schema from '../catalog-schema.ts';
import { unmatched } from './claims.ts';
import { lineOfPath } from './json-lines.ts';
import type { Problems } from './problems.ts';
import { readJson } from './read-json.ts';

/** Every hand-kept list, keyed by id. */
export interface Catalogues {
  readonly models: ReadonlyMap<string, schema.Model>;
  readonly papers: ReadonlyMap<string, schema.Paper>;
  readonly sources: ReadonlyMap<string, schema.Source>;
  readonly datasets: ReadonlyMap<string, schema.Dataset>;
  readonly methods: ReadonlyMap<string, schema.Method>;
  readonly tasks: ReadonlyMap<string, schema.Task>;
  readonly methodLabels: ReadonlyMap<string, schema.MethodLabel>;
  /** `label` or `source label` → model. */
  readonly modelLabels: ReadonlyMap<string, schema.ModelLabel>;
  readonly taskRules: readonly schema.TaskRule[];
  readonly suspects: readonly schema.Suspect[];
  readonly claims: ReadonlyMap<string, schema.Claim>;
}

/** Reads the catalogues and checks that what they refer to exists. */
export function readCatalogues(root: string, problems: Problems): Catalogues {
  const reader = new Reader(root, problems);
  const papers = reader.list('papers.json', schema.paperSchema, (paper) => paper.id);
  const datasets = reader.list('datasets.json', schema.datasetSchema, (dataset) => dataset.id);
  const models = reader.list('models.json', schema.modelSchema, (model) => model.id);
  const methods = reader.list('methods.json', schema.methodSchema, (method) => method.id);
  const sources = reader.list('sources.json', schema.sourceSchema, (source) => source.id);
  const tasks = reader.list('tasks.json', schema.taskSchema, (task) => task.id);
  reader.refer('methods.json', 'paper', [...methods.values()], papers);
  reader.refer('sources.json', 'paper', [...sources.values()], papers);
  reader.refer('tasks.json', 'dataset', [...tasks.values()], datasets);
  const methodLabels = reader.list('labels/methods.json', schema.methodLabelSchema, (entry) => entry.label);
  const modelLabels = reader.list('labels/models.json', schema.modelLabelSchema, modelLabelKey);
  const taskRules = reader.rows('labels/tasks.json', schema.taskRuleSchema);
  const suspects = reader.rows('suspects.json', schema.suspectSchema);
  const claims = readClaims(reader, papers, problems);
  reader.refer('labels/methods.json', 'method', [...methodLabels.values()], methods);
  reader.refer('labels/models.json', 'model', [...modelLabels.values()], models);
  reader.refer('labels/models.json', 'source', [...modelLabels.values()], sources);
  reader.refer('labels/tasks.json', 'to', taskRules, tasks);
  reader.refer('suspects.json', 'source', suspects, sources);
  return {
    models,
    papers,
    sources,
    datasets,
    methods,
    tasks,
    methodLabels,
    modelLabels,
    taskRules,
    suspects,
    claims,
  };
}

/** A claim must cite papers of the catalogue and have its statement in SQL. */
function readClaims(
  reader: Reader,
  papers: ReadonlyMap<string, schema.Paper>,
  problems: Problems,
): Map<string, schema.Claim> {
  const claims = reader.list('claims.json', schema.claimSchema, (claim) => claim.id);
  const cited = [...claims.values()].map((claim) => claim.papers.find(({ paper }) => !papers.has(paper)));
  const citations = cited.map((citation) => citation ?? {});
  reader.refer('claims.json', 'paper', citations, papers);
  for (const id of unmatched([...claims.keys()]).withoutSql) {
    const found = `"${id}", which has no SQL`;
    const fix = `Write claims/${id}.sql or remove the claim.`;
    problems.add({ file: 'claims.json', line: null, field: 'id', found, fix });
  }
  return claims;
}

export function modelLabelKey(entry: { label: string; source?: string | undefined }): string {
  return entry.source === undefined ? entry.label : `${entry.source} ${entry.label}`;
}

class Reader {
  readonly #root: string;
  readonly #problems: Problems;
  readonly #texts = new Map<string, string>();

  constructor(root: string, problems: Problems) {
    this.#root = root;
    this.#problems = problems;
  }

  rows<Row extends z.ZodType>(file: string, row: Row): z.infer<Row>[] {
    const read = readJson(this.#root, file, z.array(row), this.#problems);
    if (read === null) return [];
    this.#texts.set(file, read.text);
    return read.value;
  }

  list<Row extends z.ZodType>(
    file: string,
    row: Row,
    key: (row: z.infer<Row>) => string,
  ): Map<string, z.infer<Row>> {
    const map = new Map<string, z.infer<Row>>();
    for (const [index, entry] of this.rows(file, row).entries()) {
      const id = key(entry);
      if (map.has(id)) this.#add(file, index, 'id', `a second "${id}"`, 'Remove one of the two.');
      map.set(id, entry);
    }
    return map;
  }

  refer<Field extends string>(
    file: string,
    field: Field,
    rows: readonly { [key in Field]?: string | null | undefined }[],
    known: ReadonlyMap<string, unknown>,
  ): void {
    for (const [index, row] of rows.entries()) {
      const id = row[field];
      if (id === null || id === undefined || known.has(id) || known.size === 0) continue;
      this.#add(
        file,
        index,
        field,
        `"${id}", which no catalogue entry has`,
        'Add the entry or correct the id.',
      );
    }
  }

  #add(file: string, index: number, field: string, found: string, fix: string): void {
    const line = lineOfPath(this.#texts.get(file) ?? '', [index, field]);
    this.#problems.add({ file, line, field: `[${index}].${field}`, found, fix });
  }
}
