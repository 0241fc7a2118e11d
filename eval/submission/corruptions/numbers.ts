/** Numbers that are not what was measured. */
import type { Corruption, Draft, Pick } from './corruption.ts';

type Numbers = (number | null)[];

/** Numbers of the first metric of a cell of some task, with compression or without. */
export function numbers(run: Draft, pick: Pick, task = 'world-facts', recipe?: string): Numbers {
  const chosen = recipe ?? pick(run.recipes.map((one) => one.recipe).filter((id) => id !== 'fp16'));
  const { cells } = run.recipes.find((one) => one.recipe === chosen)!;
  // 16 bit has an entry of its own for tasks with metrics that compare with it.
  const cell = cells.find(([place]) => run.tasks[place]!.task === task)!;
  return (cell[4] as Numbers[])[0]!;
}

const text = (run: Draft, pick: Pick) => numbers(run, pick, 'world-text');

export const numberCorruptions: readonly Corruption[] = [
  {
    does: 'raises an accuracy by one item',
    rule: 'recompute',
    json: (run, pick) => void (numbers(run, pick)[0]! += 1 / 800),
  },
  {
    does: 'raises an accuracy by a millionth',
    rule: 'recompute',
    json: (run, pick) => void (numbers(run, pick)[0]! -= 1e-6),
  },
  {
    does: 'lowers the accuracy of 16 bit, so that less seems lost',
    rule: 'recompute',
    json: (run, pick) => void (numbers(run, pick, 'world-facts', 'fp16')[0]! -= 0.01),
  },
  {
    does: 'lowers a perplexity by a tenth of its excess',
    rule: 'recompute',
    json: (run, pick) => void (text(run, pick)[0]! -= (text(run, pick)[0]! - 1) / 10),
  },
  {
    does: 'swaps the numbers of two recipes',
    rule: 'recompute',
    json: (run) => {
      const [a, b] = [run.recipes[1]!, run.recipes.at(-1)!];
      [a.cells, b.cells] = [b.cells, a.cells];
    },
  },
  {
    does: 'halves a standard error',
    rule: 'recompute',
    json: (run, pick) => void (numbers(run, pick)[1]! /= 2),
  },
  {
    does: 'leaves a standard error out',
    rule: 'range',
    json: (run, pick) => void (numbers(run, pick)[1] = null),
  },
  {
    does: 'claims more items than were asked',
    rule: 'recompute',
    json: (run) => void (run.tasks[0]!.metrics[0]!.n *= 2),
  },
  {
    does: 'moves an interval up',
    rule: 'interval',
    json: (run, pick) => {
      const n = numbers(run, pick);
      n[2]! += 0.2;
      n[3]! += 0.2;
    },
  },
  {
    does: 'narrows an interval to a point',
    rule: 'interval',
    json: (run, pick) => {
      const n = text(run, pick);
      n[2] = n[3]!;
    },
  },
  {
    does: 'leaves an interval out',
    rule: 'interval',
    json: (run, pick) => {
      const n = numbers(run, pick);
      n[2] = n[3] = null;
    },
  },
  {
    does: 'turns an interval round',
    rule: 'range',
    json: (run, pick) => {
      const n = numbers(run, pick);
      [n[2], n[3]] = [n[3]! + 1, n[2]!];
    },
  },
  {
    does: 'moves one item from lost to gained',
    rule: 'flips',
    json: (run, pick) => {
      const n = numbers(run, pick);
      n[4]! -= 1;
      n[5]! += 1;
    },
  },
  { does: 'gives another p-value', rule: 'flips', json: (run, pick) => void (numbers(run, pick)[6] = 0.9) },
  {
    does: 'gives a p-value above 1',
    rule: 'schema',
    json: (run, pick) => void (numbers(run, pick)[6] = 1.5),
  },
  {
    does: 'writes percent for a fraction',
    rule: 'range',
    json: (run, pick) => void (numbers(run, pick)[0]! *= 100),
  },
  { does: 'gives a perplexity below 1', rule: 'range', json: (run, pick) => void (text(run, pick)[0] = 0.5) },
  {
    does: 'gives a fraction below 0',
    rule: 'range',
    json: (run, pick) => void (numbers(run, pick)[0] = -0.1),
  },
  {
    does: 'gives a standard error below 0',
    rule: 'schema',
    json: (run, pick) => void (numbers(run, pick)[1]! *= -1),
  },
];
