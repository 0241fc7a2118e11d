/** Catalogues are complete, agree with the pipeline's plug-ins, and their generated forms are fresh. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compactRun } from '../../data/compact-run.ts';
import { anyRunFileSchema } from '../../data/compact-run-schema.ts';
import { readCatalogues } from '../../data/database/catalogues.ts';
import { Problems } from '../../data/database/problems.ts';
import { recipeColumns } from '../../data/recipe-columns.ts';
import { runFileSchema } from '../../data/schema.ts';
import { families } from '../../eval/families/index.ts';
import { methods } from '../../eval/methods/index.ts';
import { tasks } from '../../eval/tasks/index.ts';
import { generatedFiles } from '../../scripts/catalog.ts';
import { DATA, runFile } from './data-folder.ts';

const problems = new Problems();
const catalogues = readCatalogues(DATA, problems);

describe('catalogues', () => {
  it('have no faults', () => problems.throwIfAny());

  it('hold the shipped model', () => {
    expect(catalogues.models.get('bitloss-llama-3m')).toMatchObject({ family: 'llama', kind: 'base' });
  });

  it.each(Object.values(tasks).map((task) => [task.id, task] as const))(
    'describe the task %s as it is',
    (id, task) => {
      const entry = catalogues.tasks.get(id)!;
      expect(entry).toMatchObject({ ability: task.ability, chance: task.chance, role: 'task' });
      const [metric] = task.metrics;
      expect([entry.unit, entry.higher_is_better]).toEqual([metric.unit, metric.higherIsBetter]);
    },
  );

  it('describe every method and family of the pipeline', () => {
    expect(Object.keys(methods).filter((id) => !catalogues.methods.has(id))).toEqual([]);
    const known = new Set([...catalogues.models.values()].map((model) => model.family));
    expect(Object.keys(families).filter((id) => !known.has(id))).toEqual([]);
  });

  it('say for every task how kept is computed, or why not', () => {
    for (const task of catalogues.tasks.values()) {
      expect(task.shown_because === null, task.id).toBe(task.kind !== 'shown-only');
      if (task.kind === 'accuracy')
        expect([task.unit, typeof task.chance], task.id).toEqual(['fraction', 'number']);
      if (task.kind === 'judge') expect([task.unit, typeof task.floor], task.id).toEqual(['score', 'number']);
      expect(task.higher_is_better, task.id).toBe(task.kind === 'perplexity' ? false : task.higher_is_better);
    }
  });
});

describe('generated files', () => {
  it.each([...generatedFiles()])('%s is fresh (else: node scripts/catalog.ts)', (name, text) => {
    expect(readFileSync(join(DATA, name), 'utf8')).toBe(text);
  });
});

describe('the schema of run files', () => {
  const good = runFile('a', [
    { recipe: 'fp16', metrics: [{ value: 0.5 }] },
    { recipe: 'rtn-w2', error: { code: 'x', message: 'y' } },
  ]);

  it('takes a run with a finished and a failed cell', () => {
    expect(runFileSchema.parse(good)).toEqual(good);
  });

  it.each<[string, (file: typeof good) => unknown]>([
    ['an unknown field', (file) => ({ ...file, extra: 1 })],
    [
      'a cell that both finished and failed',
      (file) => ({ ...file, cells: [{ ...file.cells[0], error: { code: 'x', message: 'y' } }] }),
    ],
    ['a cell that did neither', (file) => ({ ...file, cells: [{ ...file.cells[1], error: undefined }] })],
    [
      'a value that is not a number',
      (file) => ({ ...file, cells: [{ ...file.cells[0], metrics: [{ metric: 'acc', value: Number.NaN }] }] }),
    ],
    ['a hash in capitals', (file) => ({ ...file, cells: [{ ...file.cells[0], cell_key: 'A'.repeat(64) }] })],
    ['a run without models', (file) => ({ ...file, run: { ...file.run, models: [] } })],
  ])('refuses %s', (_name, spoil) => {
    expect(runFileSchema.safeParse(spoil(structuredClone(good))).success).toBe(false);
  });

  it('is what the JSON Schema says', () => {
    const schema = z.fromJSONSchema(JSON.parse(readFileSync(join(DATA, 'schema/run.schema.json'), 'utf8')));
    for (const form of [good, compactRun(good)]) {
      expect(anyRunFileSchema.safeParse(form).success).toBe(true);
      expect(schema.safeParse(form).success).toBe(true);
      expect(schema.safeParse({ ...form, schema: 3 - form.schema }).success).toBe(false);
      expect(schema.safeParse({ ...form, schema: 3 }).success).toBe(false);
    }
  });
});

describe('recipe columns', () => {
  it.each([
    ['gptq-w4g128', 4],
    ['rtn-kv4', null],
    ['wanda-s50', null],
    ['sparsegpt-w4g128-s50', 3],
    ['sparsegpt-w3g128-2:4', 2.5],
  ])('%s has %s bits in papers', (id, bits) => expect(recipeColumns(id).paper_bits).toBe(bits));

  const columns = (id: string) => {
    const { tensor, w_bits, a_bits, kv_bits, group_size, sparsity, sparsity_pattern } = recipeColumns(id);
    return [tensor, w_bits, a_bits, kv_bits, group_size, sparsity, sparsity_pattern];
  };
  it.each<[string, unknown[]]>([
    ['fp16', ['none', null, null, null, null, null, null]],
    ['gptq-w3g128-actorder', ['W', 3, null, null, 128, null, null]],
    ['smoothquant-w8a8', ['WA', 8, 8, null, -1, null, null]],
    ['rtn-kv4g64', ['KV', null, null, 4, 64, null, null]],
    ['rtn-w4gxkv8', ['W+KV', 4, null, 8, null, null, null]],
    ['rtn-w4a8kv4', ['WA', 4, 8, 4, -1, null, null]],
    ['wanda-2:4', ['prune', null, null, null, null, 0.5, '2:4']],
    ['sparsegpt-s46.16', ['prune', null, null, null, null, 0.4616, null]],
  ])('of %s', (id, wanted) => {
    expect(columns(id)).toEqual(wanted);
  });
});
