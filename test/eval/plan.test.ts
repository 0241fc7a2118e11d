import { describe, expect, test } from 'vitest';
import { describeExclusion } from '../../eval/cli/plan-text.ts';
import { cellsOf, type PlanInput, planCells } from '../../eval/plan.ts';
import { facts, hash, model, planInput, plannedRun, recipes, text } from './pipeline/samples.ts';

const left = (input: Partial<PlanInput>) => planCells(planInput(input)).exclusions.map(describeExclusion);

describe('a plan', () => {
  test('has a cell for every recipe and task, the 16-bit model first', () => {
    const { runs, exclusions } = planCells(planInput());
    expect(exclusions).toEqual([]);
    expect(runs.map(({ recipes }) => recipes.map(({ id }) => id))).toEqual([
      ['fp16', 'rtn-w4g64', 'gptq-w4g64'],
    ]);
    expect(cellsOf(runs[0]!).map(({ recipe, task }) => `${recipe} ${task.id}`)).toEqual([
      'fp16 world-text',
      'fp16 world-facts',
      'rtn-w4g64 world-text',
      'rtn-w4g64 world-facts',
      'gptq-w4g64 world-text',
      'gptq-w4g64 world-facts',
    ]);
  });

  test('fills in what depends on the model', () => {
    const run = plannedRun();
    expect(run.recipes[0]!.cells[0]!.settings).toEqual({ limit: null, window: 256, bos: 'tokenizer' });
    expect(run.recipes.map(({ calibration }) => calibration?.length)).toEqual([undefined, undefined, 256]);
    expect(run.recipes[2]!.calibration).toEqual({
      text: 'world-train',
      sha256: hash('6'),
      samples: 16,
      length: 256,
      seed: 0,
      mode: 'sequential',
    });
  });

  test('names a run after its model and its cells', () => {
    const { id } = plannedRun();
    expect(id).toMatch(/^tiny-[0-9a-f]{12}$/);
    expect(plannedRun().id).toBe(id);
    expect(plannedRun({ tasks: [facts, text] }).id).toBe(id);
    expect(plannedRun({ tasks: [text] }).id).not.toBe(id);
  });

  test('takes a limit as "at most", where the number of items is known', () => {
    const settingsOf = (limit: number) =>
      plannedRun({ sweep: { ...planInput().sweep, limit } }).recipes[0]!.cells.map(
        ({ settings }) => settings.limit,
      );
    expect(settingsOf(799)).toEqual([799, 799]);
    expect(settingsOf(800)).toEqual([800, null]);
    const single = { limit: 700, limits: { 'world-text': 5 } };
    const cells = plannedRun({ sweep: { ...planInput().sweep, ...single } }).recipes[0]!.cells;
    expect(cells.map(({ settings }) => settings.limit)).toEqual([5, 700]);
    expect(plannedRun({ sweep: { ...planInput().sweep, limit: 900 }, tasks: [facts] }).id).toBe(
      plannedRun({ tasks: [facts] }).id,
    );
  });
});

describe('left out with a reason', () => {
  test('recipes that a method cannot run, or not on these shapes', () => {
    expect(
      left({ recipes: recipes('rtn-w4g64a1', 'rtn-kv4g48', 'rtn-w9', 'gptq-w4g96', 'rtn-w4-actorder') }),
    ).toMatchInlineSnapshot(`
      [
        "tiny · rtn-w4g64a1: [methods] rtn-w4g64a1: 1-bit activations are not supported; 2 to 8 whole bits are, and 16 for none. Choose another recipe.",
        "tiny · rtn-kv4g48: [methods] rtn-kv4g48: group size 48 does not divide the 64 numbers of a head, made by model.layers.0.self_attn.k_proj. Use a divisor, or leave the group out: the whole head then shares a grid.",
        "tiny · rtn-w9: [methods] rtn-w9: 9-bit weights are not supported; 2 to 8 whole bits are. Choose another recipe.",
        "tiny · gptq-w4g96: [gptq] model.layers.0.self_attn.q_proj: group size 96 does not divide K = 128. Use a divisor such as 64 or 128.",
        "tiny · rtn-w4-actorder: [methods] rtn-w4-actorder: rtn has no column order (actorder); its settings are: symmetric grids (sym), range conventions (minmax, free), range search (mse). Choose another recipe.",
      ]
    `);
  });

  test('settings that a task does not have, and windows and samples longer than the model sees', () => {
    const { sweep } = planInput();
    expect(left({ sweep: { ...sweep, bos: 'always', window: 300 } })).toMatchInlineSnapshot(`
      [
        "tiny · world-text: [tasks] world-text: bos: Invalid option: expected one of "tokenizer"|"never"|"window". Leave the setting out to get its default.",
      ]
    `);
    expect(
      left({ sweep: { ...sweep, calibration: { ...sweep.calibration, length: 300 } } }),
    ).toMatchInlineSnapshot(`
      [
        "tiny · gptq-w4g64: [calibration] samples of 300 tokens are longer than the 256 positions of the model. Set --calibration-length to at most 256, or leave it out.",
      ]
    `);
  });

  test('parallel calibration is recorded, has keys of its own, and excludes an order that it cannot have', () => {
    const { sweep } = planInput();
    const parallel = { ...sweep, calibration: { ...sweep.calibration, mode: 'parallel' as const } };
    const asked = (input: typeof sweep) =>
      planCells(
        planInput({ recipes: recipes('rtn-w4g64', 'gptq-w4g64', 'gptq-w4g64-trueseq'), sweep: input }),
      );
    const [own, usual] = [asked(parallel), asked(sweep)].map(({ runs }) => runs[0]!.recipes);
    expect(own!.map(({ calibration }) => calibration?.mode)).toEqual([undefined, undefined, 'parallel']);
    expect(usual!.map(({ calibration }) => calibration?.mode).slice(2)).toEqual(['sequential', 'sequential']);
    expect(own![1]!.cells).toEqual(usual![1]!.cells);
    expect(own![2]!.compressionKey).not.toBe(usual![2]!.compressionKey);
    expect(asked(parallel).exclusions.map(({ recipe, reason }) => `${recipe}: ${reason}`)).toEqual([
      expect.stringMatching(
        /^gptq-w4g64-trueseq: .* with parallel calibration blocks run with their original weights/,
      ),
    ]);
  });

  test('a model for which nothing is left has no run', () => {
    const { runs, exclusions } = planCells(
      planInput({ tasks: [text], sweep: { ...planInput().sweep, window: 300 } }),
    );
    expect(runs).toEqual([]);
    expect(exclusions).toHaveLength(1);
  });

  test('one model does not spoil another', () => {
    const wide = { ...model, manifest: { ...model.manifest, id: 'other', config_sha256: hash('9') } };
    const { runs } = planCells(planInput({ models: [model, wide], recipes: recipes('rtn-w4g128') }));
    // K = 192 of the down projection has no groups of 128.
    expect(runs.map(({ recipes }) => recipes.length)).toEqual([1, 1]);
    expect(runs[0]!.id).not.toBe(runs[1]!.id);
  });
});
