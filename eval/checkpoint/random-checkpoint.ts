/** Checkpoints of random weights, to measure memory and speed at real shapes without a download. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeModel } from '../families/index.ts';
import { createRng } from '../math/rng.ts';
import { expectedTensors, parameterCount } from './expected-tensors.ts';
import { type TensorToWrite, writeSafetensors } from './safetensors-writer.ts';
import { INDEX_FILE } from './weight-files.ts';

const PIECE = 1 << 20;
/** What LLaMA is initialised with. */
const STANDARD_DEVIATION = 0.02;

/**
 * Writes config, weights (bf16, in two shards, streamed) and a tokenizer of one character a token.
 * @param config  a Hugging Face config of a known family
 * @returns       number of parameters
 */
export async function writeRandomCheckpoint(
  folder: string,
  config: { readonly vocab_size: number },
): Promise<number> {
  const architecture = describeModel(config, 'random checkpoint');
  const tensors = [...expectedTensors(architecture)].map(([name, shape], seed) =>
    randomTensor(name, shape, seed),
  );
  const half = Math.ceil(tensors.length / 2);
  const shards = [tensors.slice(0, half), tensors.slice(half)];
  const shardName = (index: number) => `model-0000${index + 1}-of-0000${shards.length}.safetensors`;
  const entries = shards.flatMap((shard, index) => shard.map(({ name }) => [name, shardName(index)]));
  await mkdir(folder, { recursive: true });
  for (const [index, shard] of shards.entries())
    await writeSafetensors(join(folder, shardName(index)), shard);
  const writeJson = (name: string, value: object) => writeFile(join(folder, name), JSON.stringify(value));
  await writeJson(INDEX_FILE, { metadata: {}, weight_map: Object.fromEntries(entries) });
  await writeJson('config.json', config);
  await writeJson('tokenizer.json', characterTokenizer(config.vocab_size));
  return parameterCount(architecture);
}

function characterTokenizer(size: number): object {
  // From U+10000 on, so that no token is a surrogate.
  const vocab = Array.from({ length: size }, (_, id) => [String.fromCodePoint(0x10000 + id), id]);
  const model = { type: 'BPE', vocab: Object.fromEntries(vocab), merges: [] };
  const parts = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  return { added_tokens: [], ...parts, model };
}

/** Norms are 1, matrices uniform with the standard deviation of a fresh model. */
function randomTensor(name: string, shape: readonly number[], seed: number): TensorToWrite {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const isNorm = shape.length === 1;
  return {
    name,
    shape,
    dtype: 'BF16',
    pieces: () => (isNorm ? [new Float32Array(size).fill(1)] : noise(size, seed)),
  };
}

function* noise(size: number, seed: number): Generator<Float32Array> {
  const rng = createRng(seed);
  const halfWidth = STANDARD_DEVIATION * Math.sqrt(3);
  for (let done = 0; done < size; done += PIECE) {
    const length = Math.min(PIECE, size - done);
    yield Float32Array.from({ length }, () => (2 * rng.next() - 1) * halfWidth);
  }
}
