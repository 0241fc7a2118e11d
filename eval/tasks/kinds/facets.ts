/** Item columns by which the items of a task fall into groups: a subject, a length, a position. */
import type { Doc } from '../../datasets/dataset.ts';
import type { ColumnType } from '../task.ts';

type Value = string | number | boolean;

export type Facets<D extends Doc> = Readonly<
  Record<string, { readonly type: ColumnType; of(doc: D): Value }>
>;

export function facetColumns<D extends Doc>(facets: Facets<D>): Readonly<Record<string, ColumnType>> {
  return Object.fromEntries(Object.entries(facets).map(([name, { type }]) => [name, type]));
}

export function facetValues<D extends Doc>(facets: Facets<D>, doc: D): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(facets).map(([name, facet]) => [name, facet.of(doc)]));
}
