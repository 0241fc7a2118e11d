/** Device memory of a model that its caller drops while it works, over the host references. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CudaEngine } from '../../../../eval/engines/cuda/engine.ts';
import type { WeightSource } from '../../../../eval/weights.ts';
import { hostDevice } from '../host-device.ts';
import { tinyModel } from '../tiny-models.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const turn = () => new Promise((next) => setImmediate(next));

let engine: CudaEngine;
beforeAll(async () => {
  engine = new CudaEngine(await hostDevice(), { dtype: 'f32' });
}, 120_000);
afterAll(() => engine.close());

/** Whatever nobody refers to is collected, and told to be, with every read. */
function collecting(weights: WeightSource): WeightSource {
  const behind = async <T>(read: () => Promise<T>) => {
    await turn();
    collect();
    await turn();
    return read();
  };
  return {
    linear: (linear) => behind(() => weights.linear(linear)),
    tensor: (name) => behind(() => weights.tensor(name)),
    rows: (name, ids) => behind(() => weights.rows(name, ids)),
    slice: (name, from, to) => behind(() => weights.slice(name, from, to)),
  };
}

test('stays until the work has ended', async () => {
  const { architecture, weights } = tinyModel('one kv head');
  const options = { workspaceBytes: 1 << 24 };
  const tokens = [1, 2, 3, 4, 5];
  const kept = await engine.load(architecture, weights, options);
  const expected = await kept.logits(tokens);
  // Nothing holds the model but its own work.
  const dropped = await (await engine.load(architecture, collecting(weights), options)).logits(tokens);
  expect(dropped).toEqual(expected);
});
