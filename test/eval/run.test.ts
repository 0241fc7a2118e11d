/** How a run is executed, with a model that only pretends to compute and a recorder that only remembers. */
import { describe, expect, test } from 'vitest';
import { BitlossError } from '../../data/errors.ts';
import type { Cell } from '../../data/schema.ts';
import { storeErrors } from '../../eval/errors/run.ts';
import type { ItemTable } from '../../eval/items.ts';
import { cellsOf, type PlannedCell, type PlannedRecipe } from '../../eval/plan.ts';
import { Progress } from '../../eval/progress.ts';
import { executeRun, type Recorder } from '../../eval/run.ts';
import { itemsOf, plannedRun } from './pipeline/samples.ts';

const run = plannedRun();
const ITEMS = ['a', 'b', 'c'];

interface Faults {
  readonly form?: (recipe: PlannedRecipe) => void;
  readonly evaluate?: (recipe: PlannedRecipe, cell: PlannedCell) => void;
  readonly finish?: (cell: Cell) => void;
}

/** Everything that happens, in order; later recipes give worse items. */
function rehearsal(earlier: readonly Cell[] = [], faults: Faults = {}) {
  const events: string[] = [];
  const cells = new Map<string, Cell>();
  const items = new Map<string, ItemTable>();
  const written: string[] = [];
  const recorder: Recorder = {
    earlier: new Map(earlier.map((cell) => [cell.cell_key, cell])),
    async finish(cell, table) {
      faults.finish?.(cell);
      cells.set(cell.cell_key, cell);
      items.set(cell.cell_key, table);
      return cell;
    },
    async fail(cell) {
      cells.set(cell.cell_key, cell);
    },
    async items(key) {
      events.push('read items');
      return items.get(key) ?? null;
    },
  };
  const open = async () => {
    events.push('open');
    return {
      async form(recipe: PlannedRecipe) {
        events.push(`form ${recipe.id}`);
        faults.form?.(recipe);
        const loss = run.recipes.indexOf(recipe) * 0.6;
        return {
          bitsPerWeight: 4,
          sizeBytes: 1000,
          notes: [`made ${recipe.id}`],
          async evaluate(cell: PlannedCell) {
            events.push(`measure ${recipe.id} ${cell.task.id}`);
            faults.evaluate?.(recipe, cell);
            const metrics = cell.task.metrics.map(({ id, unit }) => ({
              metric: id,
              unit,
              value: 1 + loss,
              std_error: null,
              n: 3,
              paired: null,
            }));
            return { metrics, items: itemsOf(ITEMS, [0.1 + loss, 0.2 + loss, 0.9 + loss]), notes: [] };
          },
          async discard() {
            events.push(`discard ${recipe.id}`);
          },
        };
      },
      async close() {
        events.push('close');
      },
    };
  };
  const output = { write: (line: string) => void written.push(line), columns: undefined, clock: () => 0 };
  const perform = () =>
    executeRun(run, { recorder, open, progress: (steps, reused) => new Progress(output, steps, reused) });
  return { perform, events, cells, items, written };
}

test('every recipe is made once, measured on all tasks and discarded, the 16-bit model first', async () => {
  const { perform, events, cells } = rehearsal();
  expect(await perform()).toEqual({ measured: 6, reused: 0, failed: 0 });
  expect(events).toEqual([
    'open',
    ...['fp16', 'rtn-w4g64', 'gptq-w4g64'].flatMap((id) => [
      `form ${id}`,
      `measure ${id} world-text`,
      `measure ${id} world-facts`,
      `discard ${id}`,
    ]),
    'close',
  ]);
  expect([...cells.keys()]).toEqual(cellsOf(run).map(({ key }) => key));
});

test('compressed models are compared with the 16-bit one item by item', async () => {
  const { perform, cells } = rehearsal();
  await perform();
  const pairedOf = (recipe: string) =>
    [...cells.values()]
      .filter((cell) => cell.recipe === recipe && cell.task === 'world-facts')
      .flatMap((cell) => ('metrics' in cell ? cell.metrics : []))
      .map(({ metric, paired }) => ({ metric, lost: paired?.lost, gained: paired?.gained }));
  expect(pairedOf('fp16').map(({ lost }) => lost)).toEqual([undefined, undefined]);
  // Items are right while their value is below 1: 0.9 + 0.6 is not, then all of 1.3, 1.4 and 2.1 are not.
  expect(pairedOf('rtn-w4g64')).toEqual([
    { metric: 'acc', lost: 1, gained: 0 },
    { metric: 'acc_norm', lost: 1, gained: 0 },
  ]);
  expect(pairedOf('gptq-w4g64')[0]).toEqual({ metric: 'acc', lost: 3, gained: 0 });
});

describe('what is stored already', () => {
  test('is not computed again: nothing is opened', async () => {
    const first = rehearsal();
    await first.perform();
    const second = rehearsal([...first.cells.values()]);
    expect(await second.perform()).toEqual({ measured: 0, reused: 6, failed: 0 });
    expect(second.events).toEqual([]);
    expect(second.written).toEqual([]);
  });

  test('a run goes on with the first cell that is missing and reads the baseline from the store', async () => {
    const first = rehearsal();
    await first.perform();
    const stored = [...first.cells.values()].slice(0, 3);
    const second = rehearsal(stored);
    for (const cell of stored) second.items.set(cell.cell_key, first.items.get(cell.cell_key)!);
    expect(await second.perform()).toEqual({ measured: 3, reused: 3, failed: 0 });
    expect(second.events.slice(0, 4)).toEqual([
      'open',
      'form rtn-w4g64',
      'measure rtn-w4g64 world-facts',
      'read items',
    ]);
    for (const [key, cell] of second.cells) {
      const timeless = (one: Cell | undefined) => ({ ...one, wall_ms: 0, peak_memory_bytes: 0 });
      expect(timeless(cell)).toEqual(timeless(first.cells.get(key)));
    }
  });
});

describe('failures', () => {
  const broken = new BitlossError('engine/broken', '[engine] layer 0: it broke.', 'Mend it.');

  test('a failed cell is a row with its error; the rest goes on', async () => {
    const { perform, cells, written } = rehearsal([], {
      evaluate: ({ id }, { task }) => {
        if (id === 'rtn-w4g64' && task.id === 'world-text') throw broken;
      },
    });
    expect(await perform()).toEqual({ measured: 6, reused: 0, failed: 1 });
    const failed = [...cells.values()].filter((cell) => 'error' in cell);
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({
      recipe: 'rtn-w4g64',
      task: 'world-text',
      error: { code: 'engine/broken', message: '[engine] layer 0: it broke. Mend it.' },
    });
    expect(written.join('')).toContain('failed: [engine] layer 0: it broke.');
  });

  test('a failed compression fails all cells of its recipe and no other', async () => {
    const { perform, cells, events } = rehearsal([], {
      form: ({ id }) => {
        if (id === 'rtn-w4g64') throw new RangeError('Array buffer allocation failed');
      },
    });
    expect(await perform()).toEqual({ measured: 6, reused: 0, failed: 2 });
    const failed = [...cells.values()].flatMap((cell) =>
      'error' in cell ? [[cell.recipe, cell.error]] : [],
    );
    const error = {
      code: 'system/out-of-memory',
      message: 'compression with rtn-w4g64 failed: Array buffer allocation failed',
    };
    expect(failed).toEqual([
      ['rtn-w4g64', error],
      ['rtn-w4g64', error],
    ]);
    expect(events.at(-1)).toBe('close');
  });

  test('without its baseline a recipe is still measured, but not compared', async () => {
    const { perform, cells } = rehearsal([], {
      form: ({ id }) => {
        if (id === 'fp16') throw broken;
      },
    });
    expect(await perform()).toMatchObject({ failed: 2 });
    const metrics = [...cells.values()].flatMap((cell) => ('metrics' in cell ? cell.metrics : []));
    expect(metrics).toHaveLength(6);
    expect(metrics.every(({ paired }) => paired === null)).toBe(true);
  });

  test('a full disk stops the run, after tidying up, with everything before it kept', async () => {
    const full = storeErrors.full('/results', new Error('ENOSPC'));
    let stored = 0;
    const { perform, cells, events } = rehearsal([], {
      finish: () => {
        stored += 1;
        if (stored === 4) throw full;
      },
    });
    await expect(perform()).rejects.toBe(full);
    expect(cells.size).toBe(3);
    expect(events.slice(-2)).toEqual(['discard rtn-w4g64', 'close']);
  });
});
