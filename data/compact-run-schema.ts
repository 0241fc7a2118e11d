/**
 * The shape of published run files: what the cells of a run share is stated once, and a cell is one short line.
 * `compact-run.ts` turns it into the form cell by cell, which everything else works with, and back.
 */
import { z } from 'zod';
import {
  cellBase,
  failedCellSchema,
  finishedCellSchema,
  manifestSchema,
  metricSchema,
  pairedSchema,
  runFileSchema,
} from './schema.ts';

const { value, std_error, n, metric, unit } = metricSchema.shape;
const { kept_low, kept_high, lost, gained, mcnemar_p } = pairedSchema.shape;
const { model, recipe, task, task_version, settings, wall_ms, peak_memory_bytes } = cellBase;
const { bits_per_weight, size_bytes, items, notes } = finishedCellSchema.shape;

/** Cells of one task: the same version, settings and metrics. Only a failed cell has none. */
const sharedTaskSchema = z.strictObject({
  task,
  task_version,
  settings,
  metrics: z.array(z.strictObject({ metric, unit, n })),
});

const columnsSchema = z
  .strictObject({
    cell: z.tuple([
      z.literal('task'),
      z.literal('cell_key'),
      z.literal('wall_ms'),
      z.literal('peak_memory_bytes'),
      z.literal('metrics'),
    ]),
    metric: z.tuple([
      z.literal('value'),
      z.literal('std_error'),
      z.literal('kept_low'),
      z.literal('kept_high'),
      z.literal('lost'),
      z.literal('gained'),
      z.literal('mcnemar_p'),
    ]),
  })
  .describe('order of the fields of a cell and of a metric');

/** What `columns` says in every file. */
export const COMPACT_COLUMNS: z.infer<typeof columnsSchema> = {
  cell: ['task', 'cell_key', 'wall_ms', 'peak_memory_bytes', 'metrics'],
  metric: ['value', 'std_error', 'kept_low', 'kept_high', 'lost', 'gained', 'mcnemar_p'],
};

const alone = z.tuple([value, std_error]);
const compared = z.tuple([value, std_error, kept_low, kept_high, lost, gained, mcnemar_p]);

const compactCellSchema = z.tuple([
  z.int().nonnegative().describe('task: position in `tasks`, from 0'),
  z
    .string()
    .regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/, 'expected 32 bytes in base64url')
    .describe('cell_key: the sha256 over all that the numbers depend on, in base64url'),
  wall_ms,
  peak_memory_bytes,
  z
    .union([z.array(z.union([compared, alone])).min(1), failedCellSchema.shape.error])
    .describe(
      'metrics in the order of the task, 2 numbers each, or 7 where it is compared with 16 bit item by item; or why there are none',
    ),
]);

/** Cells of one recipe, all of the same size. */
const sharedRecipeSchema = z.strictObject({
  model,
  recipe,
  bits_per_weight: bits_per_weight.nullable().describe('null where every cell failed'),
  size_bytes: size_bytes.nullable(),
  items,
  notes,
  cells: z.array(compactCellSchema).min(1),
});

export const compactRunSchema = z
  .strictObject({
    schema: z.literal(2),
    run: manifestSchema,
    tasks: z.array(sharedTaskSchema),
    columns: columnsSchema,
    recipes: z.array(sharedRecipeSchema),
  })
  .superRefine(({ tasks, recipes }, context) => {
    for (const [r, { cells, bits_per_weight, size_bytes }] of recipes.entries())
      for (const [c, [at, , , , result]] of cells.entries()) {
        const fault = (field: number, message: string) =>
          context.addIssue({ code: 'custom', path: ['recipes', r, 'cells', c, field], message });
        const shared = tasks[at];
        if (shared === undefined) fault(0, `expected a position in tasks, 0 to ${tasks.length - 1}`);
        else if (Array.isArray(result) && result.length !== shared.metrics.length)
          fault(4, `expected ${shared.metrics.length} metrics, as in tasks[${at}]`);
        if (Array.isArray(result) && (bits_per_weight === null || size_bytes === null))
          fault(4, 'expected bits_per_weight and size_bytes of a recipe with finished cells');
      }
  });

/** Run files of either form. */
export const anyRunFileSchema = z.discriminatedUnion('schema', [runFileSchema, compactRunSchema]);

export type CompactRun = z.infer<typeof compactRunSchema>;
export type AnyRunFile = z.infer<typeof anyRunFileSchema>;
export type SharedTask = z.infer<typeof sharedTaskSchema>;
export type SharedRecipe = z.infer<typeof sharedRecipeSchema>;
export type CompactCell = z.infer<typeof compactCellSchema>;
