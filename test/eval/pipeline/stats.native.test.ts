/** `pnpm eval --stats` as a process: one file a model, from which the database and the command itself can be made again. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type TensorFile, tensorFileSchema } from '../../../data/tensor-schema.ts';
import { runEval } from './command.ts';
import { scratchFolder } from './places.ts';
import { writeTiny } from './tiny-checkpoint.ts';

const SAMPLES = ['--calibration-samples', '4', '--calibration-length', '32', '--seed', '7'];
const read = (file: string): TensorFile => tensorFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

test('writes what it measured, the same every time; a broken model does not stop the others', async () => {
  const root = scratchFolder();
  const [sound, broken, out] = ['sound', 'broken', 'out'].map((name) => path.join(root, name));
  mkdirSync(sound!);
  await writeTiny(sound!);
  await writeTiny(broken!, (tensors) =>
    tensors.get('model.layers.1.mlp.down_proj.weight')!.fill(Number.NaN, 7, 8),
  );
  const first = await runEval('--stats', '--model', `${broken},${sound}`, ...SAMPLES, '--out', out!);
  expect(first.status).toBe(1);
  expect(first.stderr).toMatch(/1 of 2 models could not be measured:\n {2}- .*down_proj.* NaN or infinite/);
  expect(first.stdout).toMatch(
    /sound: 26 tensors over 128 tokens of world-train in .*\n {2}weight +14 × kurtosis 1\.8/,
  );
  expect(existsSync(path.join(out!, 'tensors/broken.json'))).toBe(false);

  const file = read(path.join(out!, 'tensors/sound.json'));
  const { text, tokens, model, command, notes } = file.measured;
  expect(text).toMatchObject({ text: 'world-train', samples: 4, length: 32, seed: 7 });
  expect({ tokens, id: model.id, notes }).toEqual({ tokens: 128, id: 'sound', notes: [] });
  expect(command).toBe(
    `pnpm eval --stats --model ${sound} --seed 7 --calibration-samples 4 --calibration-length 32`,
  );

  const words = command.split(' ').slice(2);
  const second = await runEval(...words, '--out', path.join(root, 'again'));
  expect(second).toMatchObject({ status: 0, stderr: '' });
  expect(read(path.join(root, 'again/tensors/sound.json')).rows).toEqual(file.rows);
});
