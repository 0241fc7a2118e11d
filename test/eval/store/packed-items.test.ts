import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { type ItemTable, itemTable } from '../../../eval/items.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { writeItems } from '../../../eval/store/items-file.ts';
import { packItems } from '../../../eval/store/packed-items.ts';
import { scratchFolder } from '../pipeline/places.ts';
import { itemsOf } from '../pipeline/samples.ts';

/** What is published of one recipe of one model must stay a small file, however many tasks there are. */
const BUDGET_BYTES = 20_000;

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();

async function store(items: ItemTable): Promise<string> {
  const file = path.join(scratchFolder(), 'items.parquet');
  await writeItems(connection, file, items);
  return file;
}

async function read(file: string) {
  const reader = await connection.runAndReadAll(`FROM '${file}' ORDER BY task, item`);
  return reader.getRowObjectsJS();
}

describe('packed items', () => {
  test('hold the outcomes of every task, numbers to three digits and no texts', async () => {
    const facts = await store(itemsOf(['x', "y'"], [0.123456, 12345.6]));
    const text = await store(itemsOf(['a', 'b', 'c'], [-1e-7 / 3, 0, Number.NaN]));
    const file = path.join(scratchFolder(), 'packed.parquet');
    await packItems(file, [
      { task: 'facts', file: facts, columns: ['acc', 'nll_nats'] },
      { task: 'text', file: text, columns: ['nll_nats', 'tokens'] },
    ]);
    const none = { acc: null, tokens: null };
    expect(await read(file)).toEqual([
      { ...none, task: 'facts', item: 0, acc: true, nll_nats: Math.fround(0.123) },
      { ...none, task: 'facts', item: 1, acc: false, nll_nats: 12300 },
      { ...none, task: 'text', item: 0, tokens: 10, nll_nats: Math.fround(-3.33e-8) },
      { ...none, task: 'text', item: 1, tokens: 10, nll_nats: 0 },
      { ...none, task: 'text', item: 2, tokens: 10, nll_nats: Number.NaN },
    ]);
  });

  test('keep a text only where it is asked for, as the groups of items are', async () => {
    const grouped = itemTable('t', { acc: 'bool', subject: 'text', generated: 'text' }, [
      { item: 'x', acc: true, subject: 'town', generated: 'Elmford' },
      { item: 'y', acc: false, subject: 'owner', generated: 'Ann' },
    ]);
    const file = path.join(scratchFolder(), 'packed.parquet');
    await packItems(file, [{ task: 'facts', file: await store(grouped), columns: ['acc', 'subject'] }]);
    expect(await read(file)).toEqual([
      { task: 'facts', item: 0, acc: true, subject: 'town' },
      { task: 'facts', item: 1, acc: false, subject: 'owner' },
    ]);
  });

  test('of a task that is not known any more are all its numbers', async () => {
    const facts = await store(itemsOf(['x'], [0.5]));
    const file = path.join(scratchFolder(), 'packed.parquet');
    await packItems(file, [{ task: 'facts', file: facts, columns: null }]);
    expect(await read(file)).toEqual([
      { task: 'facts', item: 0, nll_nats: 0.5, tokens: 10, acc: true, acc_norm: true },
    ]);
  });

  test('of 25 tasks with 500 items each fit the budget, with random outcomes', async () => {
    const rng = createRng(1);
    const ids = Array.from({ length: 500 }, (_, item) => `item-${item}`);
    const parts = [];
    for (let task = 0; task < 25; task++) {
      const items = itemsOf(
        ids,
        ids.map(() => rng.next() * 5),
      );
      // Every fourth task measures log-likelihoods, the others right and wrong, by one rule or two.
      const columns = task % 4 === 0 ? ['acc', 'nll_nats', 'tokens'] : ['acc', 'acc_norm'];
      parts.push({ task: `world-task-${task}`, file: await store(items), columns });
    }
    const file = path.join(scratchFolder(), 'packed.parquet');
    await packItems(file, parts);
    expect((await read(file)).length).toBe(12_500);
    expect(statSync(file).size).toBeLessThan(BUDGET_BYTES);
  });

  test('are not made of a damaged file', async () => {
    const file = path.join(scratchFolder(), 'items.parquet');
    writeFileSync(file, 'PAR1 but no more');
    const target = path.join(scratchFolder(), 'packed.parquet');
    await expect(packItems(target, [{ task: 'facts', file, columns: null }])).rejects.toMatchObject({
      code: 'store/items',
    });
  });
});
