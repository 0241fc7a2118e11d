/** The advisor's data of a model, from the views and the lists of shapes and GPUs. Read once a build. */
import gpuList from '../../data/gpus.json' with { type: 'json' };
import shapeList from '../../data/shapes.json' with { type: 'json' };
import type { AdviceData, AdviceRecipe, AdviceSource, Evidence } from './advisor-data.ts';
import { EVERY } from './advisor-state.ts';
import { bitsChips } from './bits-chips.ts';
import { byId, type Model, methods, models, sources } from './catalogue.ts';
import { type AdviceRow, dataVersion, type RecipeKeptRow, rows, select } from './db.ts';
import { UNKNOWN_MARK } from './marks.ts';
import type { Shape } from './memory-model.ts';
import { once } from './once.ts';
import { pipelineMethod } from './pipeline-methods.ts';

export const gpus = gpuList;

type ListedShape = Shape & { readonly config: string; readonly models: readonly string[] };

export const shapes = shapeList as readonly ListedShape[];

export interface AdvisedModel extends Model {
  readonly params_b: number;
  readonly shape: ListedShape;
}

/** Models of the catalogue that advice can be given on: their shape is known, and there is evidence. */
export const advisedModels = once(async (): Promise<readonly AdvisedModel[]> => {
  const evidence = await adviceByModel();
  return (await models()).flatMap((model) => {
    const shape = shapes.find((one) => one.models.includes(model.id));
    const { params_b } = model;
    return shape === undefined || params_b === null || !evidence.has(model.id)
      ? []
      : [{ ...model, params_b, shape }];
  });
});

/** Abilities that some advice is about, in the order of the alphabet. */
export const advisedAbilities = once(async () => {
  const all = new Set((await rows('advice')).map(({ ability }) => ability));
  all.delete('all');
  return [...all].sort();
});

const adviceByModel = once(async () => Map.groupBy(await rows('advice'), ({ model_id }) => model_id));

type Settings = Pick<
  RecipeKeptRow,
  'recipe_id' | 'method_id' | 'tensor' | 'w_bits' | 'a_bits' | 'kv_bits' | 'group_size'
>;

const recipes = once(async (): Promise<ReadonlyMap<string, AdviceRecipe>> => {
  const known = byId(await methods());
  const settings = await select<Settings>(
    'SELECT recipe_id, method_id, tensor, w_bits, a_bits, kv_bits, group_size FROM recipe',
  );
  const stored = new Map((await rows('stored_bits')).map((row) => [row.recipe_id, row]));
  const made = settings.flatMap((row): AdviceRecipe[] => {
    const bits = stored.get(row.recipe_id);
    if (bits === undefined) return [];
    const method = known.get(row.method_id);
    return [
      {
        id: row.recipe_id,
        method: row.method_id,
        title: method?.title ?? row.method_id,
        chips: bitsChips({ ...row, sparsity: null, sparsity_pattern: null }),
        nominal: row.tensor === 'KV' ? 16 : Math.max(1, Math.round(row.w_bits ?? 16)),
        mark: method?.mark ?? UNKNOWN_MARK,
        runs: pipelineMethod(row.method_id) !== null && !/gx|@/.test(row.recipe_id),
        bits_per_weight: Number(bits.bits_per_weight.toFixed(3)),
        is_whole: bits.is_whole,
        kv_bits: bits.kv_bits,
        basis: bits.basis,
      },
    ];
  });
  return byId(made);
});

/** @throws where the model has no shape or no evidence; see `advisedModels` */
export async function adviceData(model: AdvisedModel): Promise<AdviceData> {
  const found = (await adviceByModel()).get(model.id)!;
  const all = await recipes();
  const mine = [...new Set(found.map(({ recipe_id }) => recipe_id))].map((id) => all.get(id)!);
  const places = new Map(mine.map(({ id }, place) => [id, place]));
  const asked = await sourcesOf(found);
  const source = new Map(asked.map((one, place) => [`${one.origin} ${one.id}`, place]));
  const { config: _, models: __, ...shape } = model.shape;
  return {
    version: await dataVersion(),
    model: model.id,
    name: model.name,
    params: model.params_b * 1e9,
    shape,
    sources: asked,
    recipes: mine,
    evidence: found.map((row) =>
      evidenceOf(row, source.get(`${row.origin} ${row.source_id}`)!, places.get(row.recipe_id)!),
    ),
  };
}

function evidenceOf(row: AdviceRow, source: number, recipe: number): Evidence {
  return {
    ...{ source, recipe, ability: row.ability, nearness: row.nearness, loss: row.loss },
    ...{ low: row.loss_low, high: row.loss_high, interval: row.interval, results: row.n_results },
    ...{ sources: row.n_sources, models: row.n_models, tasks: row.n_tasks, example: row.example_model },
  };
}

/** Those of several tasks first, then those with most recipes on the model; all together last. */
async function sourcesOf(found: readonly AdviceRow[]): Promise<readonly AdviceSource[]> {
  const titles = byId(await sources());
  const groups = Map.groupBy(found, ({ origin, source_id }) => `${origin} ${source_id}`);
  const made = [...groups.values()].map((group): AdviceSource => {
    const { origin, source_id: id } = group[0]!;
    const same = group.filter(({ nearness }) => nearness === 1);
    const title = id === EVERY ? `all that is ${origin}, mixed` : (titles.get(id)?.title ?? id);
    const recipes = new Set(same.map(({ recipe_id }) => recipe_id)).size;
    return { id, title, origin, same: recipes, tasks: Math.max(0, ...same.map(({ n_tasks }) => n_tasks)) };
  });
  const order = ({ id, tasks }: AdviceSource) => (id === EVERY ? 2 : tasks < 2 ? 1 : 0);
  return made.sort((a, b) => order(a) - order(b) || b.same - a.same);
}
