/** Every input that decides a number changes the key; what does not decide it leaves the key alone. */
import { describe, expect, test } from 'vitest';
import { type CellContent, cellKey, compressionKey } from '../../eval/cell-key.ts';
import { engine, facts, hash, model } from './pipeline/samples.ts';

const base: CellContent = {
  engine,
  model,
  recipe: 'gptq-w4g64',
  calibration: {
    text: 'world-train',
    sha256: hash('6'),
    samples: 16,
    length: 256,
    seed: 0,
    mode: 'sequential',
  },
  seed: 0,
  task: facts.task,
  settings: { limit: null, bos: 'tokenizer' },
  files: facts.files,
};

const manifest = (change: Partial<typeof model.manifest>) => ({
  ...base,
  model: { ...model, manifest: { ...model.manifest, ...change } },
});
const calibration = (change: object) => ({ ...base, calibration: { ...base.calibration!, ...change } });
const weights = { name: 'model.safetensors', sha256: hash('3'), bytes: 1000 };

const deciding: Readonly<Record<string, CellContent>> = {
  weights: manifest({ weights: [{ ...weights, sha256: hash('a') }] }),
  'another weight file': manifest({ weights: [weights, { ...weights, name: 'b', sha256: hash('b') }] }),
  config: manifest({ config_sha256: hash('a') }),
  tokenizer: manifest({ tokenizer_sha256: hash('a') }),
  'BOS token': { ...base, model: { ...model, bosId: null } },
  'EOS token': { ...base, model: { ...model, eosId: 7 } },
  recipe: { ...base, recipe: 'gptq-w4g64-actorder' },
  'calibration text': calibration({ sha256: hash('a') }),
  'calibration samples': calibration({ samples: 17 }),
  'calibration length': calibration({ length: 255 }),
  'calibration seed': calibration({ seed: 1 }),
  'no calibration': { ...base, calibration: null },
  task: { ...base, task: { ...facts.task, id: 'world-other' } },
  'task version': { ...base, task: { ...facts.task, version: facts.task.version + 1 } },
  'task settings': { ...base, settings: { ...base.settings, limit: 5 } },
  dataset: { ...base, files: [{ ...facts.files[0]!, sha256: hash('a') }] },
  engine: { ...base, engine: { ...engine, id: 'cuda' } },
  'engine version': { ...base, engine: { ...engine, version: '1.2.4' } },
  provider: { ...base, engine: { ...engine, provider: 'webgpu' } },
  seed: { ...base, seed: 1 },
};

describe('the key of a cell', () => {
  test.each(Object.entries(deciding))('changes with %s', (_, changed) => {
    expect(cellKey(changed)).not.toBe(cellKey(base));
  });

  test('is another one for each of these changes', () => {
    const keys = Object.values(deciding).map(cellKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('does not depend on names, places, or the order of settings', () => {
    const moved = manifest({
      id: 'x',
      source: '/elsewhere',
      revision: 'abc',
      weights: [{ ...weights, name: 'y' }],
    });
    expect(cellKey(moved)).toBe(cellKey(base));
    expect(cellKey(calibration({ text: '/tmp/train.txt' }))).toBe(cellKey(base));
    expect(cellKey({ ...base, settings: { bos: 'tokenizer', limit: null } })).toBe(cellKey(base));
    expect(cellKey({ ...base, files: [{ ...facts.files[0]!, name: 'z.gz', bytes: 1 }] })).toBe(cellKey(base));
  });

  test('is a hash', () => {
    expect(cellKey(base)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the key of a compressed model', () => {
  test('depends on the engine only where the method calibrates', () => {
    const other = { ...engine, provider: 'webgpu' };
    expect(compressionKey({ ...base, engine: other })).not.toBe(compressionKey(base));
    const rtn = { ...base, recipe: 'rtn-w4g64', calibration: null };
    expect(compressionKey({ ...rtn, engine: other })).toBe(compressionKey(rtn));
  });

  test('does not depend on the seed of anything but calibration', () => {
    expect(compressionKey({ ...base, seed: 1 })).toBe(compressionKey(base));
  });
});
