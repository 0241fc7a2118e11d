/** A tiny run, published and measured again: as it is, tampered with, in parts, stopped, from other weights. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type TrustRecord, trustRecordSchema } from '../../../data/trust-schema.ts';
import { parseArguments } from '../../../eval/cli/arguments.ts';
import { evalCommand } from '../../../eval/cli/command.ts';
import { publishRun } from '../../../eval/store/publish.ts';
import { readRunFile } from '../../../eval/store/run-file.ts';
import type { Surroundings } from '../../../eval/sweep.ts';
import { rowIds } from '../../../eval/verify/published-runs.ts';
import { reproduceCommand } from '../../../eval/verify/reproduce-command.ts';
import { spotCheckCommand } from '../../../eval/verify/spot-check-command.ts';
import { dataFolder } from '../../data/data-folder.ts';
import { writeTiny } from '../pipeline/tiny-checkpoint.ts';

const data = dataFolder();
const root = path.dirname(data);
const scratch = path.join(data, 'work');
const model = path.join(scratch, 'tiny');
let minutes = 0;
const lines: string[] = [];
const around: Surroundings = {
  root: scratch,
  cwd: root,
  dataFolder: data,
  hub: { cacheFolder: scratch, endpoint: 'https://example.org', token: null, offline: true },
  now: () => new Date('2026-03-01T10:00:00Z'),
  log: (line) => void lines.push(line),
  // Every look at the clock is a minute later.
  output: { write: () => undefined, columns: undefined, clock: () => 60_000 * minutes++ },
} as Surroundings;

const told = () => lines.splice(0).join('\n');
let id = '';
let file = '';

beforeAll(async () => {
  mkdirSync(scratch, { recursive: true });
  await writeTiny(model);
  const what = ['--model', model, '--recipe', 'rtn-w4g64', '--task', 'world-facts,world-text'];
  const places = ['--db', path.join(scratch, 'x.duckdb'), '--out', path.join(scratch, 'local')];
  await evalCommand(parseArguments([...what, '--limit', '20,world-text=4', ...places]), around);
  const local = path.join(scratch, 'local');
  [id = ''] = readdirSync(local).filter((name) => name.startsWith('tiny-'));
  file = await publishRun(path.join(local, id, 'run.json'), data, 'someone');
  told();
});

const records = (): TrustRecord[] => {
  const folder = path.join(data, 'trust', id);
  return (existsSync(folder) ? readdirSync(folder) : []).map((name) =>
    trustRecordSchema.parse(JSON.parse(readFileSync(path.join(folder, name), 'utf8'))),
  );
};

/** Changes the published run for as long as something is done. */
async function tampered<Result>(
  change: (text: string) => string,
  work: () => Promise<Result>,
): Promise<Result> {
  copyFileSync(file, `${file}.copy`);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  return work().finally(() => {
    copyFileSync(`${file}.copy`, file);
    rmSync(`${file}.copy`);
  });
}

test('a row comes out again, to the last digit, and gets its record', async () => {
  const { cells } = (await readRunFile(file))!;
  const cell = cells.find(({ recipe, task }) => recipe === 'rtn-w4g64' && task === 'world-facts')!;
  const [row] = rowIds('someone', cell);
  expect(await reproduceCommand([row!, '--dry-run'], around)).toBe(0);
  expect(told()).toContain(`row ${row} of ${id} (recomputed): 2 cells to measure`);
  expect(await reproduceCommand([row!, '--handle', 'checker'], around)).toBe(0);
  expect(told()).toMatch(
    /Reproduced: 2 cells measured again, 40 of 40 items .*, 4 of 4 scores are identical/,
  );
  expect(records()).toMatchObject([
    {
      ...{ row_id: row, state: 'reproduced', who: 'checker', since: '2026-03-01T10:00:00.000Z' },
      evidence: { agreement: { cells: 2, items: 40, items_equal: 40, metrics_equal: 4, noise_floor: 0 } },
    },
  ]);
});

test('a score that was tampered with is not reproduced, and disputed only where that is asked for', async () => {
  const before = records().length;
  const raise = (text: string) => {
    const run = JSON.parse(text);
    run.recipes[1].cells[0][4][0][0] += 0.05;
    return JSON.stringify(run);
  };
  expect(await tampered(raise, () => reproduceCommand([id, '--handle', 'checker'], around))).toBe(1);
  expect(told()).toMatch(/Not reproduced: [\s\S]*rtn-w4g64 world-facts: acc is .* here[\s\S]*No record/);
  expect(records()).toHaveLength(before);
  const dispute = () => reproduceCommand([id, '--handle', 'checker', '--dispute'], around);
  expect(await tampered(raise, dispute)).toBe(1);
  expect(records().find(({ state }) => state === 'disputed')?.reason).toMatch(/is beyond noise: .*acc is/);
  rmSync(path.join(data, 'trust'), { recursive: true });
  told();
});

test('a spot check that is stopped goes on, measures nothing twice and agrees', async () => {
  const command = ['--fraction', '0.9', '--handle', 'checker', '--run', id];
  expect(await spotCheckCommand([...command, '--limit', '4'], around)).toBe(0);
  const first = told();
  const measured = first.match(/^\[\d\/\d\]/gm)?.length ?? 0;
  expect(measured).toBeGreaterThan(0);
  expect(first).toContain('1 are left: the same command goes on');
  expect(records()).toEqual([]);
  expect(await spotCheckCommand(command, around)).toBe(0);
  const rest = told();
  const total = Number(/of (\d+) cells of 1 runs/.exec(rest)![1]);
  expect(rest.match(/^\[\d\/\d\]/gm)).toHaveLength(total - measured);
  expect(rest).toContain('1 of 1 runs agree.');
  expect(records()).toMatchObject([{ state: 'spot-checked', row_id: null, who: 'checker' }]);
  expect(records()[0]!.evidence!.agreement).toMatchObject({ cells: total, metrics: 0 });
  expect(existsSync(path.join(scratch, '.cache', 'spot-check', id))).toBe(false);
});

test('other weights, none, and runs that are not known are refused before anything is computed', async () => {
  await expect(reproduceCommand(['tiny-0'], around)).rejects.toThrow(/no row of the board/);
  await expect(spotCheckCommand(['--fraction', '1', '--run', 'tiny-0'], around)).rejects.toThrow(
    /no published run "tiny-0"/,
  );
  const other = path.join(scratch, 'other');
  await writeTiny(other, (tensors) => tensors.get('model.norm.weight')!.fill(1));
  await expect(reproduceCommand([id, '--model', other], around)).rejects.toThrow(
    /SHA-256 [0-9a-f]{64} there/,
  );
  await expect(reproduceCommand([id, '--model', './nowhere'], around)).rejects.toThrow(
    /the weights of .*nowhere are not here/,
  );
  told();
});
