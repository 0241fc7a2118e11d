/** The JSON twin of each page about one thing: what the page says, as values; the rows behind it are in the downloads. */
import { byId, type Method, type Model, type Paper, papers, type Source, type Task } from './catalogue.ts';
import { coverage } from './coverage.ts';
import { dataVersion, rows, rowsOf } from './db.ts';
import { measuredWhen } from './measured-when.ts';
import { paperLinks } from './paper-page.ts';
import { absolute } from './release/absolute.ts';
import { sourceFiles } from './source-files.ts';

/** The page, the version of the data, and where all rows are; then what the page is about. */
async function twin(path: string, about: object): Promise<string> {
  const head = {
    page: absolute(path),
    version: await dataVersion(),
    results: absolute('/data/results.parquet'),
  };
  return `${JSON.stringify({ ...head, ...about })}\n`;
}

export async function modelTwin({ n_rows: _rows, n_sources: _sources, ...model }: Model): Promise<string> {
  const recipes = await rowsOf('recipe_by_ability', 'model_id', model.id);
  return twin(`/models/${model.id}/`, {
    model,
    known: (await coverage('model_id')).get(model.id),
    recipes: recipes.map(
      ({ model_id: _id, model_name, family, series, params_b, is_chat, ...recipe }) => recipe,
    ),
    runs: await rowsOf('run_change', 'model_id', model.id),
  });
}

/** The models of a family, and what the best recipe of each size keeps of them by ability. */
export async function familyTwin(family: string, members: readonly Model[]): Promise<string> {
  const recipes = await rowsOf('recipe_by_ability', 'family', family);
  return twin(`/families/${family}/`, {
    family,
    models: members.map(({ n_rows: _rows, n_sources: _sources, ...model }) => model),
    best: recipes.filter(({ is_best }) => is_best),
    runs: (await rows('run_change')).filter(({ model_id }) => members.some(({ id }) => id === model_id)),
  });
}

export async function methodTwin({ mark: _mark, paper_id, ...method }: Method): Promise<string> {
  const medians = await rowsOf('method_by_bits', 'method_id', method.id);
  return twin(`/methods/${method.id}/`, {
    method,
    paper: byId(await papers()).get(paper_id ?? '') ?? null,
    known: (await coverage('method_id')).get(method.id) ?? null,
    kept_by_bits: medians,
    runs: (await measuredWhen('method_id')).get(method.id) ?? [],
  });
}

export async function taskTwin(task: Task): Promise<string> {
  return twin(`/tasks/${task.id}/`, {
    task,
    known: (await coverage('task_id')).get(task.id),
    runs: (await measuredWhen('task_id')).get(task.id) ?? [],
  });
}

export async function sourceTwin({ paper_id, ...source }: Source): Promise<string> {
  return twin(`/sources/${source.id}/`, {
    source,
    paper: byId(await papers()).get(paper_id ?? '') ?? null,
    known: (await coverage('source_id')).get(source.id),
    files: (await sourceFiles()).get(source.id) ?? [],
  });
}

export async function paperTwin(paper: Paper): Promise<string> {
  const { methods, sources, claims } = await paperLinks(paper.id);
  return twin(`/papers/${paper.id}/`, {
    paper,
    methods: methods.map(({ id }) => id),
    sources: sources.map(({ id }) => id),
    claims: claims.map(({ claim, where, says }) => ({ claim: claim.id, where, says })),
  });
}
