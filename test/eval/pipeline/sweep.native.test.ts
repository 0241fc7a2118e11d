/** Real sweeps of a tiny random model in processes of their own: killed, resumed, repeated, disturbed, reproduced. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../data/db.ts';
import { type Cell, type RunFile, runFileSchema } from '../../../data/schema.ts';
import { methods } from '../../../eval/methods/index.ts';
import { type Ended, launchEval, type Running, runEval, startEval } from './command.ts';
import { copyBuilt, placesIn, scratchFolder, sweepFolder } from './places.ts';
import { writeTiny } from './tiny-checkpoint.ts';

const RECIPES = ['fp16', 'rtn-w4g64', 'gptq-w3g64'];
const TASKS = ['world-facts', 'world-last-word', 'world-text'];
const TOTAL = RECIPES.length * TASKS.length;
const CELL_LINE = /^(fp16|rtn|gptq).* (s|min)$/gm;

function commandIn(folder: string, model: string): string[] {
  const { database, results, cache } = placesIn(folder);
  const what = ['--model', model, '--recipe', RECIPES.join(','), '--task', TASKS.join(','), '--limit', '20'];
  const calibration = ['--calibration-samples', '8', '--calibration-length', '64'];
  return [...what, ...calibration, '--db', database, '--out', results, '--cache', cache];
}

function runFileIn(folder: string): string {
  const { results } = placesIn(folder);
  const [run] = readdirSync(results).filter((name) => !name.startsWith('.'));
  return path.join(results, run!, 'run.json');
}

const read = (file: string): RunFile => runFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

function timeless({ cells }: RunFile) {
  return cells.map((cell: Cell) => ({ ...cell, wall_ms: 0, peak_memory_bytes: 0 }));
}

async function storedCells(folder: string) {
  const { connection, close } = await openDatabase(placesIn(folder).database, { readOnly: true });
  const reader = await connection.runAndReadAll(
    'SELECT recipe_id, task_id, error_code, count(*)::INT AS n FROM local_cell GROUP BY ALL ORDER BY ALL',
  );
  const rows = reader.getRowObjectsJson();
  close();
  return rows;
}

async function tinyModel(): Promise<string> {
  const folder = path.join(scratchFolder(), 'tiny');
  await writeTiny(folder);
  return folder;
}

const linesOf = (text: string) => text.match(CELL_LINE)?.length ?? 0;

/** Kills a run some time after its first finished cell, and tells how many cells it had told of by then. */
async function killAfterFirstCell(running: Running, delay: number): Promise<number> {
  await running.shows(CELL_LINE);
  await new Promise((resolve) => setTimeout(resolve, delay));
  running.kill();
  const { status, stdout, stderr } = await running.ended;
  expect(stderr).toBe('');
  expect(status).toBeNull();
  return linesOf(stdout);
}

describe('a sweep', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'bitloss-sweep-'));
  const model = path.join(root, 'tiny');
  let first: Running;
  let second: Ended;
  beforeAll(async () => {
    copyBuilt(root);
    await writeTiny(model);
    first = launchEval(commandIn(root, model));
    await first.shows(CELL_LINE);
    second = await runEval(...commandIn(root, model));
    expect((await first.ended).status).toBe(0);
  }, 120_000);
  afterAll(() => {
    first.kill();
    rmSync(root, { recursive: true, force: true });
  });

  test('has its database for itself: a second process is told who has it, and the first one ends well', () => {
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(/another process \(PID \d+\) has it open for writing\. Wait until it ends/);
    expect(read(runFileIn(root)).cells).toHaveLength(TOTAL);
  });

  test('killed again and again ends with the same cells as one left alone, and repeats no work', async () => {
    const folder = sweepFolder();
    let known = 0;
    for (const delay of [0, 60]) {
      const told = await killAfterFirstCell(startEval(...commandIn(folder, model)), delay);
      const { cells } = read(runFileIn(folder));
      // What was told is stored; at most one more cell may be, whose line did not come out any more.
      expect(cells.length - known).toBeGreaterThanOrEqual(told);
      expect(cells.length - known).toBeLessThanOrEqual(told + 1);
      known = cells.length;
    }
    expect(known).toBeLessThan(TOTAL);
    const last = await runEval(...commandIn(folder, model));
    expect(last).toMatchObject({ status: 0, stderr: '' });
    expect(linesOf(last.stdout)).toBe(TOTAL - known);
    expect(last.stdout).toContain(`${TOTAL - known} of ${TOTAL} cells to measure`);

    expect(timeless(read(runFileIn(folder)))).toEqual(timeless(read(runFileIn(root))));
    const rows = await storedCells(folder);
    expect(rows).toHaveLength(TOTAL);
    expect(rows.every(({ n, error_code }) => n === 1 && error_code === null)).toBe(true);
    expect(read(runFileIn(folder)).run.settings.sessions).toHaveLength(3);
    expect(readdirSync(path.join(placesIn(folder).cache, 'compressed'))).toEqual([]);
  });

  test('done a second time computes nothing and changes nothing', async () => {
    const before = readFileSync(runFileIn(root), 'utf8');
    const again = await runEval(...commandIn(root, model));
    expect(again.status).toBe(0);
    expect(again.stdout).toContain(`all ${TOTAL} cells were measured before; nothing was computed`);
    expect(linesOf(again.stdout)).toBe(0);
    expect(readFileSync(runFileIn(root), 'utf8')).toBe(before);
  });

  test('is made again from its run file, to the last digit', async () => {
    const { status, stdout } = await runEval('reproduce', runFileIn(root));
    expect(stdout).toMatch(
      /Reproduced: 9 cells measured again, (\d+) of \1 items have the same outcome, (\d+) of \2 numbers .* (\d+) of \3 scores are identical\./,
    );
    expect(status).toBe(0);
  });

  test('is not compared with one of other inputs', async () => {
    const folder = scratchFolder();
    const other = path.join(folder, 'tiny');
    await writeTiny(other, (tensors) => tensors.get('model.norm.weight')!.fill(1));
    const file = path.join(folder, 'run.json');
    writeFileSync(file, readFileSync(runFileIn(root), 'utf8').replaceAll(model, other));
    const { status, stderr } = await runEval('reproduce', file);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /the weights here are not those of the run: SHA-256 [0-9a-f]{64} there, [0-9a-f]{64} here/,
    );
  });

  test('with a recipe more measures only that recipe', async () => {
    const more = commandIn(root, model).map((word) =>
      word === RECIPES.join(',') ? `${word},rtn-w2g64` : word,
    );
    const { status, stdout, stderr } = await runEval(...more);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`${TASKS.length} of ${TOTAL + TASKS.length} cells to measure`);
  });
});

test('cells that fail are rows with their error', async () => {
  const [model, folder] = [path.join(scratchFolder(), 'tiny'), sweepFolder()];
  await writeTiny(model, (tensors) =>
    tensors.get('model.layers.1.mlp.down_proj.weight')!.fill(Number.NaN, 7, 9),
  );
  const { status, stdout } = await runEval(...commandIn(folder, model));
  // Nothing at all could be measured.
  expect(status).toBe(1);
  expect(stdout).toMatch(/fp16 +world-facts +failed: .*down_proj.* NaN or infinite/);
  expect(stdout).toContain(`${TOTAL} cells failed`);
  const { cells } = read(runFileIn(folder));
  expect(cells.map((cell) => ('error' in cell ? cell.error.code : ''))).toEqual(
    Array.from({ length: TOTAL }, () => 'safetensors/not-finite'),
  );
  expect(await storedCells(folder)).toHaveLength(TOTAL);
  const again = await runEval(...commandIn(folder, model));
  expect(again.stdout).toContain('nothing was computed');
});

describe('the command line', () => {
  test('tells all problems at once', async () => {
    const { status, stderr, stdout } = await runEval(
      ...[
        '--model',
        'bitlos-llama',
        '--recipe',
        'gtpq-w4g128,rtn-w2',
        '--task',
        'wrld-text,piqa',
        '--limit',
        'many',
        '--kep',
      ],
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const known = ['fp16', ...Object.keys(methods)];
    const shown = stderr.replace(`${known.join(', ')} (${known.length})`, 'METHODS');
    expect(shown).toMatchInlineSnapshot(`
      "
      [eval] 6 problems with the arguments:
        - unknown option --kep. Did you mean "--keep"?
        - --limit: expected a whole number of items, at least 1, got "many".
        - --model: "bitlos-llama" is no folder, no shipped model and no Hugging Face id such as org/name. Shipped: bitloss-bloom-1.5m, bitloss-chatglm-1.7m, bitloss-english-3m, bitloss-falcon-1.5m, bitloss-gemma-1.5m, bitloss-llama-0.5m, bitloss-llama-1.5m, bitloss-llama-3m, bitloss-mamba-1.7m, bitloss-mistral-1.5m, bitloss-mixtral-3m, bitloss-opt-1.5m, bitloss-qwen2-moe-2.5m, bitloss-stablelm-1.5m (14).
        - --recipe: "gtpq-w4g128" names the method "gtpq", which is not known. Did you mean "gptq"? Known: METHODS.
        - --task: unknown task "wrld-text". Did you mean "world-text"? Known: arc-challenge, arc-easy, hellaswag, lambada, piqa, wikitext-lm-eval, wikitext2, winogrande, world-answers, world-arithmetic, world-calibration, world-dialogue, world-documents, world-facts, world-facts-5shot, world-instructions, world-judging, world-last-word, world-lines, world-mapping-0shot, world-mapping-10shot, world-mapping-1shot, world-mapping-5shot, world-moral, world-open-book, world-reasoning, world-summary, world-text, world-typos (29).
        - --task piqa: its texts are not part of the repository. Give their folder with --data DIR.
       See pnpm eval --help.
      "
    `);
  });

  test('shows a plan without making anything', async () => {
    const [model, folder] = [await tinyModel(), scratchFolder()];
    const { status, stdout } = await runEval(
      ...commandIn(folder, model),
      '--recipe',
      'rtn-w4g96',
      '--dry-run',
    );
    expect(status).toBe(0);
    expect(
      stdout.replaceAll(model, 'MODEL').replace(/tiny-[0-9a-f]{12}/, 'tiny-HASH'),
    ).toMatchInlineSnapshot(`
      "tiny (llama, 0.6 M parameters, MODEL)
        recipes  fp16, rtn-w4g64, gptq-w3g64
        tasks    world-facts, world-last-word, world-text
        cells    9, of which 0 are stored already
        run      tiny-HASH
      Left out:
        - tiny · rtn-w4g96: [rtn] model.layers.0.self_attn.q_proj: group size 96 does not divide K = 128. Use a divisor such as 64 or 128.
      "
    `);
    expect(existsSync(placesIn(folder).database)).toBe(false);
    expect(existsSync(placesIn(folder).results)).toBe(false);
  });
});
