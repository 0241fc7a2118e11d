/** What every family must get right, on configs as published. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectedTensors, parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { describeModel, families } from '../../../eval/families/index.ts';
import { linearsOf, routersOf } from '../../../eval/families/linears.ts';
import { rowRanges } from '../../../eval/weights.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/families');

/** Parameter totals as shown on the model pages, and one linear of each shape. */
const PUBLISHED: Readonly<
  Record<string, { params: number; family: string; shapes: Record<string, [number, number]> }>
> = {
  'llama-2-7b': {
    params: 6_738_415_616,
    family: 'llama',
    shapes: { k_proj: [4096, 4096], down_proj: [4096, 11008] },
  },
  'llama-3-8b': {
    params: 8_030_261_248,
    family: 'llama',
    shapes: { k_proj: [1024, 4096], down_proj: [4096, 14336] },
  },
  'llama-3.2-1b': {
    params: 1_235_814_400,
    family: 'llama',
    shapes: { k_proj: [512, 2048], gate_proj: [8192, 2048] },
  },
  'tinyllama-1.1b': {
    params: 1_100_048_384,
    family: 'llama',
    shapes: { v_proj: [256, 2048], up_proj: [5632, 2048] },
  },
  'mistral-7b-v0.1': {
    params: 7_241_732_096,
    family: 'mistral',
    shapes: { v_proj: [1024, 4096], o_proj: [4096, 4096] },
  },
  'opt-125m': { params: 125_239_296, family: 'opt', shapes: { fc1: [3072, 768], out_proj: [768, 768] } },
  'opt-350m': { params: 331_196_416, family: 'opt', shapes: { fc2: [1024, 4096], q_proj: [1024, 1024] } },
  'bloom-560m': {
    params: 559_214_592,
    family: 'bloom',
    shapes: { 'query_key_value.k': [1024, 1024], dense_h_to_4h: [4096, 1024] },
  },
  // Falcon's pages count the head, which is stored although it is the embedding.
  'falcon-7b': {
    params: 7_217_189_760 - 65024 * 4544,
    family: 'falcon',
    shapes: { 'query_key_value.q': [4544, 4544], 'query_key_value.v': [64, 4544] },
  },
  'falcon-40b': {
    params: 41_835_970_560 - 65024 * 8192,
    family: 'falcon',
    shapes: { 'query_key_value.q': [8192, 8192], 'query_key_value.k': [512, 8192] },
  },
  'falcon-rw-1b': {
    params: 1_311_625_216,
    family: 'falcon',
    shapes: { 'query_key_value.v': [2048, 2048], dense_4h_to_h: [2048, 8192] },
  },
  'gemma-2b': {
    params: 2_506_172_416,
    family: 'gemma',
    shapes: { q_proj: [2048, 2048], v_proj: [256, 2048] },
  },
  'gemma-2-2b': {
    params: 2_614_341_888,
    family: 'gemma2',
    shapes: { k_proj: [1024, 2304], down_proj: [2304, 9216] },
  },
  'stablelm-2-1_6b': {
    params: 1_644_515_328,
    family: 'stablelm',
    shapes: { q_proj: [2048, 2048], gate_proj: [5632, 2048] },
  },
  'stablelm-3b-4e1t': {
    params: 2_795_443_200,
    family: 'stablelm',
    shapes: { o_proj: [2560, 2560], up_proj: [6912, 2560] },
  },
  // The page counts the 32 rotation frequencies that are stored too.
  'chatglm3-6b': {
    params: 6_243_584_032 - 32,
    family: 'chatglm',
    shapes: { 'query_key_value.k': [256, 4096], 'dense_h_to_4h.gate': [13696, 4096] },
  },
  'pythia-160m': {
    params: 162_322_944,
    family: 'gpt_neox',
    shapes: { 'query_key_value.q': [768, 768], dense_4h_to_h: [768, 3072] },
  },
  'qwen2-0.5b': {
    params: 494_032_768,
    family: 'qwen2',
    shapes: { k_proj: [128, 896], down_proj: [896, 4864] },
  },
  'qwen3-0.6b': {
    params: 596_049_920,
    family: 'qwen3',
    shapes: { q_proj: [2048, 1024], o_proj: [1024, 2048] },
  },
  'phi-3-mini-4k': {
    params: 3_821_079_552,
    family: 'phi3',
    shapes: { 'qkv_proj.q': [3072, 3072], 'gate_up_proj.up': [8192, 3072] },
  },
  'mixtral-8x7b-v0.1': {
    params: 46_702_792_704,
    family: 'mixtral',
    shapes: { k_proj: [1024, 4096], 'experts.7.w2': [4096, 14336] },
  },
  'qwen1.5-moe-a2.7b': {
    params: 14_315_784_192,
    family: 'qwen2_moe',
    shapes: { 'experts.59.up_proj': [1408, 2048], 'shared_expert.down_proj': [2048, 5632] },
  },
  'olmoe-1b-7b-0924': {
    params: 6_919_161_856,
    family: 'olmoe',
    shapes: { v_proj: [2048, 2048], 'experts.63.gate_proj': [1024, 2048] },
  },
  'deepseek-v2-lite': {
    params: 15_706_484_224,
    family: 'deepseek_v2',
    shapes: { q_proj: [3072, 2048], kv_a_proj_with_mqa: [576, 2048], kv_b_proj: [4096, 512] },
  },
  'mamba-130m': {
    params: 129_135_360,
    family: 'mamba',
    shapes: { in_proj: [3072, 768], x_proj: [80, 1536], dt_proj: [1536, 48], out_proj: [768, 1536] },
  },
};

async function published(name: string): Promise<Architecture> {
  return describeModel(JSON.parse(await readFile(join(FOLDER, `${name}.json`), 'utf8')), name);
}

test('every config in the fixtures is checked, and every family has one', async () => {
  const names = (await readdir(FOLDER)).map((file) => file.replace(/\.json$/, ''));
  expect(names.sort()).toEqual(Object.keys(PUBLISHED).sort());
  expect(new Set(Object.values(PUBLISHED).map(({ family }) => family))).toEqual(
    new Set(Object.keys(families)),
  );
  for (const [id, family] of Object.entries(families)) expect(family.id).toBe(id);
});

describe.each(Object.entries(PUBLISHED))('%s', (name, { params, family, shapes }) => {
  test('has the published number of parameters', async () => {
    const architecture = await published(name);
    expect(architecture.family).toBe(family);
    expect(parameterCount(architecture)).toBe(params);
  });

  test('lists every matrix of its blocks, each with the shape of its tensor', async () => {
    const architecture = await published(name);
    const tensors = expectedTensors(architecture);
    const linears = architecture.blocks.flatMap(linearsOf);
    expect(new Set(linears.map((linear) => linear.name)).size).toBe(linears.length);
    // Each row of each matrix belongs to exactly one linear.
    for (const [tensor, owners] of Map.groupBy(linears, (linear) => linear.tensor)) {
      const [height, width] = tensors.get(tensor)!;
      const taken = new Uint8Array(height!);
      for (const { rows, outFeatures, inFeatures } of owners) {
        expect(inFeatures).toBe(width);
        for (const [from, to] of rowRanges(rows, outFeatures))
          for (let row = from; row < to; row += 1) taken[row]! += 1;
      }
      expect(taken.every((times) => times === 1)).toBe(true);
    }
    const others = new Set(architecture.blocks.flatMap(routersOf).map(({ tensor }) => tensor));
    for (const { mixer } of architecture.blocks)
      if (mixer.kind === 'selective-scan') others.add(mixer.logDecay);
    const matrices = [...tensors].filter(
      ([tensor, shape]) => shape.length === 2 && /\.(layers|h)\.\d+\./.test(tensor) && !others.has(tensor),
    );
    expect(new Set(matrices.map(([tensor]) => tensor))).toEqual(new Set(linears.map(({ tensor }) => tensor)));
    for (const [part, shape] of Object.entries(shapes)) {
      expect(
        linears.filter((linear) => linear.name.endsWith(part)).map((l) => [l.outFeatures, l.inFeatures]),
      ).toEqual(architecture.blocks.map(() => shape));
    }
  });
});
