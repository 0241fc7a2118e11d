/** Writes what is generated from code: data/schema/*.schema.json and data/catalog.json (`node scripts/catalog.ts`). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { FILE_SCHEMAS } from '../data/file-schemas.ts';
import { families } from '../eval/families/index.ts';
import { formats } from '../eval/formats/index.ts';
import { methods } from '../eval/methods/index.ts';
import { metrics } from '../eval/metrics/index.ts';
import { tasks } from '../eval/tasks/index.ts';

/** File below data/ → content. */
export function generatedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, schema] of Object.entries(FILE_SCHEMAS))
    files.set(`schema/${name}.schema.json`, json(z.toJSONSchema(schema, { io: 'input' })));
  files.set('catalog.json', json(plugIns()));
  return files;
}

/** What pages and other tools need to know about the pipeline without running it. */
function plugIns() {
  return {
    methods: Object.values(methods).map(({ id, title, paper, deviations, needs, settings }) => {
      return { id, title, paper, deviations, needs, settings: z.toJSONSchema(settings, { io: 'input' }) };
    }),
    formats: Object.values(formats).map(({ id, title }) => ({ id, title })),
    families: Object.values(families).map(({ id, title, architectureClass }) => ({
      id,
      title,
      architectureClass,
    })),
    metrics: Object.values(metrics).map(({ id, title, unit, higherIsBetter, definition }) => {
      return { id, title, unit, higherIsBetter, definition };
    }),
    tasks: Object.values(tasks).map((task) => {
      const { id, title, version, ability, kind, chance, protocol, paper, dataset, settings } = task;
      const named = {
        dataset: dataset.id,
        origin: dataset.origin,
        metrics: task.metrics.map((metric) => metric.id),
      };
      const fields = z.toJSONSchema(settings, { io: 'input' });
      return { id, title, version, ability, kind, chance, protocol, paper, ...named, settings: fields };
    }),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (import.meta.main) {
  const target = join(import.meta.dirname, '..', 'data');
  for (const [name, text] of generatedFiles()) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    writeFileSync(join(target, name), text);
  }
}
