/** What a block file says about itself: the report and layout of every packed linear, and which tensors it replaces. */
import { z } from 'zod';
import type { CompressedLinear } from './block-file.ts';
import type { ReplacedTensor } from './rescaling.ts';

const size = z.int().nonnegative();

export const blockDescription = z.strictObject({
  schema: z.literal(1),
  recipe: z.string(),
  linears: z.array(
    z.strictObject({
      report: z.strictObject({
        name: z.string(),
        packedBytes: size,
        relativeError: z.number(),
        hessianLoss: z.number().nullable(),
        notes: z.array(z.string()),
      }),
      format: z.string(),
      N: size,
      K: size,
      attributes: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
      buffers: z.record(
        z.string(),
        z.strictObject({ dtype: z.enum(['U8', 'U16', 'I16', 'F16', 'BF16', 'F32']), shape: z.array(size) }),
      ),
    }),
  ),
  /** Stored in float32. */
  tensors: z.array(z.strictObject({ name: z.string(), shape: z.array(size) })).default([]),
});

export type BlockDescription = z.infer<typeof blockDescription>;
export type LinearDescription = BlockDescription['linears'][number];

export function describeBlock(
  recipe: string,
  linears: readonly CompressedLinear[],
  tensors: ReadonlyMap<string, ReplacedTensor>,
): BlockDescription {
  return {
    schema: 1,
    recipe,
    linears: linears.map(describeLinear),
    tensors: [...tensors].map(([name, { shape }]) => ({ name, shape: [...shape] })),
  };
}

function describeLinear({ report, packed }: CompressedLinear): LinearDescription {
  const { format, N, K, attributes, buffers } = packed;
  const shapes = Object.entries(buffers).map(([name, { dtype, shape }]) => [
    name,
    { dtype, shape: [...shape] },
  ]);
  return {
    report: { ...report, notes: [...report.notes] },
    format,
    N,
    K,
    attributes: { ...attributes },
    buffers: Object.fromEntries(shapes),
  };
}
