/**
 * How long `pnpm submission check` takes: `node test/eval/submission/time-check.ts [files] [tasks]`. Makes a checkout of
 * that many results, each fp16 and three recipes on some tasks with all their items, under a handle each, and checks it.
 */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { checkFiles } from '../../../eval/submission/check/check-files.ts';
import { checkout, validSubmission } from './valid-submission.ts';

const [files, wanted] = [process.argv[2] ?? '1000', process.argv[3] ?? '2'].map(Number);
const run = path.resolve(
  import.meta.dirname,
  '../../../data/results/bitloss/bitloss-llama-0.5m-10fc056672d4.json',
);
const { tasks: all } = JSON.parse(readFileSync(run, 'utf8')) as { tasks: { task: string }[] };
const tasks = ['world-facts', 'world-text', ...new Set(all.map(({ task }) => task))];
const valid = await validSubmission(undefined, [...new Set(tasks)].slice(0, wanted));
const one = checkout({
  [`data/results/h0/${valid.stem}.json`]: valid.text,
  [`data/results/h0/${valid.stem}.parquet`]: valid.parquet,
});
valid.close();
for (let i = 1; i < files!; i++)
  cpSync(path.join(one, 'data/results/h0'), path.join(one, `data/results/h${i}`), { recursive: true });

const before = process.cpuUsage();
const start = performance.now();
const { cells, problems } = await checkFiles(one, null, new Date());
const wall = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(before);
const kinds = [...new Set(problems.map(({ rule }) => rule))].join(', ') || 'none';
console.log(
  `${files} runs, ${cells} cells: ${wall.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of processor. Problems: ${kinds}.`,
);
rmSync(one, { recursive: true });
