/** Runs that nobody measured, in the form of those that somebody did: for measuring the site itself at any size. */
import { createHash } from 'node:crypto';
import { compactRun } from '../../data/compact-run.ts';
import type { CompactRun } from '../../data/compact-run-schema.ts';
import type { FinishedCell, Manifest, Metric } from '../../data/schema.ts';
import { createRng, type Rng } from '../../eval/math/rng.ts';
import { type MethodOfKind, recipesOf, type SyntheticRecipe } from './recipes.ts';

export interface SyntheticCatalogue {
  readonly models: readonly {
    readonly id: string;
    readonly family: string;
    readonly params_b: number | null;
  }[];
  readonly methods: readonly MethodOfKind[];
  readonly tasks: readonly SyntheticTask[];
}

export interface SyntheticTask {
  readonly id: string;
  readonly kind: string;
  readonly role: string;
  readonly chance: number | null;
  readonly items: number | null;
}

/** Tasks that one model is tested in. */
const TASKS_A_MODEL = 12;
const ITEMS = 1000;

/** As many runs as there are models, with `rows` values in all; the same for the same seed. */
export function* syntheticRuns(
  { models, methods, tasks }: SyntheticCatalogue,
  rows: number,
  seed: number,
): Generator<CompactRun> {
  const scored = tasks.filter(({ kind, role }) => role === 'task' && /^(accuracy|perplexity)$/.test(kind));
  const baseline = methods.filter(({ kind }) => kind === 'none').flatMap(recipesOf);
  const others = methods.filter(({ kind }) => kind !== 'none').flatMap(recipesOf);
  const most = (others.length + baseline.length) * TASKS_A_MODEL * models.length;
  if (rows > most)
    throw new RangeError(`[synthetic] ${rows} rows are more than the ${most} that the catalogues make.`);
  let left = rows;
  for (const [place, model] of models.entries()) {
    const rng = createRng(seed * 10_007 + place);
    const mine = rng.shuffle([...scored]).slice(0, TASKS_A_MODEL);
    const recipes = [...baseline, ...rng.shuffle([...others])];
    const wanted = Math.ceil(left / (models.length - place));
    const pairs = recipes.flatMap((recipe) => mine.map((task) => ({ recipe, task }))).slice(0, wanted);
    left -= pairs.length;
    const cells = pairs.map(({ recipe, task }) => cell(model, recipe, task, rng));
    yield compactRun({ schema: 1, run: manifest(model, place), cells });
  }
}

type Model = SyntheticCatalogue['models'][number];

function cell(model: Model, recipe: SyntheticRecipe, task: SyntheticTask, rng: Rng): FinishedCell {
  return {
    cell_key: sha(`${model.id} ${recipe.id} ${task.id}`),
    model: model.id,
    recipe: recipe.id,
    task: task.id,
    task_version: 1,
    settings: { window: 512 },
    wall_ms: 100 + rng.int(5000),
    peak_memory_bytes: 1e9,
    bits_per_weight: recipe.bits_per_weight,
    size_bytes: Math.round(((model.params_b ?? 1) * 1e9 * recipe.bits_per_weight) / 8),
    metrics: [metric(model, recipe, task, rng)],
    items: null,
    notes: [],
  };
}

/** Larger models score better and lose less; tasks of a kind are alike but for noise. */
function metric(model: Model, recipe: SyntheticRecipe, task: SyntheticTask, rng: Rng): Metric {
  const size = Math.log10(1 + (model.params_b ?? 1)) / 3;
  const kept = Math.max(0, 1 - recipe.loss * (1.3 - size) * (1 + 0.2 * rng.normal()));
  if (task.kind === 'perplexity')
    return {
      metric: 'perplexity',
      unit: 'perplexity',
      value: (12 - 6 * size) / Math.max(kept, 1e-3),
      std_error: null,
      n: ITEMS,
      paired: null,
    };
  const chance = task.chance ?? 0;
  const whole = chance + (0.95 - chance) * Math.min(1, 0.4 + size);
  const right = Math.round((chance + (whole - chance) * kept) * ITEMS);
  const value = Math.min(1, Math.max(0, right / ITEMS));
  return {
    metric: 'acc',
    unit: 'fraction',
    value,
    std_error: Math.sqrt((value * (1 - value)) / ITEMS),
    n: ITEMS,
    paired: null,
  };
}

function manifest(model: Model, place: number): Manifest {
  const id = `synthetic-${model.id}`;
  return {
    run_id: id,
    created_at: new Date(Date.UTC(2026, 0, 1, 0, place)).toISOString(),
    command: 'node scripts/synthetic-data.ts',
    code_commit: null,
    code_dirty: false,
    engine: { id: 'synthetic', version: '1', provider: 'none', settings: {} },
    kernel_library_sha256: null,
    machine: { cpu: 'none', cores: 1, memory_bytes: 1, gpu: null, driver: null, os: 'none', node: 'none' },
    models: [
      {
        id: model.id,
        family: model.family,
        source: 'none',
        revision: null,
        params: Math.max(1, Math.round((model.params_b ?? 1) * 1e9)),
        config_sha256: sha('config'),
        tokenizer_sha256: sha('tokenizer'),
        weights: [{ name: 'none', sha256: sha('weights'), bytes: 1 }],
      },
    ],
    datasets: [],
    calibration: null,
    settings: {},
    seed: 0,
    wall_ms: 1,
    peak_memory_bytes: 1,
  };
}

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
