/** What the page offers: models with their files and recordings, comparisons, and what the board has measured of each recipe. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type LiveModelEntry,
  type LiveRecordings,
  liveModelsSchema,
  liveRecordingsSchema,
} from '../../data/live/schema.ts';
import { DEFAULT_STATE, encodeState } from '../lib/board-state.ts';
import { models } from '../lib/catalogue.ts';
import { rows, rowsOf } from '../lib/db.ts';
import { once } from '../lib/once.ts';
import { href } from '../lib/url.ts';
import { modelParts, runtimeFile, type ShippedFile } from './files.ts';
import type { Comparison, Offer, OfferedLane, OfferedModel } from './offer-types.ts';

const FOLDER = join(process.cwd(), 'data/live');
const BITS = [4, 3, 2];
const METHODS = [
  { id: 'rtn', short: 'RTN', title: 'Round to nearest', isInAdvance: false },
  { id: 'hqq', short: 'HQQ', title: 'HQQ', isInAdvance: false },
  { id: 'gptq', short: 'GPTQ', title: 'GPTQ', isInAdvance: true },
];

const recipeOf = (method: string, bits: number) => `${method}-w${bits}g64`;

const COMPARISONS: readonly Comparison[] = [
  ...METHODS.map(({ id, title }) => ({
    id,
    group: 'Fewer and fewer bits',
    title: `${title}: 16, ${BITS.join(', ')} bits`,
    recipes: ['fp16', ...BITS.map((bits) => recipeOf(id, bits))],
  })),
  ...BITS.map((bits) => ({
    id: `w${bits}`,
    group: 'Method against method',
    title: `${METHODS.map(({ short }) => short).join(', ')} at ${bits} bits`,
    recipes: ['fp16', ...METHODS.map(({ id }) => recipeOf(id, bits))],
  })),
];

export const offer = once(async (): Promise<Offer> => {
  const models = await Promise.all((await liveModels()).map(offeredModel));
  return { runtime: address(await runtimeFile()), comparisons: COMPARISONS, models };
});

export async function recordings(): Promise<LiveRecordings> {
  return liveRecordingsSchema.parse(await json('recordings.json'));
}

export async function liveModels(): Promise<readonly LiveModelEntry[]> {
  return liveModelsSchema.parse(await json('models.json')).models;
}

async function offeredModel(entry: LiveModelEntry): Promise<OfferedModel> {
  const { id, title, about, sentence, examples } = entry;
  const { description, weights, packed } = await modelParts(id);
  const { measured, readTask } = await measuredOf(id);
  // A model has a page once it has a result.
  const page = (await models()).some((model) => model.id === id) ? `/models/${id}/` : '/models/';
  const lanes: Record<string, OfferedLane> = {
    fp16: { recipe: 'fp16', title: '16 bit', ...measured('fp16'), board: href(page), packed: null },
  };
  for (const { id: method, short, isInAdvance } of METHODS) {
    const filters = { model: [id], method: [method] };
    const board = `${href('/')}${encodeState({ ...DEFAULT_STATE, filters })}`;
    for (const bits of BITS) {
      const recipe = recipeOf(method, bits);
      const codes = packed[recipe] ?? null;
      if (isInAdvance && codes === null) continue;
      const lane = { recipe, title: `${short} ${bits} bit`, board, ...measured(recipe) };
      lanes[recipe] = { ...lane, packed: codes === null ? null : address(codes) };
    }
  }
  return {
    ...{ id, title, about, sentence, examples, readTask, lanes },
    ...{ description: address(description), weights: address(weights) },
  };
}

/** What the board has measured of a recipe of a model. */
async function measuredOf(id: string) {
  const isMeasured = ({ origin }: { readonly origin: string }) => origin === 'measured';
  const kept = (await rows('recipe_kept')).filter((row) => row.model_id === id && isMeasured(row));
  const read = (await rowsOf('board', 'model_id', id)).filter(
    (row) => row.metric === 'perplexity' && isMeasured(row),
  );
  const measured = (recipe: string) => {
    const row = recipe === 'fp16' ? undefined : kept.find(({ recipe_id }) => recipe_id === recipe);
    const text = read.find(({ recipe_id }) => recipe_id === recipe);
    return {
      kept: row?.kept ?? null,
      keptHalf: row?.kept_half ?? null,
      perplexity: text?.value ?? null,
    };
  };
  return { measured, readTask: read[0]?.task_title ?? null };
}

function address({ name, bytes, sha256 }: ShippedFile) {
  return { url: href(`/break/${name}`), bytes: bytes.length, sha256 };
}

async function json(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(FOLDER, name), 'utf8'));
}
