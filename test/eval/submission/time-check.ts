/**
 * How long `pnpm submission check` takes: `node test/eval/submission/time-check.ts [files] [tasks]`. Makes a checkout of
 * that many results, each fp16 and three recipes on some tasks with all their items, under a handle each, and checks it.
 * There are fourteen different ones, so that most are refused as copies, for which the check looks at more than else.
 */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { checkFiles } from '../../../eval/submission/check/check-files.ts';
import { checkout, validSubmission } from './valid-submission.ts';

const [files, wanted] = [process.argv[2] ?? '1000', process.argv[3] ?? '2'].map(Number) as [number, number];
const run = path.resolve(
  import.meta.dirname,
  '../../../data/results/bitloss/bitloss-llama-0.5m-10fc056672d4.json',
);
const content = JSON.parse(readFileSync(run, 'utf8')) as {
  tasks: { task: string }[];
  recipes: { recipe: string }[];
};
const tasks = [...new Set(['world-facts', 'world-text', ...content.tasks.map(({ task }) => task)])];
const recipes = content.recipes.map(({ recipe }) => recipe).filter((recipe) => recipe !== 'fp16');
const kinds = Math.floor(recipes.length / 3);

const root = checkout();
for (let i = 0; i < files; i++) {
  const folder = path.join(root, `data/results/h${i}`);
  if (i < kinds) cpSync(await folderOf(i), folder, { recursive: true });
  else cpSync(path.join(root, `data/results/h${i % kinds}`), folder, { recursive: true });
}

const before = process.cpuUsage();
const start = performance.now();
const { cells, problems } = await checkFiles(root, null, new Date());
const wall = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(before);
const rules = [...new Set(problems.map(({ rule }) => rule))].join(', ') || 'none';
console.log(
  `${files} runs, ${cells} cells: ${wall.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of processor. Problems: ${rules}.`,
);
rmSync(root, { recursive: true });

/** A folder with one submission. */
async function folderOf(kind: number): Promise<string> {
  const some = ['fp16', ...recipes.slice(3 * kind, 3 * kind + 3)];
  const valid = await validSubmission(some, tasks.slice(0, wanted));
  const one = checkout({
    [`data/results/h/${valid.stem}.json`]: valid.text,
    [`data/results/h/${valid.stem}.parquet`]: valid.parquet,
  });
  valid.close();
  return path.join(one, 'data/results/h');
}
