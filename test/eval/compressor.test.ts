import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { formatRecipe, parseRecipe } from '../../data/recipe.ts';
import { Compressor, compressedFolder } from '../../eval/compressor.ts';
import type { PlannedRecipe } from '../../eval/plan.ts';
import { architecture, fakeEngine, weights } from './compress/fake-engine.ts';
import { scratchFolder } from './pipeline/places.ts';
import { fakeTokenizer } from './tasks/fakes.ts';

const SAMPLES = { text: 'abc', sha256: 'a'.repeat(64), samples: 4, length: 6, seed: 0 };

function planned(id: string, mode: 'sequential' | 'parallel' | null): PlannedRecipe {
  const recipe = parseRecipe(id);
  const calibration = mode === null ? null : { ...SAMPLES, mode };
  return { id: formatRecipe(recipe), recipe, calibration, compressionKey: `${id}-${mode}`, cells: [] };
}

function bench() {
  const engine = fakeEngine();
  const cache = scratchFolder();
  const letters = (text: string) => [...text].map((letter) => letter.codePointAt(0)! % 32);
  const tokenizer = { ...fakeTokenizer(), encode: letters, encodeWithSpecials: letters };
  const compressor = new Compressor({
    ...{ engine, cache, weights, parameters: 10_000, workspaceBytes: 1 << 20, log: () => undefined },
    checkpoint: { architecture, tokenizer: tokenizer as never },
    calibrationText: { name: 'abc', text: 'some letters that are samples', sha256: SAMPLES.sha256 },
  });
  const made = (recipe: PlannedRecipe) =>
    existsSync(path.join(compressedFolder(cache, recipe), 'block-0002.safetensors'));
  return { engine, compressor, made };
}

const ignore = () => undefined;

test('recipes that calibrate in parallel are made together with the first of them', async () => {
  const { engine, compressor, made } = bench();
  const [first, second, exact, free] = [
    planned('gptq-w3g8', 'parallel'),
    planned('gptq-w2g8', 'parallel'),
    planned('gptq-w4g8', 'sequential'),
    planned('rtn-w4g8', null),
  ] as const;
  compressor.expect([first, second, exact, free]);
  const shares: number[] = [];
  expect((await compressor.compress(first, (share) => void shares.push(share))).recipe).toBe('gptq-w3g8');
  expect([first, second, exact, free].map(made)).toEqual([true, true, false, false]);
  expect(shares.at(-1)).toBe(1);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect((await compressor.compress(second, ignore)).recipe).toBe('gptq-w2g8');
  expect(engine.calls.load).toBe(1);
  expect((await compressor.compress(exact, ignore)).recipe).toBe('gptq-w4g8');
  expect(engine.calls.load).toBe(2);
  expect((await compressor.compress(free, ignore)).recipe).toBe('rtn-w4g8');
  expect(engine.calls.load).toBe(2);
});

test('what fails is told when it is asked for', async () => {
  const { compressor } = bench();
  const [bad, good] = [planned('gptq-w3g7', 'parallel'), planned('gptq-w2g8', 'parallel')];
  compressor.expect([good, bad]);
  await compressor.compress(good, ignore);
  await expect(compressor.compress(bad, ignore)).rejects.toMatchObject({ code: 'method/group-size' });
});

test('one that was not expected is made by itself', async () => {
  const { compressor, made } = bench();
  const [one, other] = [planned('gptq-w3g8', 'parallel'), planned('gptq-w2g8', 'parallel')];
  await compressor.compress(one, ignore);
  expect([one, other].map(made)).toEqual([true, false]);
  expect((await compressor.compress(other, ignore)).recipe).toBe('gptq-w2g8');
});
