/** Cells of other things than were measured. */
import type { CompactCell } from '../../../data/compact-run-schema.ts';
import type { Corruption, Draft, Pick } from './corruption.ts';
import { numbers } from './numbers.ts';

const compressed = (run: Draft, pick: Pick) => pick(run.recipes.filter(({ recipe }) => recipe !== 'fp16'));
const baselineOf = (run: Draft) => run.recipes.find(({ recipe }) => recipe === 'fp16')!;

export const cellCorruptions: readonly Corruption[] = [
  {
    does: 'gives a metric another unit',
    rule: 'known-metric',
    json: (run) => void (run.tasks[0]!.metrics[0]!.unit = 'score'),
  },
  {
    does: 'misspells a metric',
    rule: 'known-metric',
    json: (run) => void (run.tasks[0]!.metrics[0]!.metric = 'perplexty'),
  },
  { does: 'misspells a task', rule: 'known-task', json: (run) => void (run.tasks[0]!.task = 'world-txt') },
  {
    does: 'names a version of a task that does not exist',
    rule: 'known-task',
    json: (run) => void (run.tasks[0]!.task_version = 99),
  },
  {
    does: 'names an old version of a task',
    rule: 'known-task',
    severity: 'flagged',
    json: (run) => void (run.tasks[0]!.task_version = 1),
  },
  {
    does: 'gives a task a setting that it does not have',
    rule: 'known-task',
    json: (run) => void (run.tasks[0]!.settings.temperature = 0.7),
  },
  {
    does: 'misspells a method',
    rule: 'known-recipe',
    json: (run) => void (run.recipes.at(-1)!.recipe = 'gtpq-w4g64'),
  },
  {
    does: 'writes a recipe as no grammar has it',
    rule: 'known-recipe',
    json: (run) => void (run.recipes.at(-1)!.recipe = 'GPTQ 4 bit'),
  },
  {
    does: 'takes a method that the pipeline does not have',
    rule: 'known-recipe',
    json: (run) => void (run.recipes.at(-1)!.recipe = 'zeroquant-w4g64'),
  },
  {
    does: 'misspells the model',
    rule: 'known-model',
    json: (run) => {
      run.run.models[0]!.id = 'bitloss-lama-0.5m';
    },
  },
  {
    does: 'has cells of another model',
    rule: 'known-model',
    json: (run) => void (run.recipes.at(-1)!.model = 'bitloss-llama-3m'),
  },
  {
    does: 'leaves 16 bit out',
    rule: 'baseline',
    json: (run) => void (run.recipes = run.recipes.filter(({ recipe }) => recipe !== 'fp16')),
  },
  {
    does: 'leaves one task of 16 bit out',
    rule: 'baseline',
    json: (run) => void baselineOf(run).cells.pop(),
  },
  {
    does: 'gives 16 bit other settings',
    rule: 'baseline',
    json: (run) => {
      run.tasks.push({ ...run.tasks[0]!, settings: { ...run.tasks[0]!.settings, limit: 50 } });
      baselineOf(run).cells.forEach((cell) => {
        if (cell[0] === 0) cell[0] = run.tasks.length - 1;
      });
    },
  },
  {
    does: 'gives 16 bit eight bits',
    rule: 'size',
    json: (run) => void (baselineOf(run).bits_per_weight = 8),
  },
  {
    does: 'stores fewer bits than the recipe has',
    rule: 'size',
    json: (run, pick) => void (compressed(run, pick).bits_per_weight = 1.1),
  },
  {
    does: 'stores 40 bits a weight',
    rule: 'size',
    json: (run, pick) => void (compressed(run, pick).bits_per_weight = 40),
  },
  {
    does: 'stores more bytes than at 16 bits',
    rule: 'size',
    json: (run, pick) => void (compressed(run, pick).size_bytes! *= 10),
  },
  {
    does: 'stores half of the bytes of 16 bit',
    rule: 'size',
    severity: 'flagged',
    json: (run) => void (baselineOf(run).size_bytes = Math.round(baselineOf(run).size_bytes! / 2)),
  },
  {
    does: 'has a cell twice',
    rule: 'duplicate',
    json: (run, pick) => {
      const { cells } = compressed(run, pick);
      cells.push(structuredClone(cells[0]!) as CompactCell);
    },
  },
  {
    does: 'gives two cells one key',
    rule: 'duplicate',
    json: (run) => void (run.recipes[1]!.cells[1]![1] = run.recipes[1]!.cells[0]![1]),
  },
  {
    does: 'changes the key of a cell',
    rule: 'name',
    json: (run, pick) => void (pick(run.recipes).cells[0]![1] = `${'A'.repeat(42)}A`),
  },
  {
    does: 'tells a cell as a task that is not listed',
    rule: 'schema',
    json: (run) => void (run.recipes[0]!.cells[0]![0] = 40),
  },
  {
    does: 'copies the numbers of one recipe to another, outcomes too',
    rule: 'near-duplicate',
    severity: 'flagged',
    json: (run) => {
      const [from, to] = [run.recipes[1]!, run.recipes[2]!];
      for (const [index, cell] of to.cells.entries()) cell[4] = structuredClone(from.cells[index]![4]);
    },
  },
  {
    does: 'makes two bits better than 16',
    rule: 'plausible',
    severity: 'flagged',
    json: (run, pick) => {
      const n = numbers(run, pick, 'world-text', 'rtn-w2g64');
      [n[0], n[1]] = [1.05, 0.001];
    },
  },
  {
    does: 'makes two bits better than four',
    rule: 'plausible',
    severity: 'flagged',
    json: (run, pick) => {
      numbers(run, pick, 'world-facts', 'rtn-w4g64')[0] = 0.02;
    },
  },
  {
    does: 'names another file of outcomes',
    rule: 'outcomes-complete',
    json: (run, pick) => void (compressed(run, pick).items = '../bitloss/other.parquet'),
  },
  {
    does: 'names no file of outcomes',
    rule: 'outcomes-complete',
    json: (run, pick) => void (compressed(run, pick).items = null),
  },
];
