/** Outcomes that do not fit the numbers, and Parquet files that are none of ours. */
import type { Corruption } from './corruption.ts';

const ALL = 'SELECT * FROM outcomes';
const OWN = `task = 'world-facts' AND name = 'acc' AND recipe = '{recipe}'`;
const REPLACE = (column: string, expression: string, where = OWN) =>
  `SELECT * REPLACE (CASE WHEN ${where} THEN ${expression} ELSE ${column} END AS ${column}) FROM outcomes`;
const TEXT = `task = 'world-text' AND name = 'nll_nats' AND recipe = '{recipe}'`;

export const outcomeCorruptions: readonly Corruption[] = [
  {
    does: 'makes one wrong item right',
    rule: 'recompute',
    outcomes: REPLACE('flags', `list_concat([NOT flags[1]], flags[2:])`),
  },
  {
    does: 'makes all items right',
    rule: 'recompute',
    outcomes: REPLACE('flags', 'list_transform(flags, lambda x: true)'),
  },
  { does: 'puts items into another order', rule: 'flips', outcomes: REPLACE('flags', 'list_reverse(flags)') },
  {
    does: 'swaps the outcomes of two recipes',
    rule: 'recompute',
    outcomes: `SELECT * REPLACE (CASE recipe WHEN 'rtn-w2g64' THEN 'rtn-w4g64' WHEN 'rtn-w4g64' THEN 'rtn-w2g64' ELSE recipe END AS recipe) FROM outcomes`,
  },
  {
    does: 'lowers every loss by a hundredth',
    rule: 'recompute',
    outcomes: REPLACE('numbers', 'list_transform(numbers, lambda x: (x * 0.99)::FLOAT)', TEXT),
  },
  {
    does: 'puts NaN into a loss',
    rule: 'recompute',
    outcomes: REPLACE('numbers', `list_concat(['nan'::FLOAT], numbers[2:])`, TEXT),
  },
  {
    does: 'puts infinity into a loss',
    rule: 'recompute',
    outcomes: REPLACE('numbers', `list_concat(['inf'::FLOAT], numbers[2:])`, TEXT),
  },
  {
    does: 'leaves out the last item of one column',
    rule: 'outcomes-complete',
    outcomes: REPLACE('flags', 'flags[:-2]'),
  },
  {
    does: 'leaves out the outcomes of one cell',
    rule: 'outcomes-complete',
    outcomes: `${ALL} WHERE NOT (task = 'world-facts' AND recipe = '{recipe}')`,
  },
  {
    does: 'leaves out the outcomes of 16 bit',
    rule: 'outcomes-complete',
    outcomes: `${ALL} WHERE recipe IS DISTINCT FROM 'fp16'`,
  },
  {
    does: 'has the outcomes of a cell twice',
    rule: 'outcomes-complete',
    outcomes: `${ALL} UNION ALL ${ALL} WHERE ${OWN}`,
  },
  {
    does: 'has outcomes of a cell that is not in the run',
    rule: 'outcomes-complete',
    outcomes: `${ALL} UNION ALL SELECT * REPLACE ('rtn-w8' AS recipe) FROM outcomes WHERE ${OWN}`,
  },
  {
    does: 'hides a script in a group of items',
    rule: 'outcomes-complete',
    outcomes: REPLACE('texts', `list_transform(texts, lambda x: '<script>')`, `texts IS NOT NULL`),
  },
  {
    does: 'writes texts of ten thousand characters',
    rule: 'outcomes',
    outcomes: REPLACE('texts', `list_transform(texts, lambda x: repeat('x', 10000))`, `texts IS NOT NULL`),
  },
  {
    does: 'leaves an item without an outcome',
    rule: 'outcomes',
    outcomes: REPLACE('flags', 'list_concat([NULL], flags[2:])'),
  },
  {
    does: 'gives flags and numbers in one row',
    rule: 'outcomes',
    outcomes: REPLACE('numbers', '[1]::FLOAT[]'),
  },
  { does: 'gives an empty list', rule: 'outcomes', outcomes: REPLACE('flags', '[]::BOOLEAN[]') },
  { does: 'leaves a row without a task', rule: 'outcomes', outcomes: REPLACE('task', 'NULL') },
  {
    does: 'stores numbers as texts',
    rule: 'outcomes',
    outcomes: 'SELECT * REPLACE (numbers::VARCHAR AS numbers) FROM outcomes',
  },
  { does: 'adds a column', rule: 'outcomes', outcomes: `SELECT *, 'x' AS note FROM outcomes` },
  {
    does: 'puts columns into another order',
    rule: 'outcomes',
    outcomes: 'SELECT name, task, recipe, flags, numbers, texts FROM outcomes',
  },
  {
    does: 'has a hundred thousand rows',
    rule: 'outcomes',
    outcomes: `${ALL} UNION ALL SELECT 'world-facts', 'acc' || range, NULL, [true], NULL, NULL FROM range(100000)`,
  },
  {
    does: 'packs a list of six million items into little',
    rule: 'outcomes',
    outcomes: `${ALL} UNION ALL SELECT 'world-facts', 'x', NULL, (SELECT list(true) FROM range(6000000)), NULL, NULL`,
  },
  { does: 'deletes the Parquet file', rule: 'plain-file', parquet: () => null },
  {
    does: 'cuts the Parquet file off',
    rule: 'outcomes',
    parquet: (bytes) => bytes.slice(0, bytes.length / 2),
  },
  {
    does: 'sends something else as Parquet',
    rule: 'outcomes',
    parquet: () => Buffer.from('PAR1 this is no Parquet PAR1'),
  },
  {
    does: 'makes the Parquet file 9 MiB large',
    rule: 'file-size',
    parquet: (bytes) => Buffer.concat([bytes, Buffer.alloc(9 * 2 ** 20)]),
  },
  {
    does: 'spoils the footer of the Parquet file',
    rule: 'outcomes',
    parquet: (bytes) =>
      bytes.map((byte, index) =>
        index > bytes.length - 400 && index < bytes.length - 8 ? byte ^ 0x55 : byte,
      ),
  },
];
