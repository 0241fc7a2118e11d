/** Raw settings of any origin → a `RunConfig` with every default filled in. After this nothing is optional. */
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { FP16, parseRecipe, type Recipe } from '../data/recipe.ts';

/** The usual bit widths of the GPTQ and LLaMA-3 quantization studies, at one group size. */
export const DEFAULT_RECIPES: readonly string[] = [
  'fp16',
  ...['rtn', 'gptq'].flatMap((method) => [8, 4, 3, 2].map((bits) => `${method}-w${bits}g128`)),
];

const GIB = 2 ** 30;
const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: GIB,
  tib: 2 ** 40,
  k: 2 ** 10,
  m: 2 ** 20,
  g: GIB,
};

/** Whole numbers arrive as text from a command line and as numbers from a run file. */
function whole(minimum: number, expected: string) {
  const text = z
    .string()
    .regex(/^-?\d+$/, expected)
    .transform(Number);
  return z.union([z.number(), text], expected).pipe(z.int(expected).min(minimum, expected));
}

const positive = (what: string) => whole(1, `a whole number of ${what}, at least 1`);
const seed = whole(Number.MIN_SAFE_INTEGER, 'a whole number');
const name = z.string().min(1, 'a name');
const file = z.string().min(1, 'a path');

const bytes = z
  .union([z.number(), z.string().transform(parseBytes)])
  .pipe(z.number('a size such as 512MiB or 2GiB').min(1, 'a size above zero'));

/** A size in bytes; NaN where the text is none. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toLowerCase() || 'b'];
  return match === null || unit === undefined ? Number.NaN : Math.floor(Number(match[1]) * unit);
}

const calibrationSchema = z.strictObject({
  text: name.default('world-train'),
  samples: positive('samples').default(128),
  /** Tokens; null means 2048, or what the model can see if that is less. */
  length: positive('tokens').nullable().default(null),
  /** sequential: each block sees what the compressed blocks before it put out; parallel: what the original ones did. */
  mode: z.enum(['sequential', 'parallel'], 'sequential or parallel').default('sequential'),
});

/** Everything that decides numbers. A run file holds exactly this, so that the run can be made again from it. */
export const sweepSchema = z.strictObject({
  models: z.array(name).default([]),
  recipes: z
    .array(name)
    .min(1)
    .default([...DEFAULT_RECIPES]),
  /** Empty means: the tasks of the shipped world, or those whose data are in the data folder if one is given. */
  tasks: z.array(name).default([]),
  data: file.nullable().default(null),
  limit: positive('items').nullable().default(null),
  /** Limits of single tasks, in place of `limit`. */
  limits: z.record(name, positive('items')).default({}),
  window: whole(2, 'a whole number of tokens, at least 2').nullable().default(null),
  bos: z
    .enum(['tokenizer', 'always', 'never', 'window'], 'tokenizer, always, never or window')
    .default('tokenizer'),
  engine: name.default('onnx'),
  provider: z.enum(['cpu', 'webgpu'], 'cpu or webgpu').default('cpu'),
  dtype: z.enum(['auto', 'f32', 'f16', 'bf16'], 'auto, f32, f16 or bf16').default('auto'),
  memory: bytes.default(GIB),
  seed: seed.default(0),
  calibration: calibrationSchema.prefault({}),
});

const placesSchema = z.strictObject({
  database: file.optional(),
  results: file.optional(),
  cache: file.optional(),
});

const behaviourSchema = z.strictObject({
  dryRun: z.boolean().default(false),
  keep: z.boolean().default(false),
  retry: z.boolean().default(false),
  /**
   * Parts of the sweep measured at the same time, each in a process of its own; on each GPU where it is spread over
   * several. Null: what suits the engine and the models.
   */
  jobs: positive('processes').nullable().default(null),
  /** GPUs by number; null means all. */
  devices: z.array(whole(0, 'numbers of GPUs such as 0,1')).min(1).nullable().default(null),
  /** Of one process; 0 means: as many as there are cores, shared among the jobs. */
  threads: whole(0, 'a whole number of threads').default(0),
  save: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.+-]*$/, 'a lower-case name such as bitloss')
    .nullable()
    .default(null),
});

export const configSchema = z.strictObject({
  sweep: sweepSchema.prefault({}),
  places: placesSchema.prefault({}),
  behaviour: behaviourSchema.prefault({}),
});

export type Sweep = DeepReadonly<z.infer<typeof sweepSchema>>;

export interface RunConfig {
  readonly sweep: Sweep;
  /** Absolute paths. */
  readonly places: { readonly database: string; readonly results: string; readonly cache: string };
  readonly behaviour: DeepReadonly<z.infer<typeof behaviourSchema>>;
}

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export interface ConfigProblem {
  /** Such as `sweep.calibration.samples`. */
  readonly where: string;
  /** What was expected, as a noun phrase. */
  readonly expected: string;
}

/** Where relative places start: the project's own ones at `root`, those that somebody named at `cwd`. */
export interface Bases {
  readonly root: string;
  readonly cwd: string;
}

/** Checks raw settings and fills in every default; tells every problem. */
export function readConfig(
  raw: unknown,
  bases: Bases,
): RunConfig | { readonly problems: readonly ConfigProblem[] } {
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map((issue) => ({
        where: issue.path.join('.'),
        expected: issue.message,
      })),
    };
  }
  const { sweep, places, behaviour } = parsed.data;
  const place = (named: string | undefined, usual: string) =>
    named === undefined ? path.resolve(bases.root, usual) : path.resolve(bases.cwd, expandHome(named));
  return {
    sweep: {
      ...sweep,
      data: sweep.data === null ? null : expandHome(sweep.data),
      models: sweep.models.map(expandHome),
    },
    places: {
      database: place(places.database, 'data/bitloss.duckdb'),
      results: place(places.results, 'data/local'),
      cache: place(places.cache, '.cache'),
    },
    behaviour,
  };
}

/** A shell leaves `~` alone inside `--option=~/folder`. */
function expandHome(place: string): string {
  return place === '~' || place.startsWith('~/') ? path.join(os.homedir(), place.slice(2)) : place;
}

/** Recipes in the order given, each once, without `fp16`. The ids must have been checked. */
export function recipesOf({ recipes }: Pick<Sweep, 'recipes'>): readonly Recipe[] {
  return [...new Set(recipes)].filter((id) => id !== FP16.method).map(parseRecipe);
}
