/** Building, freshness and opening: what goes wrong is said clearly and changes nothing. */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { contentHash } from '../../data/database/build.ts';
import { lineOfPath } from '../../data/database/json-lines.ts';
import type { Problem } from '../../data/database/problems.ts';
import { buildDatabase, ensureDatabase, materializeViews, openDatabase } from '../../data/db.ts';
import { BitlossError } from '../../data/errors.ts';
import { readView, VIEW_ROWS, type ViewName } from '../../data/views.ts';
import { DATA, dataFolder, openForTest, runFile } from './data-folder.ts';

const oneCell = JSON.stringify(runFile('a', [{ recipe: 'fp16', metrics: [{ value: 0.6 }] }]));
const someCells = JSON.stringify(
  runFile('a', [
    { recipe: 'fp16', metrics: [{ value: 0.6 }] },
    { recipe: 'rtn-w4g128', metrics: [{ value: 0.55 }] },
    { recipe: 'gptq-w4g128', metrics: [{ value: 0.58 }] },
  ]),
);
const small = () => dataFolder({ files: { 'results/bitloss/a.json': oneCell } });

let smallDatabase: Promise<string> | null = null;

/** The same folder with its database in it, which is copied from one that was built once. */
async function smallBuilt(): Promise<{ root: string; path: string }> {
  const build = async (root: string) => (await buildDatabase({ root })).path;
  smallDatabase ??= build(small());
  const root = small();
  const path = join(root, 'bitloss.duckdb');
  copyFileSync(await smallDatabase, path);
  return { root, path };
}

const code = (wanted: string) => expect.objectContaining({ code: wanted });

async function failure(work: Promise<unknown>): Promise<BitlossError> {
  const error = await work.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof BitlossError)) throw new Error(`expected a BitlossError, got ${String(error)}`);
  return error;
}

describe('building', () => {
  it('twice gives the same rows in the same order', async () => {
    const root = dataFolder({ published: true });
    const hashes: string[] = [];
    for (const name of ['a.duckdb', 'b.duckdb']) {
      await buildDatabase({ root, path: join(root, name) });
      const database = await openForTest(join(root, name));
      await materializeViews(database, root);
      const views = Object.keys(VIEW_ROWS) as ViewName[];
      for (const view of views) hashes.push(contentHash(await readView(database, view)));
    }
    const half = hashes.length / 2;
    expect(hashes.slice(half)).toEqual(hashes.slice(0, half));
  }, 240_000);

  it('makes views that can be computed once and then read as tables', async () => {
    const root = dataFolder({ files: { 'results/bitloss/a.json': someCells } });
    await buildDatabase({ root });
    const database = await openForTest(join(root, 'bitloss.duckdb'));
    const read = () =>
      Promise.all((['board', 'curve', 'summary'] as const).map((view) => readView(database, view)));
    const before = await read();
    expect(before[0]).toHaveLength(3);
    await materializeViews(database, root);
    const tables = await database.connection.runAndReadAll(
      'SELECT table_name FROM duckdb_tables() WHERE temporary',
    );
    expect(tables.getRows().flat().map(String)).toEqual(expect.arrayContaining(Object.keys(VIEW_ROWS)));
    expect(await read()).toEqual(before);
  });

  it('is skipped while nothing has changed, and not after', async () => {
    const root = small();
    expect(await ensureDatabase({ root })).toMatchObject({ cells: 1 });
    expect(await ensureDatabase({ root })).toBeNull();
    writeFileSync(
      join(root, 'results/bitloss/b.json'),
      JSON.stringify(runFile('b', [{ recipe: 'rtn-w4', metrics: [{ value: 0.5 }] }])),
    );
    expect(await ensureDatabase({ root })).toMatchObject({ cells: 2 });
    rmSync(join(root, 'bitloss.duckdb'));
    expect(await ensureDatabase({ root })).toMatchObject({ cells: 2 });
  });

  it('replaces a database of another version', async () => {
    const root = small();
    const path = join(root, 'bitloss.duckdb');
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(path);
    instance.closeSync();
    expect(await failure(openDatabase(path, { readOnly: true }))).toEqual(code('database/outdated'));
    expect(await ensureDatabase({ root })).toMatchObject({ cells: 1 });
  });
});

it('stored runs of another version stop a build instead of being dropped', async () => {
  const { root, path } = await smallBuilt();
  const database = await openDatabase(path, { readOnly: false });
  await database.connection.run('DROP TABLE local_run; CREATE TABLE local_run (run_id VARCHAR)');
  await database.connection.run("INSERT INTO local_run VALUES ('old')");
  database.close();
  const before = readFileSync(path);
  expect((await failure(buildDatabase({ root }))).code).toBe('database/other-runs');
  expect(readFileSync(path).equals(before)).toBe(true);
});

describe('malformed files', () => {
  it('are reported all at once, with file, line, field and what to do, and the old database stays', async () => {
    const { root, path } = await smallBuilt();
    const before = readFileSync(path);
    const header = JSON.parse(readFileSync(join(DATA, 'published/eora.json'), 'utf8'));
    const csv = readFileSync(join(DATA, 'published/eora.csv'), 'utf8').split('\n');
    csv[1] = csv[1].replace('LLaMA-3.2-3B', 'LLaMA-9');
    csv[2] = csv[2].replace(/[\d.]+(?=,[^,]*$)/, 'forty');
    csv[3] = `${csv[3]},more`;
    header.configs['FP16'].method = 'FP17';
    const run = runFile('b', [
      { recipe: 'rtn-w04', metrics: [{ value: 1.5 }] },
      { recipe: 'magic-w4', task: 'guessing', metrics: [{ value: 0.5 }, { value: 0.5 }] },
    ]);
    const cells = run.cells as unknown as Record<string, unknown>[];
    const broken = { ...run, run: { ...run.run, seed: 'zero' } };
    const files: [string, string][] = [
      ['published/eora.csv', csv.join('\n')],
      ['published/eora.json', JSON.stringify(header, null, 1)],
      ['results/me/b.json', JSON.stringify(run, null, 1)],
      ['results/me/c.json', JSON.stringify(broken, null, 1)],
      ['results/me/d.json', '{"schema": 1,\n "run": '],
    ];
    expect(cells.length).toBe(2);
    const bad = dataFolder({ files: Object.fromEntries(files) });
    const error = await failure(buildDatabase({ root: bad, path }));
    const problems = error.details['problems'] as Problem[];
    const told = problems.map(({ file, line, field }) => `${file}:${line} ${field}`);
    expect(error.code).toBe('data/malformed');
    const seedLine = JSON.stringify(broken, null, 1)
      .slice(0, JSON.stringify(broken, null, 1).indexOf('"seed"'))
      .split('\n').length;
    expect(told).toEqual(
      expect.arrayContaining([
        'published/eora.csv:2 model',
        'published/eora.csv:3 value',
        'published/eora.csv:4 row',
        expect.stringMatching(/^results\/me\/b\.json:\d+ cells\[0\]\.recipe$/),
        expect.stringMatching(/^results\/me\/b\.json:\d+ cells\[0\]\.metrics\[0\]\.value$/),
        expect.stringMatching(/^results\/me\/b\.json:\d+ cells\[1\]\.recipe$/),
        expect.stringMatching(/^results\/me\/b\.json:\d+ cells\[1\]\.task$/),
        expect.stringMatching(/^results\/me\/b\.json:\d+ cells\[1\]\.metrics\[1\]\.metric$/),
        `results/me/c.json:${seedLine} run.seed`,
        'results/me/d.json:2 JSON',
      ]),
    );
    expect(problems.every(({ found, fix }) => found !== '' && fix.endsWith('.'))).toBe(true);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(root).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  it('read like this', async () => {
    const root = dataFolder({
      files: {
        'results/me/b.json': JSON.stringify(
          runFile('b', [{ recipe: 'rtn-w04', metrics: [{ value: 0.5 }] }]),
          null,
          1,
        ),
      },
    });
    expect((await failure(buildDatabase({ root }))).message).toMatchInlineSnapshot(`
      "[data] 1 malformed row in 1 file; the database was not changed.
      results/me/b.json:54 cells[0].recipe: found "rtn-w04". [recipe] "rtn-w04": it does not follow the grammar method-w<bits>[g<group>][a<bits>][kv<bits>][-option…]. Examples: fp16, rtn-w4g128, gptq-w3g128-actorder, rtn-w4a8kv4, wanda-2:4, sparsegpt-s50.
       Correct them and build again."
    `);
  });

  it('in the catalogues are found too', async () => {
    const tasks = readFileSync(join(DATA, 'tasks.json'), 'utf8').replace(
      '"ability": "knowledge"',
      '"ability": "wisdom"',
    );
    const error = await failure(buildDatabase({ root: dataFolder({ files: { 'tasks.json': tasks } }) }));
    const [problem] = error.details['problems'] as Problem[];
    expect(problem).toMatchObject({ file: 'tasks.json', line: 3, field: '[1].ability', found: '"wisdom"' });
  });

  it('the line of a JSON value is found by its path', () => {
    const text = '{\n "a": [1, {"b":\n "x\\"]}"},\n {"c": [\n]}],\n "d": null}';
    const lines = [
      [],
      ['a'],
      ['a', 0],
      ['a', 1, 'b'],
      ['a', 2],
      ['a', 2, 'c'],
      ['d'],
      ['missing'],
      ['a', 9],
    ].map((path) => lineOfPath(text, path));
    expect(lines).toEqual([1, 2, 2, 3, 4, 4, 6, 1, 2]);
  });
});

describe('opening', () => {
  it('a missing file', async () => {
    const error = await failure(openDatabase('/nowhere/bitloss.duckdb', { readOnly: true }));
    expect(error.message).toMatchInlineSnapshot(
      `"[database] /nowhere/bitloss.duckdb: no such file. Make it from the data files with \`pnpm build\`, or measure something with \`pnpm eval\`."`,
    );
  });

  it('a file that another process has open for writing: nobody waits, nothing changes', async () => {
    const { root, path } = await smallBuilt();
    const before = readFileSync(path);
    const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLD, path], {
      cwd: DATA,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void holder.kill());
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    for (const readOnly of [true, false]) {
      const error = await failure(openDatabase(path, { readOnly }));
      expect(error).toMatchObject({ code: 'database/locked', details: { path, pid: holder.pid } });
    }
    expect((await failure(buildDatabase({ root }))).code).toBe('database/locked');
    expect((await failure(ensureDatabase({ root }))).code).toBe('database/locked');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(root).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  const damages: [string, (path: string) => void][] = [
    ['text', (path) => writeFileSync(path, 'not a database, but long enough to look like one '.repeat(200))],
    ['an empty file', (path) => truncateSync(path, 0)],
    ['a truncated file', (path) => truncateSync(path, 8192)],
    ['zeros in the middle', (path) => writeFileSync(path, readFileSync(path).fill(0, 8192, 300_000))],
  ];
  it.each(damages)('a damaged file: %s; a build leaves it as it is', async (_name, damage) => {
    const { root, path } = await smallBuilt();
    damage(path);
    const before = readFileSync(path);
    expect(await failure(openDatabase(path, { readOnly: true }))).toEqual(code('database/damaged'));
    expect((await failure(buildDatabase({ root }))).code).toBe('database/damaged');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('a folder that cannot be written', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may write everywhere');
    const root = small();
    const folder = mkdtempSync(join(tmpdir(), 'bitloss-read-only-'));
    chmodSync(folder, 0o500);
    expect((await failure(buildDatabase({ root, path: join(folder, 'x.duckdb') }))).code).toBe(
      'database/cannot-write',
    );
  });

  it('a folder that does not exist', async () => {
    const path = '/nowhere/at/all/bitloss.duckdb';
    expect((await failure(buildDatabase({ root: small(), path }))).code).toBe('database/cannot-write');
    expect(existsSync('/nowhere')).toBe(false);
  });

  it('after a kill: what was in the write-ahead log is kept', async () => {
    const { root, path } = await smallBuilt();
    const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITE, path], {
      cwd: DATA,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    writer.kill('SIGKILL');
    await new Promise((resolve) => writer.once('exit', resolve));
    expect(existsSync(`${path}.wal`)).toBe(true);
    appendFileSync(join(root, 'suspects.json.note'), '');
    await buildDatabase({ root });
    const database = await openForTest(path);
    const reader = await database.connection.runAndReadAll('SELECT run_id FROM local_run');
    expect(reader.getRows()).toEqual([['killed']]);
    expect(existsSync(`${path}.wal`)).toBe(false);
  });
});

const HOLD = `
import { DuckDBInstance } from '@duckdb/node-api';
const instance = await DuckDBInstance.create(process.argv[1]);
console.log('open');
setInterval(() => instance, 1000);`;

const WRITE = `
import { DuckDBInstance } from '@duckdb/node-api';
const connection = await (await DuckDBInstance.create(process.argv[1])).connect();
await connection.run("INSERT INTO local_run VALUES ('killed', 'local', now()::TIMESTAMP, 'c', NULL, 'onnx 1 cpu', 0, NULL, '{}')");
console.log('written');
setInterval(() => connection, 1000);`;
