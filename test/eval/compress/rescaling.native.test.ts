/** Dividing inputs by factors changes nothing that a model computes, whatever its family and wherever the factors go. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Rescaling, rescaleBlock } from '../../../eval/compress/rescaling.ts';
import { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { foldSitesOf, tiesOf } from '../../../eval/families/fold-sites.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { divideColumns } from '../../../eval/formats/input-scale.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import { takeRows, type WeightSource } from '../../../eval/weights.ts';
import { randomTokens, relativeError } from '../engines/compare.ts';
import { DESCRIBED, describedModel } from '../engines/described-models.ts';
import { hostDevice } from '../engines/host-device.ts';
import { TINY, tinyModel } from '../engines/tiny-models.ts';
import { OTHERS, otherModel } from '../engines/tiny-others.ts';

interface Model {
  readonly architecture: Architecture;
  readonly weights: WeightSource;
}

const models: readonly (readonly [string, () => Model])[] = [
  ...Object.keys(TINY).map((name) => [name, () => tinyModel(name)] as const),
  ...Object.keys(DESCRIBED).map((name) => [name, () => describedModel(name)] as const),
  ...Object.keys(OTHERS).map((name) => [name, () => otherModel(name)] as const),
];

const engines: Record<string, () => Promise<Engine>> = {
  onnx: () => createOnnxEngine({ provider: 'cpu', threads: 1 }),
  'cuda over host references': async () => new CudaEngine(await hostDevice(), { dtype: 'f32' }),
};

describe.each(Object.entries(engines))('%s', (_, start) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await start();
  }, 120_000);
  afterAll(() => engine.close());

  test.each(models)('%s', async (_, make) => {
    const { architecture, weights } = make();
    const tokens = randomTokens(12, architecture.vocabSize, 3);
    const logits = async (source: WeightSource) => {
      const model = await engine.load(architecture, source, { workspaceBytes: 1 << 24 });
      return model.logits(tokens);
    };
    const changed = await rescaled(architecture, weights, 5);
    expect(relativeError(await logits(changed), await logits(weights))).toBeLessThan(1e-5);
  });
});

/** The model with every input of every block divided by random factors. */
async function rescaled(
  architecture: Architecture,
  weights: WeightSource,
  seed: number,
): Promise<WeightSource> {
  const rng = createRng(seed);
  const parts: Rescaling[] = [];
  for (const block of architecture.blocks) {
    const factors = foldSitesOf(block).map((site) => {
      const { inFeatures: K } = site.readers[0]![0]!;
      const free = Float64Array.from({ length: K }, () => Math.exp(0.7 * rng.normal()));
      const ties = tiesOf(site);
      return [site, ties === null ? free : free.map((_, k) => free[ties[k]! % K]!)] as const;
    });
    expect(new Set(factors.flatMap(([{ readers }]) => readers.flat()))).toEqual(new Set(linearsOf(block)));
    parts.push(await rescaleBlock(new Map(factors), weights));
  }
  const find = <T>(get: (part: Rescaling) => T | undefined): T | null =>
    parts.map(get).find((found) => found !== undefined) ?? null;
  const tensor = async (name: string) =>
    find(({ tensors }) => tensors.get(name))?.values ?? weights.tensor(name);
  return {
    ...weights,
    tensor,
    async linear(linear) {
      const { name, rows, outFeatures: N, inFeatures: K } = linear;
      const replaced = find(({ tensors }) => tensors.get(linear.tensor));
      if (replaced !== null) return takeRows(replaced.values, rows, N, K);
      const columns = find((part) => part.columns.get(name));
      const scale = { columns, rows: find((part) => part.rows.get(name)) };
      const dense = { name, weight: await weights.linear(linear), N, K };
      const { weight } = await cpuOperations.rescaling.scale(dense, scale);
      if (parts.some(({ wrapped }) => wrapped.has(name))) divideColumns(weight, Float32Array.from(columns!));
      return weight;
    },
  };
}
