/**
 * Compact form of published results: `published/<source>.csv` holds one printed number a row and
 * `published/<source>.json` holds, once, every text that its rows repeat. Together they say exactly what the
 * original tidy table said.
 */
import { z } from 'zod';

const cell = z.string().max(2000);
const key = z.string().min(1).max(200);

/** Columns of the original tidy tables, in their order. */
export const ORIGINAL_COLUMNS = [
  'source_id',
  'paper',
  'arxiv',
  'locator',
  'commit',
  'family',
  'model',
  'params_b',
  'method',
  'tensor',
  'w_bits',
  'a_bits',
  'kv_bits',
  'group_size',
  'sparsity',
  'sparsity_pattern',
  'task',
  'category',
  'metric',
  'higher_is_better',
  'shots',
  'context_length',
  'position',
  'value',
  'is_baseline',
  'note',
] as const;

export type OriginalColumn = (typeof ORIGINAL_COLUMNS)[number];
export type OriginalRow = Record<OriginalColumn, string>;

/** Columns of a compact CSV. All but `cell`, `position`, `value` and `note` name entries of the header file. */
export const COMPACT_COLUMNS = [
  'table',
  'model',
  'config',
  'column',
  'cell',
  'position',
  'value',
  'note',
] as const;

export const tableSchema = z.strictObject({ paper: cell, arxiv: cell, locator: cell, commit: cell });
export const labelledModelSchema = z.strictObject({ family: cell, model: cell, params_b: cell });
export const configSchema = z.strictObject({
  method: cell,
  tensor: z.enum(['', 'W', 'WA', 'KV', 'W+KV', 'prune']),
  w_bits: cell,
  a_bits: cell,
  kv_bits: cell,
  group_size: cell,
  sparsity: cell,
  sparsity_pattern: cell,
  is_baseline: z.enum(['0', '1', 'true', 'false']),
});
export const columnSchema = z.strictObject({
  task: cell,
  category: cell,
  metric: cell,
  higher_is_better: z.enum(['0', '1', 'true', 'false']),
  shots: cell,
  context_length: cell,
});

export const headerSchema = z.strictObject({
  source_id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, 'expected a lower-case slug'),
  rows: z.int().positive(),
  tables: z.record(key, tableSchema),
  models: z.record(key, labelledModelSchema),
  configs: z.record(key, configSchema),
  columns: z.record(key, columnSchema),
  notes: z.record(key, cell).describe('parts of notes that recur; a row refers to one as ~key'),
});

/** `published/files.json`: the original tables, so that a reader can check that nothing was lost. */
export const filesSchema = z.array(
  z.strictObject({
    file: key,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    columns: z.array(z.enum(ORIGINAL_COLUMNS)),
    rows: z.int().positive(),
    order: z
      .array(z.tuple([key, z.int().positive()]))
      .describe('sources in file order, each with how many of its rows follow'),
  }),
);

export type Header = z.infer<typeof headerSchema>;
export type OriginalFile = z.infer<typeof filesSchema>[number];
