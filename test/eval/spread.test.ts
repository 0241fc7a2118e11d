/** How a plan is cut into units, handed out, and what follows when a worker ends. */
import { describe, expect, test } from 'vitest';
import type { PlannedRun } from '../../eval/plan.ts';
import { DEVICE_LOST, judge } from '../../eval/spread/judge.ts';
import { Schedule } from '../../eval/spread/schedule.ts';
import { planUnits, type Unit } from '../../eval/spread/units.ts';
import { plannedRun, recipes } from './pipeline/samples.ts';

const six = plannedRun({
  recipes: recipes(...[8, 4, 3, 2].flatMap((bits) => `rtn-w${bits}g64`), 'gptq-w4g64'),
});
const none = () => false;
const ids = (units: readonly Unit[]) => units.map(({ recipes: list }) => list.join(' '));

describe('units', () => {
  test('of one model are its 16-bit form, then groups of its recipes that wait for it', () => {
    const units = planUnits([six], 2, none);
    expect(ids(units)).toEqual(['fp16', 'gptq-w4g64', 'rtn-w8g64', 'rtn-w4g64', 'rtn-w3g64', 'rtn-w2g64']);
    expect(units[0]!.after).toBeNull();
    expect(units.slice(1).every(({ after }) => after === units[0])).toBe(true);
    expect(units[2]!.run.recipes.map(({ id }) => id)).toEqual(['fp16', 'rtn-w8g64']);
    expect(units[2]!.run.id).toBe(plannedRun({ recipes: recipes('rtn-w8g64') }).id);
  });

  test('are whole models where there are many, or one worker', () => {
    const runs = Array.from({ length: 6 }, () => six);
    expect(planUnits(runs, 2, none)).toHaveLength(6);
    expect(planUnits([six], 1, none)).toHaveLength(1);
    expect(planUnits(runs.slice(0, 3), 2, none)).toHaveLength(3 * (1 + 2));
  });

  test('come longest first, after all that others wait for', () => {
    const { manifest } = six.model;
    const large = { ...six, model: { ...six.model, manifest: { ...manifest, params: 3 * manifest.params } } };
    const units = planUnits([six, large], 4, none);
    expect(units.slice(0, 2).map(({ recipes: list, whole }) => [list[0], whole])).toEqual([
      ['fp16', large],
      ['fp16', six],
    ]);
    expect(units.slice(2).map(({ whole }) => whole === large)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  test('ask only for what is missing, and wait only for a 16-bit form that is', () => {
    const known = new Set(six.recipes.slice(0, 3).flatMap(({ cells }) => cells.map(({ key }) => key)));
    const units = planUnits([six], 2, (_, key) => known.has(key));
    expect(ids(units)).toEqual(['gptq-w4g64', 'rtn-w3g64', 'rtn-w2g64']);
    expect(units.every(({ after }) => after === null)).toBe(true);
    expect(planUnits([six], 2, () => true)).toEqual([]);
    const two = plannedRun({ recipes: recipes('rtn-w8g64') });
    expect(ids(planUnits([two], 8, none))).toEqual(['fp16 rtn-w8g64']);
  });
});

describe('units of recipes that calibrate in parallel', () => {
  const parallel = {
    ...six,
    recipes: six.recipes.map((recipe, i) =>
      i < 2
        ? recipe
        : { ...recipe, calibration: { ...six.recipes.at(-1)!.calibration!, mode: 'parallel' as const } },
    ),
  };

  test('are no more than the workers, each with one pass for its recipes; others are cut as before', () => {
    expect(ids(planUnits([parallel], 2, none)).toSorted()).toEqual([
      ...['fp16', 'rtn-w2g64 gptq-w4g64', 'rtn-w4g64 rtn-w3g64', 'rtn-w8g64'],
    ]);
    const sharing = planUnits([parallel, parallel], 2, none).filter(({ recipes: list }) => list.length > 1);
    expect(ids(sharing)).toEqual(Array(2).fill('rtn-w4g64 rtn-w3g64 rtn-w2g64 gptq-w4g64'));
  });

  test('stay whole models for one worker', () => {
    expect(planUnits([parallel], 1, none)).toHaveLength(1);
  });
});

describe('a schedule', () => {
  const unit = (name: string, after: Unit | null = null): Unit => ({
    ...{ whole: six as PlannedRun, run: six, recipes: [name], after },
  });

  test('hands out nothing before what it waits for', async () => {
    const first = unit('a');
    const [second, third] = [unit('b', first), unit('c', first)];
    const schedule = new Schedule([first, second, third]);
    expect(await schedule.take()).toBe(first);
    let taken: Unit | null = null;
    const waiting = schedule.take().then((next) => {
      taken = next;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(taken).toBeNull();
    schedule.settle(first);
    await waiting;
    expect(taken).toBe(second);
    expect(await schedule.take()).toBe(third);
    const end = schedule.take();
    schedule.settle(second);
    schedule.settle(third);
    expect(await end).toBeNull();
  });

  test('gives a unit that came back to whoever waits', async () => {
    const only = unit('a');
    const schedule = new Schedule([only]);
    await schedule.take();
    const other = schedule.take();
    schedule.giveBack(only);
    expect(await other).toBe(only);
    const last = schedule.take();
    schedule.abandon();
    expect(await last).toBeNull();
  });
});

describe('a worker that has ended', () => {
  const end = { status: 1 as number | null, isComplete: false, gained: 0, fruitless: 0 };
  test.for([
    ['with everything measured', { isComplete: true, status: null }, 'done'],
    ['on its way', { status: null, gained: 2 }, 'again'],
    ['before its first cell', { status: null }, 'again'],
    ['before its first cell twice', { status: null, fruitless: 1 }, 'fail-cell'],
    ['by a crash of the process', { status: 134, fruitless: 1 }, 'fail-cell'],
    ['because it said why', { status: 1 }, 'give-up'],
    ['because the disk is full, after some cells', { status: 1, gained: 3 }, 'again'],
    ['with its device, after the cell at fault', { status: DEVICE_LOST, gained: 1 }, 'again'],
    ['without a device', { status: DEVICE_LOST }, 'again'],
    ['without a device twice', { status: DEVICE_LOST, fruitless: 1 }, 'leave-device'],
  ] as const)('%s', ([, changes, verdict]) => {
    expect(judge({ ...end, ...changes })).toBe(verdict);
  });
});
