/** Loads what a comparison needs, each file once, when it is asked for; and keeps the state in the address. */
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { addressQuery, onQuery, writeQuery } from '../lib/address.ts';
import { type CompareState, decodeCompare, encodeCompare } from '../lib/compare-state.ts';
import type { CompareItems, CompareModel } from '../lib/compare-types.ts';

const write = (state: CompareState) => writeQuery(encodeCompare(state));

/** The state in the address; `start` where the address has none. */
export function useCompareState(start: CompareState): readonly [CompareState, (state: CompareState) => void] {
  const query = useSyncExternalStore(onQuery, addressQuery, () => '');
  const state = useMemo(() => {
    const read = decodeCompare(query);
    return read.sides.length === 0 ? start : read;
  }, [query, start]);
  return [state, write];
}

export interface LoadedModel {
  readonly model: CompareModel;
  readonly items: CompareItems | null;
}

const loading = new Map<string, Promise<LoadedModel>>();

async function json<T>(address: string): Promise<T> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return (await response.json()) as T;
}

/** Files are named by model and data version, so what is cached is never out of date. */
function load(root: string, id: string, version: string): Promise<LoadedModel> {
  const known = loading.get(id);
  if (known !== undefined) return known;
  const file = `${encodeURIComponent(id)}.${version}.json`;
  const loaded = json<CompareModel>(`${root}models/${file}`).then(async (model) => ({
    model,
    // Without the items everything but flips and their intervals still holds.
    items: model.has_items ? await json<CompareItems>(`${root}items/${file}`).catch(() => null) : null,
  }));
  loading.set(id, loaded);
  // A failed load may be tried again.
  loaded.catch(() => loading.delete(id));
  return loaded;
}

export type Models = ReadonlyMap<string, LoadedModel | Error>;

/** Models by id, as they arrive; an error in place of one that could not be loaded. */
export function useModels(ids: readonly string[], root: string, version: string): Models {
  const [models, setModels] = useState<Models>(new Map());
  const wanted = [...new Set(ids)].sort().join(' ');
  useEffect(() => {
    let current = true;
    const put = (id: string, loaded: LoadedModel | Error) =>
      current && setModels((before) => new Map(before).set(id, loaded));
    for (const id of wanted.split(' ').filter((one) => one !== '')) {
      load(root, id, version).then(
        (loaded) => put(id, loaded),
        (error: Error) => put(id, error),
      );
    }
    return () => {
      current = false;
    };
  }, [wanted, root, version]);
  return models;
}
