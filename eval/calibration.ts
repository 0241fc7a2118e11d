/** Calibration data: a text, and the token sequences that are drawn from it. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Calibration } from '../data/schema.ts';
import { CALIBRATION_TEXTS } from './datasets/calibration-texts.ts';
import { loadDataset } from './datasets/load.ts';
import { calibrationErrors as errors } from './errors/calibration.ts';
import { createRng } from './math/rng.ts';
import type { Tokenizer } from './requests/special-tokens.ts';
import { trainingDocuments } from './world/index.ts';

export interface CalibrationText {
  /** As it was asked for: a text of the project or a file. */
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

/** Of those that the shipped models were trained on; some 400,000 tokens, six times what 128 samples of 512 take. */
const WORLD_DOCUMENTS = 4000;
const WORLD_SEED = 1;
/** Window of the GPTQ papers, unless the model sees less. */
const USUAL_LENGTH = 2048;
const LIMIT_BYTES = 256 * 2 ** 20;

const texts: Readonly<Record<string, () => string>> = {
  'world-train': () => [...trainingDocuments(WORLD_DOCUMENTS, WORLD_SEED)].join('\n\n'),
};

/** Names of texts; anything else is a file. */
const NAMES = [...Object.keys(texts), ...Object.keys(CALIBRATION_TEXTS)];

/**
 * A text of the project, one of a data folder (its documents joined by empty lines), or a file.
 * @param dataFolder  null where none was given
 * @throws calibration/unreadable, calibration/not-text, calibration/too-large; data/… for a text of the data folder
 */
export async function openCalibrationText(name: string, dataFolder: string | null): Promise<CalibrationText> {
  const text = await textOf(name, dataFolder);
  return { name, text, sha256: createHash('sha256').update(text).digest('hex') };
}

async function textOf(name: string, dataFolder: string | null): Promise<string> {
  if (Object.hasOwn(texts, name)) return texts[name]!();
  if (!Object.hasOwn(CALIBRATION_TEXTS, name)) return readText(name);
  const { docs } = await loadDataset(CALIBRATION_TEXTS[name]!, dataFolder);
  return docs.map(({ text }) => text).join('\n\n');
}

/** Tokens of one sample: as asked for, or the usual length as far as the model sees. Throws `calibration/too-long`. */
export function sampleLength(asked: number | null, maxPositions: number): number {
  const length = asked ?? Math.min(USUAL_LENGTH, maxPositions);
  if (length > maxPositions) throw errors.tooLong(length, maxPositions);
  return length;
}

/**
 * Draws samples as the GPTQ papers do: the text is encoded as a whole, and every sample is `length` neighbouring tokens
 * from a place of equal chance; samples may overlap. Frantar et al. 2022, arXiv:2210.17323, §4 and its reference code.
 * @returns `samples` sequences of `length` token ids
 * @throws calibration/too-short
 */
export function drawSamples(
  { name, text }: CalibrationText,
  { samples, length, seed }: Pick<Calibration, 'samples' | 'length' | 'seed'>,
  tokenizer: Tokenizer,
): readonly Int32Array[] {
  const ids = Int32Array.from(tokenizer.encodeWithSpecials(text));
  if (ids.length < length) throw errors.tooShort(name, ids.length, length);
  const rng = createRng(seed);
  return Array.from({ length: samples }, () => {
    const from = rng.int(ids.length - length + 1);
    return ids.subarray(from, from + length);
  });
}

async function readText(file: string): Promise<string> {
  const { bytes, size } = await readBytes(file);
  if (bytes === null) throw errors.tooLarge(file, size, LIMIT_BYTES);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw errors.notText(file, cause);
  }
}

async function readBytes(
  file: string,
): Promise<{ readonly bytes: Uint8Array | null; readonly size: number }> {
  try {
    const { size } = await stat(file);
    return { bytes: size > LIMIT_BYTES ? null : await readFile(file), size };
  } catch (cause) {
    throw errors.unreadable(file, NAMES, cause);
  }
}
