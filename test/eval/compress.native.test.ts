import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRecipe } from '../../data/recipe.ts';
import { startCalibration } from '../../eval/compress/calibration-run.ts';
import type { Engine } from '../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../eval/engines/onnx/engine.ts';
import { linearsOf, siblingsOf } from '../../eval/families/linears.ts';
import { createRng } from '../../eval/math/rng.ts';
import { gptq } from '../../eval/methods/gptq.ts';
import { cpuOperations as operations } from '../../eval/operations/cpu.ts';
import type { WeightSource } from '../../eval/weights.ts';
import { architecture, compressTiny, sequences, weights } from './compress/tiny-job.ts';

const RECIPE = 'gptq-w3g16-actorder';
let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitloss-compress-'));
  engine = await createOnnxEngine({ threads: 1 });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

test('block k is calibrated on what the compressed blocks before it put out', async () => {
  const model = await compressTiny(join(folder, 'sequential'), RECIPE);
  const target = linearsOf(architecture.blocks[2])[0];
  const dense = {
    name: target.name,
    weight: await weights.linear(target),
    N: target.outFeatures,
    K: target.inFeatures,
  };
  // Calibrates block 2 alone, with blocks 0 and 1 from the source given.
  const calibratedOn = async (before: WeightSource) => {
    const source: WeightSource = {
      ...weights,
      linear: (linear) => (/layers\.[01]\./.test(linear.name) ? before : weights).linear(linear),
    };
    const run = await startCalibration({ engine, sequences, workspaceBytes: 1 << 24 }, architecture, source);
    const observed = await run.observe(2, source, { hessian: true, channels: false }, false);
    const statistics = observed.get(target.name)!.hessian!;
    const context = { statistics, operations, rng: createRng(0) };
    return (await gptq.quantize(dense, gptq.fromRecipe(parseRecipe(RECIPE)), context)).packed;
  };
  const packed = await model.packed(target.name);
  expect(await calibratedOn(model)).toEqual(packed);
  expect(await calibratedOn(weights)).not.toEqual(packed);
});

test('with trueseq, later linears of a block are calibrated on its compressed earlier ones', async () => {
  const plain = await compressTiny(join(folder, 'plain'), RECIPE);
  const ordered = await compressTiny(join(folder, 'ordered'), `${RECIPE}-trueseq`);
  const [first, ...later] = siblingsOf(architecture.blocks[0]);
  for (const { name } of first!) expect(await ordered.packed(name)).toEqual(await plain.packed(name));
  // The outputs of the first group feed the second one.
  const target = later[0]![0]!;
  expect(await ordered.packed(target.name)).not.toEqual(await plain.packed(target.name));
  const source: WeightSource = {
    ...weights,
    linear: (linear) => (first!.some(({ name }) => name === linear.name) ? plain : weights).linear(linear),
  };
  const run = await startCalibration({ engine, sequences, workspaceBytes: 1 << 24 }, architecture, source);
  const statistics = (await run.observe(0, source, { hessian: true, channels: false }, false)).get(
    target.name,
  )!.hessian!;
  const { name, outFeatures: N, inFeatures: K } = target;
  const dense = { name, weight: await weights.linear(target), N, K };
  const made = await gptq.quantize(dense, gptq.fromRecipe(parseRecipe(RECIPE)), {
    ...{ statistics, operations, rng: createRng(0) },
  });
  expect(await ordered.packed(name)).toEqual(made.packed);
});

test('at equal bits the outputs of GPTQ are closer to the original than those of RTN', async () => {
  const tokens = sequences[0];
  const original = await engine.load(architecture, weights, { workspaceBytes: 1 << 24 });
  const expected = await original.logits(tokens);
  const distance = async (recipe: string) => {
    const source = await compressTiny(join(folder, recipe), recipe);
    const compressed = await engine.load(architecture, source, { workspaceBytes: 1 << 24 });
    const logits = await compressed.logits(tokens);
    return logits.reduce((sum, value, i) => sum + (value - expected[i]) ** 2, 0);
  };
  expect(await distance('gptq-w4g16')).toBeLessThan(await distance('rtn-w4g16'));
  expect(await distance('gptq-w8g16')).toBeLessThan((await distance('gptq-w4g16')) / 20);
});

test('a recipe that only removes weights compresses, and says what is stored', async () => {
  const half = await compressTiny(join(folder, 'half'), 'magnitude-s50');
  const linears = architecture.blocks.flatMap(linearsOf);
  for (const linear of linears) {
    const [original, left] = [await weights.linear(linear), await half.linear(linear)];
    expect(left.filter((weight) => weight === 0).length).toBe(left.length / 2);
    expect(left.every((weight, i) => weight === 0 || weight === original[i])).toBe(true);
  }
  // These weights are float32: half of 32 bits and the mask, whose rows of 16 and 24 weights are whole bytes.
  expect(half.size.bitsPerWeight).toBe(17);
});

test.each([RECIPE, 'sparsegpt-2:4', 'wanda-w4g8-s50'])(
  'kill -9 loses at most the block in progress, and the result of %s has the same bytes',
  async (recipe) => {
    const whole = join(folder, `whole ${recipe}`);
    await compressTiny(whole, recipe);
    const killed = join(folder, `killed ${recipe}`);
    const script = join(import.meta.dirname, 'compress', 'tiny-job.ts');
    const child = spawn(process.execPath, [script, killed, recipe], { stdio: 'inherit' });
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once('exit', (_, signal) => resolve(signal)),
    );
    while (!existsSync(join(killed, 'block-0002.safetensors')) && child.exitCode === null)
      await setTimeout(1);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    const blocks = (await readdir(killed)).filter((name) => name.endsWith('.safetensors'));
    expect(blocks).toEqual([0, 1, 2].map((index) => `block-000${index}.safetensors`));
    const before = await stat(join(killed, 'block-0002.safetensors'));
    await compressTiny(killed, recipe);
    expect((await stat(join(killed, 'block-0002.safetensors'))).mtimeMs).toBe(before.mtimeMs);
    for (const name of await readdir(whole)) {
      expect(await readFile(join(killed, name))).toEqual(await readFile(join(whole, name)));
    }
  },
);
