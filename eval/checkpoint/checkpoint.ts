/** A Hugging Face model folder, opened and checked: architecture, weights, tokenizer and the hashes of all of it. */
import { join } from 'node:path';
import type { ModelManifest } from '../../data/schema.ts';
import { checkpointErrors as errors } from '../errors/checkpoint.ts';
import type { Architecture } from '../families/architecture.ts';
import { describeModel } from '../families/index.ts';
import type { WeightSource } from '../weights.ts';
import { checkTensors, storedNames } from './check-tensors.ts';
import { parameterCount } from './expected-tensors.ts';
import { openTokenizer } from './open-tokenizer.ts';
import { readJson } from './read-json.ts';
import { storedWeights } from './stored-weights.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { hashFile, openWeightFiles, type WeightFiles } from './weight-files.ts';

/** What the content of the folder says; name and origin are the caller's. */
export type CheckpointManifest = Pick<
  ModelManifest,
  'family' | 'params' | 'config_sha256' | 'tokenizer_sha256' | 'weights'
>;

export interface Checkpoint {
  readonly folder: string;
  readonly architecture: Architecture;
  /** Reads from disk on every call; see `residentWeights`. */
  readonly weights: WeightSource;
  readonly tokenizer: TextTokenizer;
  /** Hashes every file of the model; reads all of it once. */
  manifest(): Promise<CheckpointManifest>;
  close(): Promise<void>;
}

/**
 * Opens a folder with config.json, tokenizer.json and .safetensors weights. Nothing but headers is read of the weights,
 * except where a head is stored beside the embedding that it is tied to.
 * @throws checkpoint/…, safetensors/…, family/…
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const config = await readJson(folder, 'config.json');
  const architecture = describeModel(config, join(folder, 'config.json'));
  const files = await openWeightFiles(folder);
  try {
    await checkTensors(folder, architecture, files);
    const tokenizer = await openTokenizer(folder, config);
    if (tokenizer.vocabSize > architecture.vocabSize) {
      throw errors.tokenizerSize(folder, tokenizer.vocabSize - 1, architecture.vocabSize);
    }
    return {
      folder,
      architecture,
      weights: storedWeights(folder, files, storedNames(architecture, files)),
      tokenizer,
      manifest: () => hashAll(folder, architecture, files),
      close: () => files.close(),
    };
  } catch (error) {
    await files.close();
    throw error;
  }
}

async function hashAll(
  folder: string,
  architecture: Architecture,
  files: WeightFiles,
): Promise<CheckpointManifest> {
  const weights = [];
  for (const name of files.names) weights.push({ name, ...(await hashFile(join(folder, name))) });
  return {
    family: architecture.family,
    params: parameterCount(architecture),
    config_sha256: (await hashFile(join(folder, 'config.json'))).sha256,
    tokenizer_sha256: (await hashFile(join(folder, 'tokenizer.json'))).sha256,
    weights,
  };
}
