import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { type ItemTable, itemTable } from '../../../eval/items.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { writeItems } from '../../../eval/store/items-file.ts';
import { packItems, readPackedItems } from '../../../eval/store/packed-items.ts';
import { scratchFolder } from '../pipeline/places.ts';
import { itemsOf } from '../pipeline/samples.ts';

/** A bit for an outcome and a byte for a number, where they are random, with 16 bit among them, and 3 kB of names and schema. */
const BUDGET_BYTES = 6 * 6 * (500 / 8) + 6 * 500 + 3000;

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();

async function store(items: ItemTable): Promise<string> {
  const file = path.join(scratchFolder(), 'items.parquet');
  await writeItems(connection, file, items);
  return file;
}

async function pack(
  cells: readonly [task: string, recipe: string, items: ItemTable][],
  columns: readonly string[] | null,
) {
  const stored = [];
  for (const [task, recipe, items] of cells) stored.push({ task, recipe, file: await store(items), columns });
  const file = path.join(scratchFolder(), 'packed.parquet');
  await packItems(file, stored);
  return file;
}

async function read(file: string) {
  const reader = await connection.runAndReadAll(`FROM '${file}'`);
  return reader.getRowObjectsJS();
}

const graded = (right: readonly boolean[]) =>
  itemTable(
    't',
    { acc: 'bool', subject: 'text', generated: 'text' },
    right.map((acc, index) => {
      return { item: `item-${index}`, acc, subject: index === 0 ? 'town' : 'owner', generated: 'Ann' };
    }),
  );

describe('packed items', () => {
  test('are one row a column and recipe, and one for all recipes where they agree', async () => {
    const file = await pack(
      [
        ['facts', 'fp16', graded([true, true])],
        ['facts', 'rtn-w4', graded([true, false])],
        ['answers', 'fp16', graded([false])],
        ['answers', 'rtn-w4', graded([false])],
      ],
      ['acc', 'subject'],
    );
    const none = { flags: null, numbers: null, texts: null };
    expect(await read(file)).toEqual([
      { ...none, task: 'facts', name: 'acc', recipe: 'fp16', flags: [true, true] },
      { ...none, task: 'facts', name: 'acc', recipe: 'rtn-w4', flags: [true, false] },
      { ...none, task: 'facts', name: 'subject', recipe: null, texts: ['town', 'owner'] },
      { ...none, task: 'answers', name: 'acc', recipe: null, flags: [false] },
      { ...none, task: 'answers', name: 'subject', recipe: null, texts: ['town'] },
    ]);
  });

  test('are read back as tables, items called by their number', async () => {
    const file = await pack(
      [
        ['facts', 'fp16', graded([true, true])],
        ['facts', 'rtn-w4', graded([true, false])],
      ],
      ['acc', 'subject'],
    );
    const packed = await readPackedItems(file);
    expect(packed.tableOf('facts', 'rtn-w4')).toEqual({
      rows: 2,
      columns: [
        { name: 'item', type: 'text', values: ['0', '1'] },
        { name: 'acc', type: 'bool', values: Uint8Array.of(1, 0) },
        { name: 'subject', type: 'text', values: ['town', 'owner'] },
      ],
    });
    expect(packed.tableOf('text', 'fp16')).toBeNull();
  });

  test('keep counts as they are and round what is measured; what is not finite stays', async () => {
    const nll = [0.1, 20.1, 0.1, 20.1, Number.NaN];
    const file = await pack(
      [
        [
          'text',
          'fp16',
          itemsOf(
            nll.map((_, i) => `${i}`),
            nll,
          ),
        ],
      ],
      ['nll_nats', 'tokens'],
    );
    const numbers = Object.fromEntries((await read(file)).map((row) => [row.name, row.numbers]));
    expect(numbers).toEqual({ nll_nats: [0, 20, 0.5, 20, Number.NaN], tokens: [10, 10, 10, 10, 10] });
  });

  test('of one recipe only are not taken for those of all', async () => {
    const plain = itemTable('t', { acc: 'bool' }, [{ item: 'x', acc: true }]);
    const more = itemTable('t', { acc: 'bool', kl_nats: 'double' }, [{ item: 'x', acc: true, kl_nats: 0.5 }]);
    const file = await pack(
      [
        ['text', 'fp16', plain],
        ['text', 'rtn-w4', more],
      ],
      ['acc', 'kl_nats'],
    );
    const packed = await readPackedItems(file);
    expect(packed.tableOf('text', 'fp16')!.columns.map(({ name }) => name)).toEqual(['item', 'acc']);
    expect(
      packed
        .tableOf('text', 'rtn-w4')!
        .columns.map(({ name }) => name)
        .sort(),
    ).toEqual(['acc', 'item', 'kl_nats']);
  });

  test('of a task that is not known any more are all its numbers', async () => {
    const file = await pack([['facts', 'fp16', itemsOf(['x'], [0.5])]], null);
    expect((await read(file)).map(({ name }) => name)).toEqual(['nll_nats', 'tokens', 'acc', 'acc_norm']);
  });

  test('of 10 recipes, 6 tasks and 500 items each fit the budget, with random outcomes of every second recipe', async () => {
    const rng = createRng(1);
    const ids = Array.from({ length: 500 }, (_, item) => `item-${item}`);
    const random = () =>
      itemsOf(
        ids,
        ids.map(() => rng.next() * 5),
      );
    const file = path.join(scratchFolder(), 'packed.parquet');
    const cells = [];
    for (let task = 0; task < 6; task++) {
      const same = await store(random());
      // One task measures log-likelihoods, the others right and wrong.
      const columns = task === 0 ? ['acc', 'nll_nats', 'tokens'] : ['acc'];
      for (let recipe = 0; recipe < 10; recipe++) {
        const items = recipe % 2 === 0 ? same : await store(random());
        cells.push({
          task: `task-${task}`,
          recipe: recipe === 0 ? 'fp16' : `recipe-${recipe}`,
          file: items,
          columns,
        });
      }
    }
    await packItems(file, cells);
    expect(statSync(file).size).toBeLessThan(BUDGET_BYTES);
  });

  test('are not made of a damaged file, nor read from one', async () => {
    const file = path.join(scratchFolder(), 'items.parquet');
    writeFileSync(file, 'PAR1 but no more');
    const target = path.join(scratchFolder(), 'packed.parquet');
    const cell = { task: 'facts', recipe: 'fp16', file, columns: null };
    await expect(packItems(target, [cell])).rejects.toMatchObject({ code: 'store/items' });
    await expect(readPackedItems(file)).rejects.toMatchObject({ code: 'store/items' });
  });
});
