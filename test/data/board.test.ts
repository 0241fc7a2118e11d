/** The board over everything published: baselines and kept of concrete cells, worked by hand from the papers' tables. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDatabase, type Database, openDatabase } from '../../data/db.ts';
import { type BoardRow, readView, VIEW_ROWS, type ViewName } from '../../data/views.ts';
import { dataFolder } from './data-folder.ts';

let database: Database;
let board: BoardRow[];

beforeAll(async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'bitloss-board-')), 'bitloss.duckdb');
  const report = await buildDatabase({ root: dataFolder({ published: true }), path });
  console.log(`database of ${report.reported} published rows built in ${report.wall_ms} ms`);
  database = await openDatabase(path, { readOnly: true });
  board = await readView(database, 'board');
}, 60_000);

afterAll(() => database.close());

/** The one row that fits. */
function find(wanted: Partial<BoardRow>): BoardRow {
  const rows = board.filter((row) =>
    Object.entries(wanted).every(([column, value]) => row[column as keyof BoardRow] === value),
  );
  if (rows.length !== 1) throw new Error(`${rows.length} rows fit ${JSON.stringify(wanted)}`);
  return rows[0];
}

const byId = (id: string | null) => find({ row_id: id! });

describe('every view', () => {
  // No publication prints statistics of tensors; `tensors.test.ts` has their views.
  const views = (Object.keys(VIEW_ROWS) as ViewName[]).filter((view) => !view.startsWith('tensor_'));
  it.each(views)('%s has rows of its type', async (view) => {
    const rows = await readView(database, view);
    // What only runs have: `recipe-rank.test.ts`, `run-change.test.ts` and `trust.test.ts` fill them.
    if (!['trust', 'recipe_rank', 'run_change'].includes(view)) expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) VIEW_ROWS[view].parse(row);
  });

  it('has unique row ids', () => {
    expect(new Set(board.map((row) => row.row_id)).size).toBe(16_134);
  });
});

describe('LLaMA-3-8B, RTN at 2 bits, group 128 (arXiv 2404.14047, Table of 8B)', () => {
  const cell = { source_id: 'huang2024-llama3', model_id: 'llama-3-8b', recipe_id: 'rtn-w2g128' } as const;

  it('keeps 6.1 / 1900 of the probability on WikiText-2', () => {
    const row = find({ ...cell, task_id: 'wikitext2' });
    expect(row).toMatchObject({ value: 1900, printed: '1.9E3', unit: 'perplexity', context_length: '2048' });
    expect(row).toMatchObject({ tensor: 'W', w_bits: 2, group_size: 128, bits: 2, bits_is_nominal: true });
    expect(row.baseline_value).toBe(6.1);
    expect(row.kept).toBeCloseTo(0.0032105, 7);
    expect(row.loss_points).toBeCloseTo(1893.9, 6);
    expect(byId(row.baseline_row_id)).toMatchObject({
      is_baseline: true,
      recipe_id: 'fp16',
      kept: 1,
      loss_points: 0,
    });
    expect(row.source_url).toBe(
      'https://github.com/Macaronlin/LLaMA3-Quantization/blob/3d3efe901763996cd293ca027dff04d23985060c/images/result_ptq_1.png',
    );
  });

  it('keeps (0.531 − 0.5) / (0.799 − 0.5) of PIQA, and no interval is known', () => {
    const row = find({ ...cell, task_id: 'piqa' });
    expect(row).toMatchObject({
      value: 0.531,
      baseline_value: 0.799,
      chance: 0.5,
      shots: 0,
      metric: 'acc',
      n: null,
    });
    expect(row.kept).toBeCloseTo(0.10368, 5);
    expect(row.loss_points).toBeCloseTo(26.8, 6);
    expect([row.kept_low, row.kept_high]).toEqual([null, null]);
  });

  it('is below chance on ARC challenge: 0, with a mark', () => {
    expect(find({ ...cell, task_id: 'arc-challenge' })).toMatchObject({ kept: 0, kept_note: 'below chance' });
  });

  it('keeps (36.0 − 35) / (68.6 − 35) of the printed average', () => {
    expect(find({ ...cell, task_id: 'average-5-commonsense' }).kept).toBeCloseTo(0.029762, 6);
  });

  it('keeps, over abilities, the mean of language modelling and understanding without the average', async () => {
    const kept = (await readView(database, 'recipe_kept')).find(
      (row) =>
        row.source_id === cell.source_id &&
        row.model_id === cell.model_id &&
        row.recipe_id === cell.recipe_id,
    );
    const modelling = (6.1 / 1900 + 9.2 / 25000 + 10.6 / 18000) / 3;
    const understanding = (3.1 / 29.9 + 0 + 0 + 1.9 / 35.2 + 3.1 / 22.8) / 5;
    expect(kept).toMatchObject({ n_abilities: 2, n_tasks: 8, n_values: 8 });
    expect(kept!.kept).toBeCloseTo((modelling + understanding) / 2, 9);
    expect(kept!.loss).toBeCloseTo(1 - kept!.kept, 12);
  });
});

describe('Qllm-Eval', () => {
  it('joins MMLU of an unlabelled LLaMA2-7B across the files for weights and activations', () => {
    const model = {
      source_id: 'qllm_eval',
      model_id: 'llama-2-7b-unstated',
      task_id: 'mmlu-qllm-1st',
    } as const;
    const w4 = find({ ...model, recipe_id: 'rtn-w4gx' });
    expect(w4).toMatchObject({
      value: 0.4545,
      baseline_value: 0.4669,
      is_chat: null,
      ability: 'in-context learning',
    });
    expect(w4.kept).toBeCloseTo(20.45 / 21.69, 6);
    const w8a8 = find({ ...model, recipe_id: 'rtn-w8gxa8' });
    expect(w8a8.locator).toContain('mmlu_wa.txt#L1C3/1');
    expect(w8a8.baseline_row_id).toBe(w4.baseline_row_id);
    expect(byId(w4.baseline_row_id).locator).toContain('mmlu_w.txt#L1C2/1');
    expect(find({ ...model, recipe_id: 'rtn-w2gx' })).toMatchObject({ kept: 0, kept_note: 'below chance' });
  });

  it('keeps a suspect row marked, and its kept', () => {
    const row = find({
      source_id: 'qllm_eval',
      model_label: 'Mixtral-8x7B-instruct',
      task_id: 'mt-bench-turn1',
      recipe_id: 'rtn-kv3gx',
    });
    expect(row).toMatchObject({
      suspect: true,
      value: 6.26,
      unit: 'score',
      tensor: 'KV',
      kv_bits: 3,
      bits: 16,
    });
    expect(row.note).toContain('SUSPECT: both turns identical');
    expect(row.kept).toBeCloseTo((6.26 - 1) / (7.89 - 1), 9);
    expect(row.loss_points).toBeCloseTo(1.63, 9);
  });

  it('gives an interval where the number of items is known', () => {
    const row = find({
      source_id: 'qllm_eval',
      model_label: 'OPT-6.7B',
      task_id: 'lambada-qllm',
      recipe_id: 'rtn-w3gx',
    });
    // 45.60 and 68.08 % of 5153 items: standard errors 0.0069383 and 0.0064940; kept = 0.669800.
    const error = Math.sqrt(0.0069383 ** 2 + (0.6698 * 0.006494) ** 2) / 0.6808;
    expect(row).toMatchObject({ n: 5153, value: 0.456 });
    expect(row.std_error).toBeCloseTo(0.0069383, 6);
    expect(row.value_low).toBeCloseTo(0.456 - 1.96 * 0.0069383, 6);
    expect(row.value_high).toBeCloseTo(0.456 + 1.96 * 0.0069383, 6);
    expect(row.kept_low).toBeCloseTo(0.6698 - 1.96 * error, 5);
    expect(row.kept_high).toBeCloseTo(0.6698 + 1.96 * error, 5);
  });

  it('shows lower-is-better drops as they are', () => {
    const drops = board.filter((row) => row.task_id.endsWith('-drop'));
    expect(drops.length).toBe(486);
    expect(new Set(drops.map((row) => `${row.kept} ${row.kept_note} ${row.loss_points}`))).toEqual(
      new Set(['null shown as is null']),
    );
  });
});

describe('rows without a sound baseline', () => {
  it.each<[string, Partial<BoardRow>]>([
    [
      'LLM-KICK retrieval has none',
      { source_id: 'llm_kick', task_id: 'triviaqa-kick', recipe_id: 'gptq-w8gx' },
    ],
    ['so has Vicuna-13B', { source_id: 'llm_kick', model_id: 'vicuna-13b-v1.3', recipe_id: 'wanda-s46.16' }],
    [
      'VPTQ Table 5 has none at window 2048',
      { source_id: 'vptq', model_id: 'llama-2-13b', task_id: 'wikitext2', method_id: 'gptvq' },
    ],
  ])('%s', (_name, wanted) => {
    const row = find(wanted);
    expect([row.baseline_row_id, row.kept, row.loss_points, row.kept_note]).toEqual([
      null,
      null,
      null,
      'no baseline',
    ]);
  });

  it('two different ones: AutoRound prints BF16 and FP16 of Gemma-2B', () => {
    const row = find({ model_id: 'gemma-2b', recipe_id: 'auto-round-w4g128-@asym_v0.1', task_id: 'piqa' });
    expect([row.kept, row.kept_note, row.baseline_value]).toEqual([null, 'two baselines', null]);
  });

  it('a doubtful one: SliM-LLM prints 5.75 for LLaMA-3-8B', () => {
    const rows = board.filter(
      (row) => row.source_id === 'slim-llm' && row.model_id === 'llama-3-8b' && row.task_id === 'wikitext2',
    );
    expect(rows.length).toBe(11);
    expect(rows.every((row) => row.kept === null && row.kept_note === 'suspect baseline')).toBe(true);
  });

  it('one at chance: nothing to lose', () => {
    const wanted = { task_id: 'advglue-rte-after', recipe_id: 'rtn-w4gx' } as const;
    // 81 items: 0.5679 is within two standard errors (0.0550) of the chance level 0.5; 0.6420 (0.0533) is not.
    const falcon = find({ ...wanted, model_id: 'falcon-40b-instruct' });
    expect(falcon).toMatchObject({
      baseline_value: 0.5679,
      value: 0.7284,
      kept: null,
      kept_note: 'nothing to lose',
    });
    expect(falcon.loss_points).toBeCloseTo(-16.05, 9);
    const llama = find({ ...wanted, model_id: 'llama-2-70b-chat' });
    expect(llama.kept).toBeCloseTo((0.679 - 0.5) / (0.642 - 0.5), 9);
    expect(llama.kept_note).toBeNull();
  });
});

describe('where baselines come from', () => {
  it('VPTQ Table 5 is compared with the 16-bit rows of its Table 4', () => {
    const row = find({
      source_id: 'vptq',
      model_id: 'llama-2-7b',
      locator: 'VPTQ_tech_report.pdf Table 5',
      recipe_id: 'gptq-w4gx',
      task_id: 'wikitext2-4096',
    });
    expect(row.kept).toBeCloseTo(5.12 / 5.49, 9);
    expect(byId(row.baseline_row_id).locator).toBe('VPTQ_tech_report.pdf Table 4');
  });

  it('0-shot and few-shot rows of one table have their own', () => {
    const rows = board.filter(
      (row) =>
        row.source_id === 'yi' &&
        row.model_id === 'yi-34b-chat' &&
        row.task_id === 'mmlu' &&
        row.method_id === 'awq',
    );
    expect(new Map(rows.map((row) => [row.shots, row.baseline_value]))).toEqual(
      new Map([
        [0, 0.6762],
        [5, 0.7346],
      ]),
    );
  });

  it('fine-tuned models are compared with the same fine-tuning', () => {
    const row = find({
      source_id: 'torchao',
      model_id: 'gemma-3-12b-it',
      task_id: 'bbh',
      recipe_id: 'nvfp4-w4gxa4-@torchao_qat',
    });
    expect(row.baseline_value).toBe(0.7527);
  });

  it('as many rows have one as the tables say', () => {
    const others = board.filter(
      (row) => !row.is_baseline && !/^(qllm_eval|llm_kick|huang)/.test(row.source_id),
    );
    const fromTable4 = board.filter(
      (row) => row.locator.endsWith('Table 5') && row.source_id === 'vptq' && row.baseline_row_id !== null,
    );
    expect(others.length).toBe(7871);
    // 6668 have theirs in the same table; VPTQ Table 5 adds those of its rows with window 4096 or no window.
    expect(others.filter((row) => row.baseline_row_id !== null).length).toBe(6668 + fromTable4.length);
    expect(fromTable4.length).toBe(183);
  });

  it('never another source, model label, task, metric, shots or context', () => {
    const byRow = new Map(board.map((row) => [row.row_id, row]));
    const shared = [
      'source_id',
      'model_id',
      'model_label',
      'is_chat',
      'metric',
      'shots',
      'context_length',
      'position',
    ] as const;
    let joined = 0;
    for (const row of board) {
      if (row.baseline_row_id === null) continue;
      joined += 1;
      const baseline = byRow.get(row.baseline_row_id)!;
      for (const column of shared) expect(baseline[column]).toBe(row[column]);
      expect([baseline.is_baseline, baseline.task_id]).toEqual([true, row.task_id]);
    }
    expect(joined).toBeGreaterThan(14_000);
  });
});

it('the heat map counts a number that papers print after one another once', async () => {
  const sources = new Map<string, Map<string, number>>();
  for (const row of board) {
    const { method_id, tensor, w_bits, kept, suspect, is_baseline, task_role, is_primary } = row;
    if (method_id !== 'gptq' || tensor !== 'W' || w_bits !== 3 || kept === null) continue;
    if (suspect || is_baseline || task_role !== 'task' || !is_primary) continue;
    const { model_id, group_size, task_id, metric, shots, context_length, value } = row;
    const key = [model_id, group_size, task_id, metric, shots, context_length, value].join();
    const counts = sources.get(key) ?? new Map<string, number>();
    sources.set(key, counts.set(row.source_id, (counts.get(row.source_id) ?? 0) + 1));
  }
  const once = [...sources.values()].map((counts) => counts.get([...counts.keys()].sort()[0])!);
  const view = await readView(database, 'method_by_bits');
  const cell = view.find((row) => row.method_id === 'gptq' && row.tensor === 'W' && row.nominal_bits === 3);
  // 3.125 and 3.01 bits also count as 3; here only the values at exactly 3 bits are counted by hand.
  const besides = board.filter(
    (row) =>
      row.method_id === 'gptq' &&
      row.tensor === 'W' &&
      row.kept !== null &&
      row.is_primary &&
      row.w_bits !== 3 &&
      Math.round(row.w_bits!) === 3,
  );
  expect(cell!.n_values).toBe(once.reduce((a, b) => a + b, 0) + besides.length);
  expect(once.length).toBeLessThan([...sources.values()].reduce((total, counts) => total + counts.size, 0));
});
