/** Configs and weights that do not belong together are told apart before anything is computed. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkTensors, storedNames } from '../../../eval/checkpoint/check-tensors.ts';
import { expectedTensors } from '../../../eval/checkpoint/expected-tensors.ts';
import { denseTensor, writeSafetensors } from '../../../eval/checkpoint/safetensors-writer.ts';
import { storedWeights } from '../../../eval/checkpoint/stored-weights.ts';
import { openWeightFiles } from '../../../eval/checkpoint/weight-files.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { describeModel } from '../../../eval/families/index.ts';

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tensors-'));
});
afterAll(() => rm(root, { recursive: true }));

const LLAMA = {
  model_type: 'llama',
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};
const NEOX = { ...LLAMA, model_type: 'gpt_neox', rotary_pct: 1 };
const BLOOM = { model_type: 'bloom', vocab_size: 11, n_embed: 8, n_layer: 1, n_head: 2 };

interface Stored {
  readonly shape: readonly number[];
  readonly value?: number;
  readonly dtype?: 'F32' | 'I32';
}

/** Weights as `config` wants them, with changes; null leaves a tensor out. */
async function write(
  config: object,
  changes: Record<string, Stored | null>,
  rename = (name: string) => name,
) {
  const tensors = new Map<string, Stored>();
  for (const [name, shape] of expectedTensors(describeModel(config, 'test')))
    tensors.set(rename(name), { shape });
  for (const [name, stored] of Object.entries(changes)) {
    if (stored === null) tensors.delete(name);
    else tensors.set(name, stored);
  }
  const folder = join(root, String(count++));
  await mkdir(folder);
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    [...tensors].map(([name, { shape, value, dtype }]) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value ?? 0);
      const bytes = new Uint8Array(data.buffer);
      return denseTensor(name, dtype ?? 'F32', shape, dtype === 'I32' ? bytes : data);
    }),
  );
  return folder;
}

async function problems(config: object, folder: string): Promise<readonly string[]> {
  const architecture: Architecture = describeModel(config, 'test');
  const files = await openWeightFiles(folder);
  try {
    await checkTensors('folder', architecture, files);
    return [];
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems;
  } finally {
    await files.close();
  }
}

describe('weights are refused', () => {
  const attention = 'model.layers.0.self_attn';
  test.for<[string, object, Record<string, Stored | null>, readonly string[]]>([
    [
      'of another number of key-value heads',
      { ...LLAMA, num_key_value_heads: 1 },
      {
        [`${attention}.k_proj.weight`]: { shape: [8, 8] },
        [`${attention}.v_proj.weight`]: { shape: [8, 8] },
      },
      [
        `tensor "${attention}.k_proj.weight" has shape [8, 8], config.json says [4, 8]`,
        `tensor "${attention}.v_proj.weight" has shape [8, 8], config.json says [4, 8]`,
      ],
    ],
    [
      'with a tensor missing',
      LLAMA,
      { 'model.norm.weight': null },
      ['tensor "model.norm.weight" of shape [8] is missing'],
    ],
    [
      'with a bias that the config denies',
      LLAMA,
      { [`${attention}.q_proj.bias`]: { shape: [8] } },
      [`tensor "${attention}.q_proj.bias" of shape [8] has no place in the model of config.json`],
    ],
    [
      'with a layer too many',
      LLAMA,
      { 'model.layers.1.input_layernorm.weight': { shape: [8] } },
      [
        'tensor "model.layers.1.input_layernorm.weight" of shape [8] has no place in the model of config.json',
      ],
    ],
    [
      'of integers',
      LLAMA,
      { 'model.norm.weight': { shape: [8], dtype: 'I32' } },
      ['tensor "model.norm.weight" is stored as I32; weights are read from F32, F16 and BF16 only'],
    ],
    [
      'with a fused tensor of another height',
      BLOOM,
      { 'transformer.h.0.self_attention.query_key_value.weight': { shape: [16, 8] } },
      [
        'tensor "transformer.h.0.self_attention.query_key_value.weight" has shape [16, 8], config.json says [24, 8]',
      ],
    ],
    [
      'with a head that is not the embedding it is tied to',
      { ...LLAMA, tie_word_embeddings: true },
      { 'lm_head.weight': { shape: [11, 8], value: 1 } },
      ['tensor "lm_head.weight" differs from "model.embed_tokens.weight", to which config.json ties it'],
    ],
  ])('%s', async ([, config, changes, expected]) => {
    expect(await problems(config, await write(config, changes))).toEqual(expected);
  });

  test('with all problems at once', async () => {
    const folder = await write(LLAMA, {
      'model.norm.weight': { shape: [9] },
      'lm_head.weight': null,
      ghost: { shape: [2, 3] },
    });
    expect(await problems(LLAMA, folder)).toEqual([
      'tensor "model.norm.weight" has shape [9], config.json says [8]',
      'tensor "lm_head.weight" of shape [11, 8] is missing',
      'tensor "ghost" of shape [2, 3] has no place in the model of config.json',
    ]);
  });
});

describe('weights are accepted', () => {
  test('with tables that follow from the config', async () => {
    const path = 'gpt_neox.layers.0.attention';
    const folder = await write(NEOX, {
      [`${path}.bias`]: { shape: [1, 1, 4, 4] },
      [`${path}.masked_bias`]: { shape: [] },
      [`${path}.rotary_emb.inv_freq`]: { shape: [2] },
    });
    expect(await problems(NEOX, folder)).toEqual([]);
  });

  test('with a copy of the embedding that the head is tied to', async () => {
    const tied = { ...LLAMA, tie_word_embeddings: true };
    expect(await problems(tied, await write(tied, { 'lm_head.weight': { shape: [11, 8] } }))).toEqual([]);
  });

  test('saved from the bare model, without the first part of their names', async () => {
    const folder = await write(BLOOM, { 'ln_f.weight': { shape: [8], value: 3 } }, (name) =>
      name.replace(/^transformer\./, ''),
    );
    expect(await problems(BLOOM, folder)).toEqual([]);
    const files = await openWeightFiles(folder);
    const weights = storedWeights(folder, files, storedNames(describeModel(BLOOM, 'test'), files));
    expect([...(await weights.tensor('transformer.ln_f.weight'))]).toEqual(Array(8).fill(3));
    expect(await weights.rows('transformer.word_embeddings.weight', Int32Array.of(1, 10))).toHaveLength(16);
    await files.close();
  });
});
