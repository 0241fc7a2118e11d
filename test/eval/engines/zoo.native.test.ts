/** Every shipped model gives the logits that transformers gave when it was saved: the last positions of two held-out texts. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../../eval/checkpoint/checkpoint.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { shippedModels } from '../../../eval/models.ts';
import { relativeError } from './compare.ts';

const DATA = join(import.meta.dirname, '../../../data');
const FIXTURES = join(import.meta.dirname, '../../fixtures/zoo');
/** Of float32 arithmetic in another order; the largest seen is 2e-6. */
const TOLERANCE = 1e-4;

interface Fixture {
  readonly cases: readonly { readonly ids: readonly number[]; readonly logits: readonly number[][] }[];
}

const ids = globSync('*.json', { cwd: FIXTURES })
  .map((file) => basename(file, '.json'))
  .sort();

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ provider: 'cpu' });
});
afterAll(() => engine.close());

test('there are logits of every shipped model', async () => {
  const shipped = (await shippedModels(DATA)).map((folder) => basename(folder));
  expect(ids).toEqual(shipped.sort());
});

test.for(ids)('%s', async (id) => {
  const { cases }: Fixture = JSON.parse(readFileSync(join(FIXTURES, `${id}.json`), 'utf8'));
  const checkpoint = await openCheckpoint(join(DATA, 'models', id));
  const { architecture, weights } = checkpoint;
  const model = await engine.load(architecture, weights, { workspaceBytes: 1 << 26 });
  expect(cases.length).toBeGreaterThan(0);
  for (const { ids: tokens, logits } of cases) {
    const kept = (await model.logits(tokens)).subarray(-logits.length * architecture.vocabSize);
    expect(relativeError(kept, Float32Array.from(logits.flat()))).toBeLessThan(TOLERANCE);
  }
  await checkpoint.close();
});
