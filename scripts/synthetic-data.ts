/**
 * `node scripts/synthetic-data.ts DIR [--rows 100000] [--seed 1]`: a data folder of made-up runs over the real catalogues,
 * for measuring the site at any size: `BITLOSS_SITE_DATA=DIR BITLOSS_OUT=… pnpm build`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { methodSchema, modelSchema, taskSchema } from '../data/catalog-schema.ts';
import { formatCompactRun } from '../data/compact-run.ts';
import { syntheticRuns } from './synthetic/runs.ts';

const DATA = resolve(import.meta.dirname, '../data');
const read = <T>(name: string, schema: z.ZodType<T>) =>
  z.array(schema).parse(JSON.parse(readFileSync(join(DATA, name), 'utf8')));

/** Writes the folder, which must not exist. */
export function writeSyntheticData(folder: string, rows: number, seed: number): void {
  if (existsSync(folder))
    throw new Error(`[synthetic] ${folder} is there already; name a folder that is not, or remove it.`);
  const runs = join(folder, 'results/bitloss');
  mkdirSync(runs, { recursive: true });
  for (const name of readdirSync(DATA))
    if (name.endsWith('.json') || name === 'labels') symlinkSync(join(DATA, name), join(folder, name));
  const catalogue = {
    models: read('models.json', modelSchema),
    methods: read('methods.json', methodSchema),
    tasks: read('tasks.json', taskSchema),
  };
  for (const run of syntheticRuns(catalogue, rows, seed))
    writeFileSync(join(runs, `${run.run.run_id}.json`), formatCompactRun(run));
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rows: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error('[synthetic] name the folder to write, as the first argument.');
  writeSyntheticData(folder, Number(values.rows), Number(values.seed));
}
