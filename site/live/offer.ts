/** What the page offers: models with their files and recordings, methods, and what the board has measured of each recipe. */
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
import { rows } from '../lib/db.ts';
import { once } from '../lib/once.ts';
import { href } from '../lib/url.ts';
import { modelParts, runtimeFile, type ShippedFile } from './files.ts';
import type { Offer, OfferedModel } from './offer-types.ts';

const FOLDER = join(process.cwd(), 'data/live');
const BITS = [4, 3, 2];
const METHODS = [
  { id: 'rtn', title: 'Round to nearest' },
  { id: 'hqq', title: 'HQQ' },
];

export const offer = once(async (): Promise<Offer> => {
  const models = await Promise.all((await liveModels()).map(offeredModel));
  return { runtime: address(await runtimeFile()), methods: METHODS, models };
});

export async function recordings(): Promise<LiveRecordings> {
  return liveRecordingsSchema.parse(await json('recordings.json'));
}

export async function liveModels(): Promise<readonly LiveModelEntry[]> {
  return liveModelsSchema.parse(await json('models.json')).models;
}

async function offeredModel({ id, title, about, sentence, examples }: LiveModelEntry): Promise<OfferedModel> {
  const { description, weights } = await modelParts(id);
  const measured = (await rows('recipe_kept')).filter(
    ({ origin, model_id }) => origin === 'measured' && model_id === id,
  );
  // A model has a page once it has a result.
  const page = (await models()).some((model) => model.id === id) ? `/models/${id}/` : '/models/';
  const method = ({ id: methodId }: (typeof METHODS)[number]) => {
    const filters = { model: [id], method: [methodId] };
    const board = `${href('/')}${encodeState({ ...DEFAULT_STATE, filters })}`;
    return [
      { recipe: 'fp16', bits: 16, kept: null, keptHalf: null, board: href(page) },
      ...BITS.map((bits) => {
        const recipe = `${methodId}-w${bits}g64`;
        const row = measured.find(({ recipe_id }) => recipe_id === recipe);
        return { recipe, bits, kept: row?.kept ?? null, keptHalf: row?.kept_half ?? null, board };
      }),
    ];
  };
  const lanes = Object.fromEntries(METHODS.map((one) => [one.id, method(one)]));
  return {
    ...{ id, title, about, sentence, examples, lanes },
    ...{ description: address(description), weights: address(weights) },
  };
}

function address({ name, bytes }: ShippedFile) {
  return { url: href(`/break/${name}`), bytes: bytes.length };
}

async function json(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(FOLDER, name), 'utf8'));
}
