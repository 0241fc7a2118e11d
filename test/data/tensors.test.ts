/** Tensor statistics from their files to their views, with sums worked by hand. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../data/database/problems.ts';
import { buildDatabase, ensureDatabase } from '../../data/db.ts';
import type { BitlossError } from '../../data/errors.ts';
import type { TensorRow } from '../../data/tensor-schema.ts';
import { readView, VIEW_ROWS } from '../../data/views.ts';
import { dataFolder, openForTest, runFile } from './data-folder.ts';
import { tensorFile } from './tensor-file.ts';

const ROWS: readonly TensorRow[] = [
  [0, 'layers.0.q', 'weight', 100, 0.5, 0.25, 3, 4],
  [0, 'layers.0.down', 'weight', 300, 1, 0.1, 9, 30],
  [1, 'layers.1.q', 'weight', 100, 0, 0, null, null],
  [0, 'layers.0.q', 'activation', 6400, 20, 2, 5, null],
  [0, 'layers.0.k', 'key', 6400, 8, 2, 2.5, null],
];

async function open(files: Readonly<Record<string, object>>) {
  const texts = Object.entries(files).map(([name, file]) => [name, JSON.stringify(file, null, 1)]);
  const root = dataFolder({ files: Object.fromEntries(texts) });
  await buildDatabase({ root });
  return { root, database: await openForTest(join(root, 'bitloss.duckdb')) };
}

describe('statistics of one model', () => {
  it('come from the file as they are, with the peak and the extreme of each layer', async () => {
    const { database } = await open({ 'tensors/bitloss/bitloss-llama-3m.json': tensorFile({ rows: ROWS }) });
    const rows = await readView(database, 'tensor_profile');
    expect(rows).toHaveLength(ROWS.length);
    for (const row of rows) VIEW_ROWS.tensor_profile.parse(row);
    const weights = rows.filter(({ tensor }) => tensor === 'weight');
    expect(weights.map(({ linear, peak, is_extreme }) => [linear, peak, is_extreme])).toEqual([
      ['layers.0.down', 10, true],
      ['layers.0.q', 2, false],
      ['layers.1.q', null, false],
    ]);
    expect(weights[0]).toMatchObject({ owner: 'bitloss', count: 300, channel_kurtosis: 30, family: 'llama' });
  });

  it('are summed up over layers and linears, each tensor once', async () => {
    const { database } = await open({ 'tensors/bitloss/bitloss-llama-3m.json': tensorFile({ rows: ROWS }) });
    const summary = await readView(database, 'tensor_summary');
    for (const row of summary) VIEW_ROWS.tensor_summary.parse(row);
    expect(summary.map(({ tensor }) => tensor)).toEqual(['activation', 'key', 'weight']);
    expect(summary.at(-1)).toMatchObject({
      n_tensors: 3,
      n_layers: 2,
      // (3 + 9) / 2: the constant tensor has no kurtosis.
      kurtosis_mean: 6,
      kurtosis_max: 9,
      peak_mean: 6,
      peak_max: 10,
      abs_max_max: 1,
      channel_kurtosis_max: 30,
      worst_layer: 0,
      worst_linear: 'layers.0.down',
    });
    expect(summary.at(-1)!.std_mean).toBeCloseTo(0.35 / 3, 12);
  });

  it('are read again when a file comes or changes; of several files the newest counts', async () => {
    const old = tensorFile({ rows: ROWS, created_at: '2026-01-01T00:00:00.000Z' });
    const { root, database } = await open({ 'tensors/someone/bitloss-llama-3m.json': old });
    database.close();
    expect(await ensureDatabase({ root })).toBeNull();
    const files = {
      'tensors/someone/bitloss-llama-3m.json': old,
      'local/tensors/bitloss-llama-3m.json': tensorFile({
        rows: ROWS.slice(0, 1),
        created_at: '2026-02-01T00:00:00.000Z',
      }),
      'tensors/bitloss/bitloss-llama-3m.json': tensorFile({
        rows: ROWS.slice(0, 2),
        created_at: '2026-01-02T00:00:00.000Z',
      }),
    };
    const newer = await open(files);
    const rows = await readView(newer.database, 'tensor_profile');
    expect(rows.map(({ owner }) => owner)).toEqual(['local']);
  });
});

describe('faults of files', () => {
  it('are told all at once, with line, field and what to do', async () => {
    const faulty = tensorFile({
      rows: [
        [0, 'layers.0.q', 'weight', 100, 0.6, 0.7, 3, 4],
        [0, 'layers.0.q', 'weight', 100, 0.6, 0.2, 3, 4],
        [0, 'layers.0.k', 'key', 100, 0.6, 0.2, 3, 4],
      ],
    });
    const unreadable = {
      ...tensorFile({ rows: [[0, 'q', 'weights' as 'weight', 1, 1, 1, 0.5, null]] }),
      more: 1,
    };
    const root = dataFolder({
      files: {
        'tensors/me/other.json': JSON.stringify(faulty, null, 1),
        'tensors/me/bitloss-llama-3m.json': JSON.stringify(unreadable, null, 1),
      },
    });
    const error = (await buildDatabase({ root }).catch((cause: unknown) => cause)) as BitlossError;
    expect(error.code).toBe('data/malformed');
    const problems = error.details['problems'] as Problem[];
    expect(
      problems.map(({ file, field, fix }) => `${file.slice(11)} ${field}: ${fix}`),
    ).toMatchInlineSnapshot(`
      [
        "bitloss-llama-3m.json rows[0][2]: Invalid option: expected one of "weight"|"activation"|"key"|"value".",
        "bitloss-llama-3m.json rows[0][6]: Too small: expected number to be >=0.999.",
        "bitloss-llama-3m.json more: This field is not known; remove it.",
        "other.json measured.model.id: Name the file bitloss-llama-3m.json, as the model.",
        "other.json rows[0][5]: std cannot be larger than abs_max, 0.6.",
        "other.json rows[1]: The tensor stands twice; keep one.",
        "other.json rows[2][7]: Only weights have channel_kurtosis; write null.",
      ]
    `);
    expect(problems.every(({ line }) => line !== null && line > 1)).toBe(true);
  });
});

describe('sensitivity', () => {
  const recipes = (id: string, kept: Readonly<Record<string, number>>) => {
    // Chance is 0.25 and the baseline 0.65: kept 0.5 is a score of 0.45.
    const cells = Object.entries({ fp16: 1, ...kept }).map(([recipe, share]) => ({
      recipe,
      salt: id,
      metrics: [{ value: 0.25 + 0.4 * share }],
    }));
    const file = runFile(`run-${id}`, cells);
    const [model] = file.run.models;
    return {
      ...file,
      run: { ...file.run, models: [{ ...model, id }] },
      cells: file.cells.map((cell) => ({ ...cell, model: id })),
    };
  };
  const kurtoses = (id: string, weight: number, activation: number): [string, object] => [
    `tensors/bitloss/${id}.json`,
    tensorFile({
      model: id,
      rows: [
        [0, 'q', 'weight', 100, 1, 0.2, weight, null],
        [0, 'q', 'activation', 100, 1, 0.2, activation, null],
      ],
    }),
  ];

  it('pairs kurtosis with what four bits of the same kind of tensor cost, and ranks', async () => {
    const kept = (w: number, a8: number, a4: number) => ({
      'rtn-w4g64': w,
      'rtn-w4g128': 0.1,
      'rtn-w4g64a8': a8,
      'rtn-w4g64a4': a4,
      'gptq-w4g64': 0.99,
    });
    const { database } = await open({
      'results/bitloss/a.json': recipes('a', kept(0.9, 0.85, 0.8)),
      'results/bitloss/b.json': recipes('b', kept(0.8, 0.8, 0.4)),
      'results/bitloss/c.json': recipes('c', kept(0.7, 0.7, 0.5)),
      ...Object.fromEntries([
        kurtoses('a', 3, 10),
        kurtoses('b', 4, 20),
        kurtoses('c', 9, 15),
        kurtoses('d', 5, 5),
      ]),
    });
    const rows = await readView(database, 'tensor_sensitivity');
    const short = rows.map(({ tensor, model_id, recipe_id, loss, kurtosis_mean }) => [
      tensor,
      model_id,
      recipe_id,
      Number(loss.toFixed(9)),
      kurtosis_mean,
    ]);
    expect(short).toEqual([
      ['activation', 'a', 'rtn-w4g64a4', 0.05, 10],
      ['activation', 'b', 'rtn-w4g64a4', 0.4, 20],
      ['activation', 'c', 'rtn-w4g64a4', 0.2, 15],
      ['weight', 'a', 'rtn-w4g64', 0.1, 3],
      ['weight', 'b', 'rtn-w4g64', 0.2, 4],
      ['weight', 'c', 'rtn-w4g64', 0.3, 9],
    ]);
    for (const row of rows) {
      const { rank_correlation, n_models } = VIEW_ROWS.tensor_sensitivity.parse(row);
      expect(rank_correlation).toBeCloseTo(1, 12);
      expect(n_models).toBe(3);
    }
  });

  it('has no correlation of two models', async () => {
    const { database } = await open({
      'results/bitloss/a.json': recipes('a', { 'rtn-kv4': 0.9 }),
      'results/bitloss/b.json': recipes('b', { 'rtn-kv4': 0.8, 'rtn-w4': 0.8 }),
      ...Object.fromEntries([kurtoses('a', 3, 10), kurtoses('b', 4, 20)]),
    });
    const rows = await readView(database, 'tensor_sensitivity');
    // Neither model has rows of keys or values here.
    expect(
      rows.map(({ model_id, tensor, rank_correlation }) => [model_id, tensor, rank_correlation]),
    ).toEqual([['b', 'weight', null]]);
  });
});
