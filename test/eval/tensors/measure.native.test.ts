/** Statistics of tiny models against plain loops over everything, and outliers found where they were planted. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TensorKind, TensorRow } from '../../../data/tensor-schema.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { measureTensors } from '../../../eval/tensors/measure.ts';
import { slowLogits, type Tensors } from '../engines/slow-forward.ts';
import { memoryWeights, noise, type TinyModel, tinyModel } from '../engines/tiny-models.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ threads: 1 });
});
afterAll(() => engine.close());

const tiny = tinyModel('one kv head');
const next = noise(3);
/** Together more than one chunk takes. */
const sequences = [200, 180, 170, 3].map((length) =>
  Array.from({ length }, () => Math.floor((next() + 1) * 48)),
);

function measure({ architecture, config }: TinyModel, tensors: Tensors, workspaceBytes = 1 << 26) {
  const weights = memoryWeights(tensors, config.hidden_size);
  return measureTensors({ architecture, weights, engine, sequences, workspaceBytes });
}

interface Statistics {
  readonly layer: number;
  readonly count: number;
  readonly absMax: number;
  readonly std: number;
  readonly kurtosis: number;
}

/** Two passes over all numbers of a tensor. */
function slow(layer: number, values: readonly number[]): Statistics {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const moment = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / count;
  const absMax = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { layer, count, absMax, std: Math.sqrt(moment(2)), kurtosis: moment(4) / moment(2) ** 2 };
}

/** Everything that must be reported, by `linear tensor`. */
function slowTensors({ config }: TinyModel, tensors: Tensors): Map<string, Statistics> {
  const numbers = new Map<string, number[]>();
  for (const [name, data] of tensors) {
    if (name.includes('_proj.weight')) numbers.set(`${name.replace('.weight', '')} weight`, Array.from(data));
  }
  for (const tokens of sequences) {
    slowLogits(config, tensors, tokens, (linear, tensor, rows) => {
      const key = `${linear} ${tensor}`;
      numbers.set(key, [...(numbers.get(key) ?? []), ...rows.flat()]);
    });
  }
  const layerOf = (key: string) => Number(/layers\.(\d+)/.exec(key)![1]);
  return new Map([...numbers].map(([key, values]) => [key, slow(layerOf(key), values)]));
}

/** The row with the highest kurtosis of its kind, and how far above the next it is. */
function extreme(rows: readonly TensorRow[], kind: TensorKind) {
  const [first, second] = rows.filter((row) => row[2] === kind).sort((a, b) => b[6]! - a[6]!);
  return { linear: first![1], factor: first![6]! / second![6]! };
}

const changed = (name: string, change: (data: Float32Array) => void): Tensors => {
  const data = tiny.tensors.get(name)!.slice();
  change(data);
  return new Map(tiny.tensors).set(name, data);
};

test.each([
  ['in one piece', 1 << 26],
  ['in many tiles', 60_000],
])('equal two slow passes over the same numbers, %s', async (_name, workspace) => {
  const expected = slowTensors(tiny, tiny.tensors);
  const { rows, tokens, notes } = await measure(tiny, tiny.tensors, workspace);
  expect(tokens).toBe(553);
  expect(notes).toEqual([]);
  expect(rows.map(([, linear, tensor]) => `${linear} ${tensor}`).sort()).toEqual([...expected.keys()].sort());
  for (const [layer, linear, tensor, count, absMax, std, kurtosis, channel] of rows) {
    const wanted = expected.get(`${linear} ${tensor}`)!;
    expect({ layer, count }).toEqual({ layer: wanted.layer, count: wanted.count });
    expect(Math.abs(absMax / wanted.absMax - 1), linear).toBeLessThan(2e-5);
    expect(Math.abs(std / wanted.std - 1), linear).toBeLessThan(2e-5);
    expect(Math.abs(kurtosis! / wanted.kurtosis - 1), linear).toBeLessThan(5e-5);
    expect(channel === null).toBe(tensor !== 'weight');
  }
});

describe('a planted outlier is found where it is', () => {
  test('one number of a weight', async () => {
    const tensors = changed('model.layers.1.self_attn.o_proj.weight', (data) =>
      data.fill(20, 64 * 7 + 5, 64 * 7 + 6),
    );
    const { rows } = await measure(tiny, tensors);
    const found = extreme(rows, 'weight');
    expect(found.linear).toBe('model.layers.1.self_attn.o_proj');
    expect(found.factor).toBeGreaterThan(100);
    const row = rows.find(([, linear, tensor]) => linear === found.linear && tensor === 'weight')!;
    expect(row[4]).toBe(20);
    // Alone in a row of 64 its kurtosis is nearly 64; in the whole weight it is far more.
    expect(row[7]).toBeGreaterThan(60);
    expect(row[7]).toBeLessThan(64);
  });

  test('a channel of activations', async () => {
    const tensors = changed('model.layers.0.post_attention_layernorm.weight', (data) => {
      data[9] = 60;
    });
    const { rows } = await measure(tiny, tensors);
    const found = extreme(rows, 'activation');
    expect(found.linear).toBe('model.layers.0.mlp.gate_proj');
    expect(found.factor).toBeGreaterThan(3);
  });

  test.each([
    ['key', 'k_proj'],
    ['value', 'v_proj'],
  ] as const)('a channel of the %ss', async (kind, linear) => {
    const tensors = changed(`model.layers.1.self_attn.${linear}.weight`, (data) => {
      for (let k = 0; k < 64; k++) data[3 * 64 + k]! *= 40;
    });
    const { rows } = await measure(tiny, tensors);
    const found = extreme(rows, kind);
    expect(found.linear).toBe(`model.layers.1.self_attn.${linear}`);
    expect(found.factor).toBeGreaterThan(2);
  });
});

describe('numbers that are none', () => {
  test('in a weight are named by row and channel', async () => {
    const tensors = changed('model.layers.1.mlp.up_proj.weight', (data) =>
      data.fill(Number.NaN, 64 * 2 + 9, 64 * 2 + 10),
    );
    await expect(measure(tiny, tensors)).rejects.toMatchObject({
      code: 'tensors/not-finite',
      message: expect.stringContaining('up_proj: NaN in the weight, row 2, channel 9;'),
    });
  });

  test('in activations are named by token and channel', async () => {
    // The second text begins with token 200; its embedding overflows in the first norm's sum of squares.
    const marked = [...sequences[1]!];
    marked[4] = 96;
    const tensors = changed('model.embed_tokens.weight', (data) =>
      data.fill(Number.POSITIVE_INFINITY, 96 * 64 + 2, 96 * 64 + 3),
    );
    const weights = memoryWeights(tensors, 64);
    const work = measureTensors({
      ...{ architecture: tiny.architecture, weights, engine, workspaceBytes: 1 << 26 },
      sequences: [sequences[0]!.map((id) => id % 90), marked.map((id, i) => (i === 4 ? 96 : id % 90))],
    });
    await expect(work).rejects.toMatchObject({
      code: 'tensors/not-finite',
      message: expect.stringContaining('layers.0.self_attn.q_proj: NaN in the input, token 204, channel 2;'),
    });
  });
});
