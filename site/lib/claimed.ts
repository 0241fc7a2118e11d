/** Files of claimed rows as their pages show them: where the numbers come from, and every one of them. */
import type { z } from 'zod';
import { provenanceSchema } from '../../data/claimed-schema.ts';
import { select } from './db.ts';
import { once } from './once.ts';

export interface ClaimedFile {
  /** Name of the file without its ending. */
  readonly subject: string;
  readonly owner: string;
  readonly tool: string;
  readonly version: string | null;
  readonly commit: string | null;
  readonly command: string | null;
  readonly url: string;
  readonly date: string;
  readonly machine: string | null;
  readonly notes: string | null;
  /** JSON. */
  readonly outputs: string;
}

export interface ClaimedRow {
  readonly row_id: string;
  readonly locator: string;
  readonly model_id: string;
  readonly recipe_id: string;
  readonly task_id: string;
  readonly task_title: string;
  readonly metric: string | null;
  readonly unit: string;
  readonly value: number;
  readonly std_error: number | null;
  readonly n: number | null;
  readonly kept: number | null;
  readonly doubt: string | null;
}

const outputsSchema = provenanceSchema.shape.outputs;

/** In the order of their names. */
export const claimedFiles = once(() =>
  select<ClaimedFile>(`
    SELECT subject, owner, tool, version, commit, command, url, date::VARCHAR AS date, machine, notes, outputs
    FROM claimed_file ORDER BY subject`),
);

/** Rows of the board by the file that they stand in. */
export const claimedRows = once(async () => {
  const rows = await select<ClaimedRow>(`
    SELECT row_id, locator, model_id, recipe_id, task_id, task_title, metric, unit, value, std_error, n, kept,
      suspect_reason AS doubt
    FROM board WHERE locator LIKE '%.claim.json' ORDER BY model_id, task_id, metric, recipe_id <> 'fp16', recipe_id`);
  return Map.groupBy(rows, ({ locator }) =>
    locator
      .split('/')
      .at(-1)!
      .replace(/\.claim\.json$/, ''),
  );
});

/** Raw output that the rows were read from, by content. */
export function outputsOf({ outputs }: Pick<ClaimedFile, 'outputs'>): z.infer<typeof outputsSchema> {
  return outputsSchema.parse(JSON.parse(outputs));
}
