/** The shape of `tensors/<who>/<model>.json`: how the numbers in a model's tensors are spread, layer by layer. */
import { z } from 'zod';
import { calibrationSchema, manifestSchema, modelManifestSchema } from './schema.ts';

export const TENSOR_KINDS = ['weight', 'activation', 'key', 'value'] as const;

const size = z.number().nonnegative();

export const tensorRowSchema = z.tuple([
  z.int().nonnegative().describe('layer: number of the block, from 0'),
  z
    .string()
    .min(1)
    .max(200)
    .describe(
      'linear: whose weight, or whose input; for keys and values, the one that makes them. `*` stands for all experts of a block. Linears that read the same input are named by the first of them',
    ),
  z.enum(TENSOR_KINDS),
  z.int().positive().describe('count: of numbers'),
  size.describe('abs_max: the largest absolute value'),
  size.describe('std: √(mean((x − mean)²))'),
  z
    .number()
    .min(0.999)
    .nullable()
    .describe('kurtosis: mean(((x − mean)/std)⁴), 3 for a normal distribution; null where std is 0'),
  z
    .number()
    .min(0.999)
    .nullable()
    .describe('channel_kurtosis: the largest of all rows of a weight; null for other tensors'),
]);

const columnsSchema = z.tuple([
  z.literal('layer'),
  z.literal('linear'),
  z.literal('tensor'),
  z.literal('count'),
  z.literal('abs_max'),
  z.literal('std'),
  z.literal('kurtosis'),
  z.literal('channel_kurtosis'),
]);

/** Order of the fields of a row. */
export const TENSOR_COLUMNS = [
  'layer',
  'linear',
  'tensor',
  'count',
  'abs_max',
  'std',
  'kurtosis',
  'channel_kurtosis',
] as const satisfies z.infer<typeof columnsSchema>;

/** What activations, keys and values were measured on; every token counts once. */
export const tensorTextSchema = calibrationSchema.omit({ mode: true });

const { created_at, command, code_commit, code_dirty, engine } = manifestSchema.shape;

export const tensorFileSchema = z.strictObject({
  schema: z.literal(1),
  measured: z.strictObject({
    created_at,
    command,
    code_commit,
    code_dirty,
    engine: engine.omit({ settings: true }),
    model: modelManifestSchema,
    text: tensorTextSchema,
    tokens: z.int().positive(),
    wall_ms: z.int().nonnegative(),
    notes: z.array(z.string().min(1).max(2000)).describe('such as that the model keeps no keys and values'),
  }),
  columns: columnsSchema,
  rows: z.array(tensorRowSchema).min(1),
});

export type TensorFile = z.infer<typeof tensorFileSchema>;
export type TensorRow = z.infer<typeof tensorRowSchema>;
export type TensorKind = (typeof TENSOR_KINDS)[number];
