/** Tasks as a whole: the index, the agreement with the catalogue, the data of the synthetic world. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { loadDataset } from '../../../eval/datasets/load.ts';
import { metrics } from '../../../eval/metrics/index.ts';
import { columnsOf } from '../../../eval/metrics/metric.ts';
import { tasks } from '../../../eval/tasks/index.ts';
import type { Task } from '../../../eval/tasks/task.ts';

const every = Object.entries<Task>(tasks);
const catalogueEntry = z.object({
  id: z.string(),
  ability: z.string().nullable(),
  chance: z.number().nullable(),
  dataset: z.string().nullable(),
});

test.each(every)('%s is listed under its id, with metrics that its columns can carry', (key, task) => {
  expect(task.id).toBe(key);
  expect(task.version).toBeGreaterThan(0);
  for (const metric of task.metrics) {
    expect(Object.values(metrics)).toContain(metric);
    for (const column of columnsOf(metric)) expect(Object.keys(task.columns)).toContain(column);
  }
  for (const column of task.groups ?? []) expect(Object.keys(task.columns)).toContain(column);
  expect(task.chance === null).toBe(!task.metrics.some(({ unit }) => unit === 'fraction'));
});

test('the catalogue of tasks says the same about ability, chance and dataset', async () => {
  const text = await readFile(new URL('../../../data/tasks.json', import.meta.url), 'utf8');
  const catalogue = z.array(catalogueEntry).parse(JSON.parse(text));
  for (const [id, { ability, chance, dataset }] of every) {
    expect(catalogue.find((entry) => entry.id === id)).toEqual({ id, ability, chance, dataset: dataset.id });
  }
});

test('questions of the synthetic world fit their prompt, their answer and the declared chance', async () => {
  const { docs } = await loadDataset(tasks['world-facts'].dataset, null);
  for (const { prompt, question, choices, answer, answerIndex } of docs) {
    expect(prompt).toBe(`Question: ${question}\nAnswer:`);
    expect(choices[answerIndex]).toBe(answer);
    expect(new Set(choices).size).toBe(1 / tasks['world-facts'].chance!);
    expect(answer).toBe(answer.trim());
    expect(answer).not.toContain('\n');
  }
});

test('passages of the synthetic world end in a word', async () => {
  const { docs } = await loadDataset(tasks['world-last-word'].dataset, null);
  for (const { text } of docs) expect(text).toMatch(/\S \S*\w$/u);
});

test('texts of the synthetic world: one document, not empty', async () => {
  const { docs } = await loadDataset(tasks['world-text'].dataset, null);
  expect(docs).toHaveLength(1);
  expect(docs[0]!.text.length).toBeGreaterThan(10_000);
});
