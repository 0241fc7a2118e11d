/** Logits of Hugging Face transformers (float32, CPU), made by `scripts/oracle/make-oracles.py`, against an engine's. */
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkTensors } from '../../../eval/checkpoint/check-tensors.ts';
import { openSafetensors } from '../../../eval/checkpoint/open-safetensors.ts';
import { storedWeights } from '../../../eval/checkpoint/stored-weights.ts';
import { openWeightFiles } from '../../../eval/checkpoint/weight-files.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import { describeModel } from '../../../eval/families/index.ts';
import { relativeError } from './compare.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/oracle');
const SHIPPED = join(import.meta.dirname, '../../../data/models/bitloss-llama-3m');

/** Names of the cases: `shipped` and folders with weights of their own. */
export const oracleCases = globSync('*/oracle.json', { cwd: FIXTURES }).map(dirname).sort();

const readJson = async (folder: string, name: string) =>
  JSON.parse(await readFile(join(folder, name), 'utf8'));

/** `model_type` of each case with weights of its own. */
export async function oracleFamilies(): Promise<string[]> {
  const own = oracleCases.filter((name) => name !== 'shipped');
  return Promise.all(
    own.map(async (name) => (await readJson(join(FIXTURES, name), 'config.json')).model_type),
  );
}

/** Relative error of the logits of each sequence of a case. */
export async function oracleErrors(engine: Engine, name: string): Promise<number[]> {
  const folder = join(FIXTURES, name);
  const modelFolder = existsSync(join(folder, 'model.safetensors')) ? folder : SHIPPED;
  const { tokens, logits_file, rows } = await readJson(folder, 'oracle.json');
  const architecture = describeModel(await readJson(modelFolder, 'config.json'), name);
  const files = await openWeightFiles(modelFolder);
  await checkTensors(modelFolder, architecture, files);
  const model = await engine.load(architecture, storedWeights(modelFolder, files), {
    workspaceBytes: 1 << 26,
  });
  const expected = await openSafetensors(join(folder, logits_file));
  const errors: number[] = [];
  for (const [index, sequence] of (tokens as number[][]).entries()) {
    // Of long sequences only the last rows are stored.
    const kept = Math.min(sequence.length, rows ?? sequence.length) * architecture.vocabSize;
    const theirs = await expected.read(`logits.${index}`, 0, kept);
    errors.push(relativeError((await model.logits(sequence)).subarray(-kept), theirs));
  }
  await expected.close();
  await files.close();
  return errors;
}
