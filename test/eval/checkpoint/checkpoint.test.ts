/** Model folders: what is read from good ones, and how bad ones are refused. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../eval/checkpoint/checkpoint.ts';
import { writeRandomCheckpoint } from '../../../eval/checkpoint/random-checkpoint.ts';
import { residentWeights } from '../../../eval/checkpoint/resident.ts';
import { denseTensor, writeSafetensors } from '../../../eval/checkpoint/safetensors-writer.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import type { WeightSource } from '../../../eval/weights.ts';
import { TINY, tinyModel, tinyTokenizer, writeTinyCheckpoint } from '../engines/tiny-models.ts';
import { attentionOf } from '../families/parts-of.ts';

let root: string;
let good: string;
let counter = 0;
const tiny = tinyModel('biases everywhere');

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bitloss-checkpoint-'));
  good = join(root, 'good');
  await writeTinyCheckpoint(good, tiny.config, tiny.tensors);
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A copy of the good folder, changed. */
async function spoiled(change: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(root, `spoiled-${counter++}`);
  await cp(good, folder, { recursive: true });
  await change(folder);
  return folder;
}
const write = (name: string, value: unknown) => (folder: string) =>
  writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
const remove = (name: string) => (folder: string) => rm(join(folder, name));
const failure = async (
  folder: string,
): Promise<{ code: string; message: string; details: { problems?: string[] } }> =>
  openCheckpoint(folder).then(
    () => {
      throw new Error('the folder was opened');
    },
    (error) => error,
  );
const shown = (message: string) => message.replaceAll(root, 'ROOT').replace(/spoiled-\d+/g, 'folder');

describe('a good folder', () => {
  test('gives its weights by tensor, rows, range and linear', async () => {
    const { weights, architecture, close } = await openCheckpoint(good);
    const embedding = tiny.tensors.get('model.embed_tokens.weight')!;
    const row = (id: number) => [...embedding.subarray(id * 64, (id + 1) * 64)];
    expect([...(await weights.tensor('model.norm.weight'))]).toEqual([
      ...tiny.tensors.get('model.norm.weight')!,
    ]);
    const ids = [5, 96, 6, 0, 5, 4];
    expect([...(await weights.rows('model.embed_tokens.weight', Int32Array.from(ids)))]).toEqual(
      ids.flatMap(row),
    );
    expect([...(await weights.slice('model.embed_tokens.weight', 3, 5))]).toEqual([...row(3), ...row(4)]);
    const { q, k } = attentionOf(architecture.blocks[1]!);
    expect([...(await weights.linear(q))]).toEqual([...tiny.tensors.get(q.tensor)!]);
    // Linears that share a fused tensor take their own rows of it.
    const fused = tiny.tensors.get(q.tensor)!;
    const range = { first: 8, size: k.outFeatures, stride: k.outFeatures };
    const part = await weights.linear({ ...k, tensor: q.tensor, rows: range });
    expect([...part]).toEqual([...fused.subarray(8 * 64, (8 + k.outFeatures) * 64)]);
    const blocks = { first: 2, size: 3, stride: 10 };
    const apart = await weights.linear({ ...k, tensor: q.tensor, rows: blocks, outFeatures: 6 });
    expect([...apart]).toEqual([...fused.subarray(2 * 64, 5 * 64), ...fused.subarray(12 * 64, 15 * 64)]);
    await close();
  });

  test('is described by hashes of its content', async () => {
    const checkpoint = await openCheckpoint(good);
    const { weights, params, family } = await checkpoint.manifest();
    expect(family).toBe('llama');
    expect(params).toBe([...tiny.tensors.values()].reduce((sum, { length }) => sum + length, 0));
    const { createHash } = await import('node:crypto');
    const bytes = await readFile(join(good, 'model.safetensors'));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(weights).toEqual([{ name: 'model.safetensors', sha256, bytes: bytes.length }]);
    await checkpoint.close();
  });

  test('may be in shards', async () => {
    const folder = join(root, 'shards');
    const config = TINY['one kv head']!;
    const parameters = await writeRandomCheckpoint(folder, config);
    const checkpoint = await openCheckpoint(folder);
    const { params, weights } = await checkpoint.manifest();
    expect(params).toBe(parameters);
    expect(weights.map(({ name }) => name)).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ]);
    expect(await checkpoint.weights.tensor('model.norm.weight')).toEqual(new Float32Array(64).fill(1));
    await checkpoint.close();
  });
});

describe('a folder is refused', () => {
  test.for<[string, (folder: string) => Promise<unknown>, string]>([
    ['without config.json', remove('config.json'), 'checkpoint/missing-file'],
    ['without tokenizer.json', remove('tokenizer.json'), 'checkpoint/missing-file'],
    ['without weights', remove('model.safetensors'), 'checkpoint/missing-file'],
    ['whose config is no JSON', write('config.json', '{'), 'checkpoint/json'],
    ['whose config is a list', write('config.json', []), 'family/config'],
    ['of an unknown family', write('config.json', { ...tiny.config, model_type: 'lama' }), 'family/unknown'],
    ['whose tokenizer is no JSON', write('tokenizer.json', 'x'), 'checkpoint/json'],
    ['whose tokenizer has no model', write('tokenizer.json', {}), 'checkpoint/tokenizer'],
    [
      'whose tokenizer is of an unknown kind',
      write('tokenizer.json', { ...tinyTokenizer(9), pre_tokenizer: { type: 'New' } }),
      'checkpoint/tokenizer',
    ],
    [
      'whose tokenizer has absurd ids',
      write('tokenizer.json', { added_tokens: [], model: { vocab: { a: 1e12 } } }),
      'checkpoint/tokenizer',
    ],
    [
      'whose tokenizer is larger than the embedding',
      write('tokenizer.json', tinyTokenizer(98)),
      'checkpoint/tokenizer-size',
    ],
    [
      'whose weights are cut off',
      async (folder) => {
        const bytes = await readFile(join(folder, 'model.safetensors'));
        await writeFile(join(folder, 'model.safetensors'), bytes.subarray(0, bytes.length - 100));
      },
      'safetensors/entries',
    ],
    [
      'with an index that is no index',
      async (folder) => {
        await remove('model.safetensors')(folder);
        await write('model.safetensors.index.json', { weights: {} })(folder);
      },
      'checkpoint/index',
    ],
  ])('%s', async ([, change, code]) => {
    expect((await failure(await spoiled(change))).code).toBe(code);
  });

  test('that does not exist', async () => {
    expect((await failure(join(root, 'nowhere'))).code).toBe('checkpoint/missing-file');
  });

  test('with pickles only, and says how to convert them', async () => {
    const folder = await spoiled(async (path) => {
      await remove('model.safetensors')(path);
      await write('pytorch_model.bin', 'PK')(path);
    });
    expect(shown((await failure(folder)).message)).toMatchInlineSnapshot(
      `"[checkpoint] ROOT/folder: the weights are pickle files (pytorch_model.bin), which can run code when read, so they are refused. Convert them once, somewhere safe: python -c "import transformers as t; m = t.AutoModelForCausalLM.from_pretrained('ROOT/folder'); m.save_pretrained('ROOT/folder-safetensors'); t.AutoTokenizer.from_pretrained('ROOT/folder').save_pretrained('ROOT/folder-safetensors')"."`,
    );
  });

  test('whose tensors do not fit the config, with every problem', async () => {
    const folder = await spoiled(async (path) => {
      const file = join(path, 'model.safetensors');
      await writeSafetensors(file, [denseTensor('model.norm.weight', 'F32', [3], new Float32Array(3))]);
    });
    const { code, details } = await failure(folder);
    expect(code).toBe('checkpoint/tensors');
    expect(details.problems).toContain('tensor "lm_head.weight" of shape [97, 64] is missing');
    expect(details.problems).toContain('tensor "model.norm.weight" has shape [3], config.json says [64]');
    expect(details.problems).toHaveLength(tiny.tensors.size);
  });

  test('whose index and shards disagree', async () => {
    const folder = join(root, 'torn');
    await writeRandomCheckpoint(folder, TINY['one kv head']!);
    const index = JSON.parse(await readFile(join(folder, 'model.safetensors.index.json'), 'utf8'));
    const wrong = {
      weight_map: {
        ...index.weight_map,
        'model.norm.weight': 'model-00001-of-00002.safetensors',
        ghost: 'model-00001-of-00002.safetensors',
      },
    };
    await write('model.safetensors.index.json', wrong)(folder);
    expect((await failure(folder)).details.problems).toEqual([
      'tensor "model.norm.weight" should be in model-00001-of-00002.safetensors and is not',
      'tensor "ghost" should be in model-00001-of-00002.safetensors and is not',
    ]);
    await write('model.safetensors.index.json', { weight_map: { a: '../good/model.safetensors' } })(folder);
    expect((await failure(folder)).details.problems).toEqual([
      '"../good/model.safetensors" is not a plain .safetensors file name',
    ]);
    await write('model.safetensors.index.json', { weight_map: { a: 'model-00003-of-00003.safetensors' } })(
      folder,
    );
    expect((await failure(folder)).details.problems).toEqual([
      'shard model-00003-of-00003.safetensors is not in the folder',
    ]);
  });
});

describe('resident weights', () => {
  /** Counts what is read of a source. */
  function counted(source: WeightSource) {
    const reads: string[] = [];
    const note = <T>(name: string, value: T) => {
      reads.push(name);
      return value;
    };
    const weights: WeightSource = {
      linear: (linear) => note(linear.name, source.linear(linear)),
      tensor: (name) => note(name, source.tensor(name)),
      rows: (name, ids) => note(`rows ${name}`, source.rows(name, ids)),
      slice: (name, from, to) => note(`slice ${name}`, source.slice(name, from, to)),
    };
    return { reads, weights };
  }

  async function readAll(weights: WeightSource): Promise<void> {
    for (const block of tiny.architecture.blocks) {
      await weights.tensor(block.mixerNorms.before!.tensor);
      for (const linear of linearsOf(block)) {
        expect(await weights.linear(linear)).toEqual(tiny.tensors.get(linear.tensor));
        await weights.tensor(linear.bias!);
      }
    }
    expect([...(await weights.slice('lm_head.weight', 2, 3))]).toEqual([
      ...tiny.tensors.get('lm_head.weight')!.subarray(128, 192),
    ]);
  }

  const blockBytes = 4 * (64 * 2 + 64 * 64 * 2 + 32 * 64 * 2 + 80 * 64 * 3 + 64 * 3 + 32 * 2 + 80 * 2);

  test.for([
    ['everything', 1e9, 0],
    ['one block of two', blockBytes, 16],
    ['nothing', blockBytes - 1, 31],
  ] as const)('a budget for %s', async ([, budget, readAgain]) => {
    const { reads, weights } = counted(tiny.weights);
    const resident = residentWeights(weights, tiny.architecture, budget);
    await readAll(resident);
    expect(reads).toHaveLength(31);
    await readAll(resident);
    expect(reads).toHaveLength(31 + readAgain);
  });

  test('a read that failed is tried again', async () => {
    let broken = true;
    const flaky: WeightSource = {
      ...tiny.weights,
      tensor: (name) => (broken ? Promise.reject(new Error('disk')) : tiny.weights.tensor(name)),
    };
    const resident = residentWeights(flaky, tiny.architecture, 1e9);
    await expect(resident.tensor('model.norm.weight')).rejects.toThrow('disk');
    broken = false;
    expect(await resident.tensor('model.norm.weight')).toEqual(tiny.tensors.get('model.norm.weight'));
  });
});
