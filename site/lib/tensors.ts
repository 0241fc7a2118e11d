/** Models whose tensors were looked at, and on what. */
import { models } from './catalogue.ts';
import { rowsOf, select, type TensorProfileRow } from './db.ts';

/** Where the statistics of a model come from. */
export interface TensorSource {
  readonly model_id: string;
  readonly model_name: string;
  readonly family: string;
  readonly params_b: number;
  readonly owner: string;
  readonly command: string;
  readonly code_commit: string | null;
  readonly engine: string;
  readonly text: string;
  readonly text_sha256: string;
  readonly samples: number;
  readonly length: number;
  readonly seed: number;
  readonly tokens: number;
  readonly notes: string | null;
  /** Whether results of the model are known too, so that it has a page of its own. */
  readonly hasResults: boolean;
}

/** All of them, by name. */
export async function tensorSources(): Promise<readonly TensorSource[]> {
  const found = await select<Omit<TensorSource, 'hasResults'>>(`
    SELECT model_id, coalesce(model.name, model_id) AS model_name, tensor_file.family,
      coalesce(model.params_b, tensor_file.params_b) AS params_b, owner, command, code_commit, engine, text, text_sha256,
      samples, length, seed, tokens::DOUBLE AS tokens, notes
    FROM tensor_file LEFT JOIN model USING (model_id)
    ORDER BY lower(model_name), model_id`);
  const known = new Set((await models()).map(({ id }) => id));
  return found.map((source) => ({ ...source, hasResults: known.has(source.model_id) }));
}

export async function profileOf(model: string): Promise<readonly TensorProfileRow[]> {
  return rowsOf('tensor_profile', 'model_id', model);
}
