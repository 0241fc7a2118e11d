/** A checkpoint of random weights that speaks the shipped model's tokens: small enough to sweep in a second. */
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { TinyConfig } from '../engines/slow-forward.ts';
import { randomTensors, writeTinyCheckpoint } from '../engines/tiny-models.ts';

const SHIPPED = path.resolve(import.meta.dirname, '../../../data/models/bitloss-llama-3m');

const config: TinyConfig = {
  model_type: 'llama',
  vocab_size: 1280,
  hidden_size: 128,
  intermediate_size: 192,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 256,
  rope_theta: 10_000,
};

/** @param change of the weights before they are written */
export async function writeTiny(
  folder: string,
  change: (tensors: Map<string, Float32Array>) => void = () => {},
) {
  const tensors = randomTensors(config, 5);
  change(tensors);
  await writeTinyCheckpoint(folder, config, tensors);
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    await copyFile(path.join(SHIPPED, name), path.join(folder, name));
  }
}
