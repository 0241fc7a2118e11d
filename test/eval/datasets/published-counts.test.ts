/** The real files, read in full. Needs a data folder, given by the environment variable BITLOSS_DATA. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTokenizer } from '../../../eval/checkpoint/open-tokenizer.ts';
import { loadDataset } from '../../../eval/datasets/load.ts';
import { type TaskId, taskById, tasks } from '../../../eval/tasks/index.ts';

const folder = process.env.BITLOSS_DATA ?? null;
const published: Partial<Record<TaskId, number>> = {
  'arc-challenge': 1172,
  'arc-easy': 2376,
  hellaswag: 10_042,
  lambada: 5153,
  piqa: 1838,
  'wikitext-lm-eval': 62,
  wikitext2: 1,
  winogrande: 1267,
};

if (folder === null) console.log('published counts: skipped, BITLOSS_DATA names no data folder');

for (const [id, count] of Object.entries(published)) {
  test.skipIf(folder === null)(`${id} has ${count} documents`, { timeout: 60_000 }, async () => {
    const { docs, files } = await loadDataset(taskById(id).dataset, folder);
    expect(docs).toHaveLength(count);
    expect(files.every(({ bytes }) => bytes > 0)).toBe(true);
  });
}

test.skipIf(folder === null)(
  'hellaswag: 3,243 contexts come from ActivityNet and end in an unfinished sentence',
  async () => {
    const { docs } = await loadDataset(tasks.hellaswag.dataset, folder);
    const unfinished = docs.filter(({ start }) => start !== '').length;
    // A few begin with a quotation mark, which has no capital, and so need not be found.
    expect(unfinished).toBeGreaterThan(3243 - 10);
    expect(unfinished).toBeLessThanOrEqual(3243);
  },
);

const tokenizer = folder === null ? null : join(folder, 'tokenizers', 'gpt2');
const hasTokenizer = tokenizer !== null && existsSync(join(tokenizer, 'tokenizer.json'));

test.skipIf(!hasTokenizer)(
  'wikitext2 has 287,644 tokens for GPT-2, as the documentation of transformers says',
  async () => {
    const { docs } = await loadDataset(tasks.wikitext2.dataset, folder);
    const [request] = tasks.wikitext2.requests(docs[0]!, tasks.wikitext2.settings.parse({}));
    const { encodeWithSpecials } = await openTokenizer(tokenizer!, {});
    expect(encodeWithSpecials(request!.text)).toHaveLength(287_644);
  },
);
