/**
 * Rows that somebody measured with other tools, or with a method that does not run here: `results/<handle>/<name>.claim.json`.
 * They enter the board as submitted and stay `claimed`: nothing in the repository can compute them again.
 */
import { z } from 'zod';
import { fileSchema, metricSchema, pairedSchema } from './schema.ts';

const slug = z.string().regex(/^[a-z0-9][a-z0-9.+_-]*$/, 'expected a lower-case slug');
const text = z.string().min(1).max(2000);
/** Pages link to these: only addresses that a click may follow. */
const link = z.url({ protocol: /^https?$/ }).max(500);
const BASELINE = 'fp16';

export const provenanceSchema = z.strictObject({
  tool: text.describe('what measured, such as lm-evaluation-harness'),
  version: text.nullable().describe('of the tool, as it says; null where it does not'),
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,40}$/)
    .nullable()
    .describe('of the tool'),
  command: z.string().min(1).max(20_000).nullable().describe('that made the output'),
  url: link.describe('where code, weights or raw output of the result can be had'),
  date: z.iso.date().describe('of the measurement'),
  machine: text.nullable().describe('processor or GPU'),
  outputs: z.array(fileSchema).min(1).max(200).describe('raw output that the rows were read from'),
  notes: z.array(text).max(20).describe('what a reader has to know, such as a changed prompt'),
});

/** One number. `settings` of a task are part of the question: rows with others are never compared. */
export const claimedRowSchema = z.strictObject({
  model: slug.describe('of models.json'),
  recipe: text.describe('canonical recipe id; its method is in methods.json'),
  bits_per_weight: z.number().positive().max(64).nullable().describe('stored bits; null where not known'),
  size_bytes: z.int().positive().nullable().describe('the whole model'),
  task: slug.describe('of tasks.json'),
  metric: metricSchema.shape.metric,
  unit: z.enum([...metricSchema.shape.unit.options, 'seconds', 'tokens/s', 'megabytes']),
  shots: z.int().nonnegative().max(1000).nullable(),
  context: z.int().positive().nullable().describe('tokens of a window, where it is part of the question'),
  value: metricSchema.shape.value,
  std_error: metricSchema.shape.std_error,
  n: z.int().positive().nullable().describe('items'),
  paired: pairedSchema.nullable().describe('against 16 bit on the same items, where the tool stores each'),
});

type Row = z.infer<typeof claimedRowSchema>;

export const claimedFileSchema = z
  .strictObject({
    schema: z.literal(1),
    name: slug.describe('begins the name of the file; 12 digits of the content follow'),
    provenance: provenanceSchema,
    rows: z.array(claimedRowSchema).min(2).max(5000),
  })
  .superRefine(({ rows }, context) => {
    const places = new Map<string, number>();
    for (const [index, row] of rows.entries()) {
      const twin = places.get(rowKey(row));
      const fault = (field: keyof Row, message: string) =>
        context.addIssue({ code: 'custom', path: ['rows', index, field], message });
      if (twin !== undefined) fault('task', `rows[${twin}] says the same; keep one`);
      else places.set(rowKey(row), index);
      if (row.unit === 'fraction' && (row.value < 0 || row.value > 1))
        fault('value', 'A fraction lies between 0 and 1');
      if (row.unit === 'perplexity' && row.value < 1) fault('value', 'A perplexity is at least 1');
    }
    for (const [index, row] of rows.entries())
      if (!places.has(rowKey({ ...row, recipe: BASELINE })))
        context.addIssue({
          code: 'custom',
          path: ['rows', index, 'recipe'],
          message: `Add the ${BASELINE} row of ${row.model} on ${row.task} ${row.metric}, measured the same way`,
        });
  });

/** What a row and the 16-bit row it is compared with have in common. */
export function questionKey({ model, task, metric, unit, shots, context }: Row): string {
  return JSON.stringify([model, task, metric, unit, shots, context]);
}

function rowKey(row: Row): string {
  return `${row.recipe} ${questionKey(row)}`;
}

export type ClaimedFile = z.infer<typeof claimedFileSchema>;
export type ClaimedRow = Row;
export type Provenance = z.infer<typeof provenanceSchema>;
