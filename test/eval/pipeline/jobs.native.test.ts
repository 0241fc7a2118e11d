/** Several processes at a time: the same cells as one after the other, killed and resumed, and when a worker dies. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../data/db.ts';
import { type RunFile, runFileSchema } from '../../../data/schema.ts';
import { runEval, runSabotaged, startEval } from './command.ts';
import { copyBuilt, placesIn, scratchFolder, sweepFolder } from './places.ts';
import { writeTiny } from './tiny-checkpoint.ts';

const NAMES = ['one', 'two'];
const CELLS_OF_A_MODEL = 2 * 2;
const RECIPES = ['rtn-w8g64', 'rtn-w3g64'];

async function tinyModels(): Promise<string> {
  const folder = scratchFolder();
  for (const [index, name] of NAMES.entries()) {
    await writeTiny(path.join(folder, name), (tensors) =>
      tensors.get('model.norm.weight')!.fill(1 + index / 10),
    );
  }
  return NAMES.map((name) => path.join(folder, name)).join(',');
}

function commandIn(folder: string, models: string): string[] {
  const { database, results, cache } = placesIn(folder);
  const what = ['--model', models, '--recipe', 'rtn-w4g64a8kv4', '--task', 'world-facts,world-text'];
  return [...what, '--limit', '20,world-text=3', '--db', database, '--out', results, '--cache', cache];
}

function cellsIn(folder: string) {
  const { results } = placesIn(folder);
  const runs = readdirSync(results).filter((name) => !name.startsWith('.'));
  const read = (run: string): RunFile =>
    runFileSchema.parse(JSON.parse(readFileSync(path.join(results, run, 'run.json'), 'utf8')));
  const timeless = runs
    .sort()
    .flatMap((run) => read(run).cells.map((cell) => ({ ...cell, wall_ms: 0, peak_memory_bytes: 0 })));
  return timeless;
}

async function storedCells(folder: string): Promise<number> {
  const { connection, close } = await openDatabase(placesIn(folder).database, { readOnly: true });
  const reader = await connection.runAndReadAll(
    'SELECT count(*)::INT FROM local_cell WHERE error_code IS NULL',
  );
  close();
  return Number(reader.getRows()[0]![0]);
}

test('jobs measure what one process measures, after a kill too and beside a model that cannot be measured', {
  timeout: 240_000,
}, async () => {
  const models = await tinyModels();
  const [apart, together] = [sweepFolder(), sweepFolder()];
  const first = startEval(...commandIn(apart, models), '--jobs', '2');
  await first.shows(/^\[(one|two)\] fp16 .* s$/m);
  first.terminate();
  expect((await first.ended).status).toBe(130);
  const all = `${models},${scratchFolder()}`;
  const second = await runEval(...commandIn(apart, all), '--jobs', '2', '--threads', '1');
  expect(second.status).toBe(1);
  expect(second.stderr).toContain('config.json');
  expect(second.stdout).toMatch(/\d parts, 2 at a time with 1 threads each\./);
  for (const name of NAMES) {
    expect(second.stdout).toContain(`\n${name}: all ${CELLS_OF_A_MODEL} cells were measured before`);
  }
  expect(await storedCells(apart)).toBe(2 * CELLS_OF_A_MODEL);
  expect((await runEval(...commandIn(together, models))).status).toBe(0);
  expect(cellsIn(apart)).toEqual(cellsIn(together));
  expect(existsSync(path.join(placesIn(apart).cache, 'jobs'))).toBe(false);
});

test('recipes of one model are spread, its 16-bit form is measured once, and a worker that is killed is replaced', async () => {
  const folder = sweepFolder();
  const model = path.join(folder, 'one');
  await writeTiny(model);
  const command = commandIn(folder, model).map((word) => (word.startsWith('rtn') ? RECIPES.join(',') : word));
  const sabotage = `kill ${path.join(folder, 'killed')} ^rtn-w3g64 +world-facts`;
  const { status, stderr, stdout } = await runSabotaged(sabotage, ...command, '--jobs', '2');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('3 parts, 2 at a time');
  expect(stdout.match(/^\[one\] fp16 +world-text .* s$/gm)).toHaveLength(1);
  expect(stdout).toContain('[one] ended with SIGKILL.');
  expect(stdout).toMatch(/a new process goes on, \d cells to go/);
  expect(cellsIn(folder).map((cell) => ('error' in cell ? cell.error.code : cell.recipe))).toEqual(
    ['fp16', ...RECIPES].flatMap((recipe) => [recipe, recipe]),
  );
  expect(await storedCells(folder)).toBe(2 * (1 + RECIPES.length));

  forgetAs(folder, 'rtn-w8g64', { code: 'kernels/device', message: 'the device failed' });
  const retried = await runEval(...command, '--jobs', '2', '--retry');
  expect(retried.stdout).toMatch(/one: 1 of \d cells to measure/);
  expect(cellsIn(folder).filter((cell) => 'error' in cell)).toEqual([]);
}, 240_000);

/** The first cell of a recipe has failed, as far as the only run and its database know. */
function forgetAs(folder: string, recipe: string, error: { code: string; message: string }): void {
  const { results } = placesIn(folder);
  const [run] = readdirSync(results).filter((name) => !name.startsWith('.'));
  const file = path.join(results, run!, 'run.json');
  const content = runFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const index = content.cells.findIndex((cell) => cell.recipe === recipe);
  const { cell_key, model, task, task_version, settings, wall_ms, peak_memory_bytes } = content.cells[index]!;
  const shared = { cell_key, model, recipe, task, task_version, settings, wall_ms, peak_memory_bytes };
  writeFileSync(file, JSON.stringify({ ...content, cells: content.cells.with(index, { ...shared, error }) }));
  copyBuilt(folder);
}
