/** The shape of `bench/<gpu>/<name>.json`: times of one benchmark on one GPU, beside what they are compared with. */
import { z } from 'zod';
import { manifestSchema } from './schema.ts';

const positive = z.number().positive();
const text = z.string().min(1).max(400);
const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);

/** Rates count `amount` a second; `s` is `amount` times the time of one repeat; `bytes` are counted, not timed. */
export const BENCH_UNITS = ['tokens/s', 'B/s', 'FLOP/s', 's', 'bytes'] as const;

const timesSchema = z.strictObject({
  label: text.nullable().describe('what ran, where it is not the project itself'),
  amount: positive.describe('work of one repeat in the unit of the row; for `s`, repeats in the whole'),
  device_ms: z.array(positive).min(1).nullable().describe('by events on the stream, one a repeat'),
  wall_ms: z.array(positive).min(1).describe('until the host had the result, one a repeat'),
  warm_ups: z.int().nonnegative(),
});
const countSchema = z.strictObject({ label: text.nullable(), count: positive });
const absentSchema = z.strictObject({ not_measured: text.describe('why, as a full sentence') });

export const measurementSchema = z.union([timesSchema, countSchema, absentSchema]);

export const benchRowSchema = z.strictObject({
  case: text,
  unit: z.enum(BENCH_UNITS),
  clock: z.enum(['device', 'wall']).describe('which times the value is made of'),
  ours: measurementSchema,
  compared: measurementSchema.nullable().describe('the peer, or the same work done otherwise'),
  limit: z
    .strictObject({ value: positive, how: text })
    .nullable()
    .describe('what the hardware allows, in the unit, from rates measured in the same run'),
  required: z
    .strictObject({
      of: z.enum(['value', 'ratio']),
      at_least: positive.optional(),
      at_most: positive.optional(),
    })
    .refine(
      (rule) => (rule.at_least === undefined) !== (rule.at_most === undefined),
      'one of at_least, at_most',
    )
    .nullable(),
  note: text.nullable(),
});

const stateSchema = z.strictObject({
  sm_mhz: z.number().nonnegative(),
  memory_mhz: z.number().nonnegative(),
  temperature_c: z.number().nullable(),
  power_w: z.number().nullable(),
});

const { created_at, command, code_commit, code_dirty, machine } = manifestSchema.shape;

export const benchFileSchema = z.strictObject({
  schema: z.literal(1),
  name: slug,
  title: text,
  created_at,
  command,
  code_commit,
  code_dirty,
  machine,
  kernels: text.nullable().describe('hash of the kernel library, null where it did not run'),
  peer: z.record(z.string(), text).nullable().describe('versions of what the peers run on'),
  clocks: z.strictObject({ before: stateSchema, after: stateSchema }),
  rates: z
    .strictObject({ copy_bytes_per_second: positive, matmul_flops_per_second: positive })
    .nullable()
    .describe(
      'read plus written by a large copy on the device; bf16 product of 8192³; the faster of the project and its peer',
    ),
  rows: z.array(benchRowSchema).min(1),
});

export type BenchFile = z.infer<typeof benchFileSchema>;
export type BenchRow = z.infer<typeof benchRowSchema>;
export type Measurement = z.infer<typeof measurementSchema>;
export type Times = z.infer<typeof timesSchema>;
export type GpuState = z.infer<typeof stateSchema>;
export type Rates = NonNullable<BenchFile['rates']>;
