/** Statistics of models with experts, latent attention and selective scan: what is pooled, how much is counted, what is missing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TensorRow } from '../../../data/tensor-schema.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import type { Block, Linear, Mixer } from '../../../eval/families/architecture.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { measureTensors } from '../../../eval/tensors/measure.ts';
import { pooledName } from '../../../eval/tensors/tally.ts';
import { randomTokens } from '../engines/compare.ts';
import { OTHERS, otherModel } from '../engines/tiny-others.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ threads: 1 });
});
afterAll(() => engine.close());

const sequences = [40, 25].map((length, i) => randomTokens(length, 97, i));
const TOKENS = 65;

/** Numbers that a cache holds of each token. */
function cachedOf(mixer: Mixer): { readonly key: number; readonly value: number } | null {
  switch (mixer.kind) {
    case 'attention':
      return { key: mixer.kvHeads * mixer.headDim, value: mixer.kvHeads * mixer.headDim };
    case 'latent-attention': {
      const { heads, plainDim, rotaryDim, valueDim } = mixer;
      return { key: heads * (plainDim + rotaryDim), value: heads * valueDim };
    }
    case 'selective-scan':
      return null;
  }
}

/** How often a token passes an expert of the block, or any other linear. */
function passes({ feedForward }: Block, { name }: Linear): number {
  return feedForward?.kind === 'experts' && pooledName(name) !== name ? feedForward.perToken : 1;
}

const countOf = (rows: readonly TensorRow[], linear: string, tensor: string) =>
  rows.find((row) => row[1] === linear && row[2] === tensor)?.[3];

describe.each(Object.keys(OTHERS))('%s', (name) => {
  const { architecture, weights } = otherModel(name);
  const measure = () => measureTensors({ architecture, weights, engine, sequences, workspaceBytes: 1 << 26 });

  test('every weight is in exactly one row, experts in one together', async () => {
    const { rows } = await measure();
    expect(new Set(rows.map(([layer, linear, tensor]) => `${layer} ${linear} ${tensor}`)).size).toBe(
      rows.length,
    );
    for (const block of architecture.blocks) {
      for (const [pooled, linears] of Map.groupBy(linearsOf(block), (linear) => pooledName(linear.name))) {
        const parts = await Promise.all(linears.map((linear) => weights.linear(linear)));
        const values = parts.flatMap((part) => Array.from(part));
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const moment = (power: number) =>
          values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length;
        const row = rows.find(([, linear, tensor]) => linear === pooled && tensor === 'weight')!;
        expect(row[3]).toBe(values.length);
        expect(row[5] / Math.sqrt(moment(2))).toBeCloseTo(1, 5);
        expect(row[6]! / (moment(4) / moment(2) ** 2)).toBeCloseTo(1, 5);
      }
    }
  });

  test('tokens count once in each linear, and once in each expert that they go to', async () => {
    const { rows, tokens, notes } = await measure();
    expect(tokens).toBe(TOKENS);
    for (const block of architecture.blocks) {
      const observed = linearsOf(block).filter(({ name: linear }) =>
        countOf(rows, pooledName(linear), 'activation'),
      );
      expect(observed.length).toBeGreaterThan(2);
      for (const linear of observed) {
        const wanted = TOKENS * passes(block, linear) * linear.inFeatures;
        expect(countOf(rows, pooledName(linear.name), 'activation'), linear.name).toBe(wanted);
      }
    }
    const cached = architecture.blocks.map(({ mixer }) => cachedOf(mixer));
    const counts = (tensor: string) => rows.filter((row) => row[2] === tensor).map((row) => row[3]);
    expect(counts('key')).toEqual(cached.flatMap((one) => (one === null ? [] : [TOKENS * one.key])));
    expect(counts('value')).toEqual(cached.flatMap((one) => (one === null ? [] : [TOKENS * one.value])));
    expect(notes).toEqual(
      cached.includes(null)
        ? ['The model keeps no keys and values, so there are no statistics of them.']
        : [],
    );
  });
});
