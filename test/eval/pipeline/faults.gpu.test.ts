/** What a sweep on a GPU makes of memory that runs out, of a worker that is killed and of a device that is lost. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RunFile, runFileSchema } from '../../../data/schema.ts';
import { createCudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { whyNoGpu } from '../../kernels/gpu.ts';
import { randomTokens } from '../engines/compare.ts';
import { tinyModel } from '../engines/tiny-models.ts';
import { runEval, runSabotaged } from './command.ts';
import { placesIn, scratchFolder } from './places.ts';
import { writeTiny } from './tiny-checkpoint.ts';

const why = whyNoGpu();
const RECIPES = ['rtn-w8g64', 'rtn-w4g64', 'rtn-w3g64'];

async function tinySweep() {
  const folder = scratchFolder();
  const model = path.join(folder, 'one');
  await writeTiny(model);
  const { database, results, cache } = placesIn(folder);
  const what = ['--model', model, '--recipe', RECIPES.join(','), '--task', 'world-facts,world-text'];
  const places = ['--db', database, '--out', results, '--cache', cache];
  return { folder, command: [...what, '--limit', '20,world-text=3', '--engine', 'cuda', ...places] };
}

function cellsIn(folder: string): RunFile['cells'] {
  const { results } = placesIn(folder);
  const [run] = readdirSync(results).filter((name) => !name.startsWith('.'));
  return runFileSchema.parse(JSON.parse(readFileSync(path.join(results, run!, 'run.json'), 'utf8'))).cells;
}

const outcomes = (folder: string) =>
  cellsIn(folder).map((cell) =>
    'error' in cell ? `${cell.recipe} ${cell.task} ${cell.error.code}` : cell.recipe,
  );

describe.skipIf(why !== undefined)(why === undefined ? 'faults' : `faults (skipped: ${why})`, () => {
  test('memory that runs out is an error of that piece of work, and the engine goes on', async () => {
    const engine = await createCudaEngine({ dtype: 'f32' });
    const tiny = tinyModel('biases everywhere');
    const model = await engine.load(tiny.architecture, tiny.weights, { workspaceBytes: 1 << 26 });
    const requests = [{ context: randomTokens(9, 97, 1), continuations: [randomTokens(5, 97, 2)] }];
    const before = await model.score(requests);
    expect(() => engine.device.alloc(2 ** 45)).toThrow(
      expect.objectContaining({ code: 'kernels/out-of-memory' }),
    );
    expect(await model.score(requests)).toEqual(before);
    await engine.close();
    const small = await createCudaEngine({ dtype: 'f32', deviceBytes: 2 ** 20 });
    const crowded = await small.load(tiny.architecture, tiny.weights, { workspaceBytes: 1 << 26 });
    await expect(crowded.score(requests)).rejects.toMatchObject({ code: 'engine/device-memory' });
    await small.close();
  });

  test('a worker that is killed is replaced', async () => {
    const { folder, command } = await tinySweep();
    const sabotage = `kill ${path.join(folder, 'killed')} ^rtn-w4g64 +world-facts`;
    const { status, stdout, stderr } = await runSabotaged(sabotage, ...command);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('ended with SIGKILL.');
    expect(outcomes(folder)).toEqual(['fp16', ...RECIPES].flatMap((recipe) => [recipe, recipe]));
  });

  test('a device error fails the cell with its reason, and the rest is measured in a new process', async () => {
    const { folder, command } = await tinySweep();
    const sabotage = `address ${path.join(folder, 'broken')} ^rtn-w8g64 +world-facts`;
    const { status, stdout } = await runSabotaged(sabotage, ...command);
    expect(status).toBe(0);
    expect(stdout).toContain('ended with status 3.');
    const failed = cellsIn(folder).filter((cell) => 'error' in cell);
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({ recipe: 'rtn-w8g64', error: { code: 'kernels/device' } });
    expect(failed[0]).toMatchObject({
      error: { message: expect.stringMatching(/illegal memory access/i) },
    });
    expect(cellsIn(folder)).toHaveLength(2 * (1 + RECIPES.length));
    // Asked for again, only what failed is measured.
    const again = await runEval(...command, '--retry');
    expect(again.status).toBe(0);
    expect(again.stdout).toContain('one: 1 of 4 cells to measure');
    expect(outcomes(folder)).toEqual(['fp16', ...RECIPES].flatMap((recipe) => [recipe, recipe]));
  });

  test('one GPU that is named is used by the process itself, which stops where it is lost', async () => {
    const { folder, command } = await tinySweep();
    const { status, stdout } = await runEval(...command, '--devices', '0');
    expect(status).toBe(0);
    expect(stdout).not.toContain('at a time');
    expect(outcomes(folder)).toHaveLength(2 * (1 + RECIPES.length));
  });
});
