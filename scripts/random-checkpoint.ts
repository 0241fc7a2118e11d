/**
 * Writes a checkpoint of random weights in the shape of TinyLlama 1.1B, to try memory and speed without a download:
 *
 *     node scripts/random-checkpoint.ts /tmp/random-1b
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { expectedTensors, parameterCount } from '../eval/checkpoint/expected-tensors.ts';
import { type TensorToWrite, writeSafetensors } from '../eval/checkpoint/safetensors-writer.ts';
import { describeModel } from '../eval/families/index.ts';
import { createRng } from '../eval/math/rng.ts';

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 32_000,
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: 22,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: false,
};
const PIECE = 1 << 20;

const { positionals } = parseArgs({ allowPositionals: true });
const folder = positionals[0];
if (folder === undefined) throw new Error('Usage: node scripts/random-checkpoint.ts FOLDER');

const architecture = describeModel(CONFIG, 'random');
const tensors = [...expectedTensors(architecture)].map(([name, shape], seed) =>
  randomTensor(name, shape, seed),
);
const half = Math.ceil(tensors.length / 2);
const shards = [tensors.slice(0, half), tensors.slice(half)];
const shardName = (index: number) => `model-0000${index + 1}-of-0000${shards.length}.safetensors`;
const weight_map = Object.fromEntries(
  shards.flatMap((shard, index) => shard.map(({ name }) => [name, shardName(index)])),
);
const vocab = Object.fromEntries(
  Array.from({ length: CONFIG.vocab_size }, (_, id) => [String.fromCodePoint(0x10000 + id), id]),
);

await mkdir(folder, { recursive: true });
for (const [index, shard] of shards.entries()) await writeSafetensors(join(folder, shardName(index)), shard);
await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map }));
await writeFile(join(folder, 'config.json'), JSON.stringify(CONFIG, null, 2));
await writeFile(
  join(folder, 'tokenizer.json'),
  JSON.stringify({
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', vocab, merges: [] },
  }),
);
console.log(`${folder}: ${parameterCount(architecture).toLocaleString('en')} parameters.`);

/** Norms are 1, matrices uniform with the standard deviation 0.02 that LLaMA starts from. */
function randomTensor(name: string, shape: readonly number[], seed: number): TensorToWrite {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return {
    name,
    shape,
    dtype: 'BF16',
    pieces: () => (shape.length === 1 ? [new Float32Array(size).fill(1)] : noise(size, seed)),
  };
}

function* noise(size: number, seed: number): Generator<Float32Array> {
  const rng = createRng(seed);
  for (let done = 0; done < size; done += PIECE) {
    yield Float32Array.from(
      { length: Math.min(PIECE, size - done) },
      () => (2 * rng.next() - 1) * 0.02 * Math.sqrt(3),
    );
  }
}
