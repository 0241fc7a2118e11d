/** Opens a model folder as a page opens its files: for recordings and tests, which compare the two. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readJson } from '../checkpoint/read-json.ts';
import type { Engine } from '../engines/engine.ts';
import { LiveModel } from './live-model.ts';

/** @throws checkpoint/missing-file, checkpoint/json, and what `LiveModel.open` throws */
export async function openLiveFolder(engine: Engine, folder: string): Promise<LiveModel> {
  return LiveModel.open(engine, {
    name: basename(folder),
    config: await readJson(folder, 'config.json'),
    tokenizer: await readJson(folder, 'tokenizer.json'),
    tokenizerOptions: await readJson(folder, 'tokenizer_config.json'),
    weights: await readFile(join(folder, 'model.safetensors')),
  });
}
