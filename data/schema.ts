/**
 * The shape of every file that crosses the border between the pipeline, the data folder and the site.
 * `schema/*.schema.json` is generated from here (`node scripts/catalog.ts`), so other tools can check a file too.
 */
import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits');
const slug = z.string().regex(/^[a-z0-9][a-z0-9.+-]*$/, 'expected a lower-case slug');
/** Families are named as transformers names model types, such as `qwen2_moe`. */
const familyId = z.string().regex(/^[a-z0-9][a-z0-9_.+-]*$/, 'expected the id of a family');
const column = z.string().regex(/^[a-z][a-z0-9_]*$/, 'expected a lower-case name such as acc_norm');
const text = z.string().min(1).max(2000);
const count = z.int().nonnegative();

/** A file that took part in a run, by content. */
export const fileSchema = z.strictObject({ name: text, sha256, bytes: count });

/** Calibration data of methods that need it. */
export const calibrationSchema = z.strictObject({
  text: text.describe('name of the text, such as `world-train`, or a file'),
  sha256: sha256.describe('of the text'),
  samples: z.int().positive(),
  length: z.int().positive().describe('tokens a sample'),
  seed: z.int(),
  mode: z
    .enum(['sequential', 'parallel'])
    .describe('sequential: block k sees the outputs of compressed blocks before it'),
});

export const modelManifestSchema = z.strictObject({
  id: slug,
  family: familyId,
  source: text.describe('folder or Hugging Face id'),
  revision: z.string().nullable(),
  params: z.int().positive(),
  config_sha256: sha256,
  tokenizer_sha256: sha256,
  weights: z.array(fileSchema).min(1),
});

/** Everything needed to make the numbers of a run again. */
export const manifestSchema = z.strictObject({
  run_id: slug,
  created_at: z.iso.datetime(),
  command: z.string().min(1).max(20_000).describe('makes the run again'),
  code_commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable()
    .describe('null outside a git checkout'),
  code_dirty: z.boolean(),
  engine: z.strictObject({
    id: slug,
    version: text,
    provider: slug,
    settings: z.record(z.string(), z.json()),
  }),
  kernel_library_sha256: sha256.nullable(),
  machine: z.strictObject({
    cpu: text,
    cores: z.int().positive(),
    memory_bytes: z.int().positive(),
    gpu: text.nullable(),
    driver: text.nullable(),
    os: text,
    node: text,
  }),
  models: z.array(modelManifestSchema).min(1),
  datasets: z.array(z.strictObject({ id: slug, files: z.array(fileSchema).min(1) })),
  calibration: calibrationSchema.nullable(),
  settings: z.record(z.string(), z.json()).describe('every other setting that a number depends on'),
  seed: z.int(),
  wall_ms: count,
  peak_memory_bytes: count,
});

/** Paired comparison with the 16-bit model on the same items. */
export const pairedSchema = z.strictObject({
  kept_low: z
    .number()
    .nullable()
    .describe(
      'lower end of the 95 % bootstrap interval of kept; null where the baseline is within two standard errors of chance',
    ),
  kept_high: z.number().nullable(),
  /** Items right before and wrong after, and the reverse; null for tasks without right and wrong. */
  lost: count.nullable(),
  gained: count.nullable(),
  mcnemar_p: z.number().min(0).max(1).nullable(),
});

export const cellBase = {
  cell_key: sha256.describe('content of everything that the numbers depend on'),
  model: slug,
  recipe: text.describe('canonical recipe id'),
  task: slug,
  task_version: z.int().positive(),
  settings: z.record(z.string(), z.json()).describe('task settings: window, BOS rule, limit, …'),
  wall_ms: count,
  peak_memory_bytes: count,
};

/** One metric of one finished cell. `value` is in the unit named: accuracies are fractions, 0…1. */
export const metricSchema = z.strictObject({
  metric: column,
  unit: z.enum(['fraction', 'perplexity', 'nats', 'bits', 'score', 'rate']),
  value: z.number(),
  std_error: z.number().nonnegative().nullable(),
  n: z.int().positive(),
  paired: pairedSchema.nullable(),
});

export const finishedCellSchema = z.strictObject({
  ...cellBase,
  bits_per_weight: z.number().positive().describe('packed bytes × 8 ÷ weights, over the compressed linears'),
  size_bytes: z.int().positive().describe('the whole model: packed linears and everything left at 16 bit'),
  metrics: z.array(metricSchema).min(1),
  items: z
    .string()
    .nullable()
    .describe(
      'Parquet file with per-item outcomes, relative to the run file. In published runs all cells share one, with a row a task, column and recipe: task, name, recipe (null: all), and the values of all items in flags, numbers or texts',
    ),
  notes: z.array(text).describe('what the method had to do, such as a raised damping'),
});

/** A cell that could not be measured is recorded with its error, never left out. */
export const failedCellSchema = z.strictObject({
  ...cellBase,
  error: z.strictObject({ code: text, message: z.string().max(4000) }),
});

export const cellSchema = z.union([finishedCellSchema, failedCellSchema]);

/** One run, cell by cell, as a run in progress is stored. Published runs are short, see `compact-run-schema.ts`. */
export const runFileSchema = z.strictObject({
  schema: z.literal(1),
  run: manifestSchema,
  cells: z.array(cellSchema),
});

export type RunFile = z.infer<typeof runFileSchema>;
export type Manifest = z.infer<typeof manifestSchema>;
export type ModelManifest = z.infer<typeof modelManifestSchema>;
export type Calibration = z.infer<typeof calibrationSchema>;
export type Cell = z.infer<typeof cellSchema>;
export type FinishedCell = z.infer<typeof finishedCellSchema>;
export type FailedCell = z.infer<typeof failedCellSchema>;
export type Metric = z.infer<typeof metricSchema>;
export type Paired = z.infer<typeof pairedSchema>;
