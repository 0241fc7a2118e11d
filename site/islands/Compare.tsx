/**
 * The comparison that the reader chooses. Until its data is there it shows the static page that it was given; all of
 * its state is in the address.
 */
import { type ReactNode, useMemo } from 'react';
import { type Comparison, type Contender, compare } from '../lib/compare.ts';
import { partnerOf } from '../lib/compare-partner.ts';
import type { CompareState, Side } from '../lib/compare-state.ts';
import { recipeOf } from '../lib/compare-types.ts';
import { ComparePickers } from './ComparePickers.tsx';
import { CompareTools } from './CompareTools.tsx';
import { CompareView } from './CompareView.tsx';
import { type Models, useCompareState, useModels } from './use-compare.ts';

interface Props {
  /** Models to choose from. */
  readonly models: readonly { readonly id: string; readonly name: string }[];
  /** Where files are, with a slash at the end. */
  readonly root: string;
  readonly version: string;
  /** What is compared where the address does not say. */
  readonly start: CompareState;
  /** The static comparison. */
  readonly children?: ReactNode;
}

export default function Compare({ models, root, version, start, children }: Props): ReactNode {
  const [asked, setState] = useCompareState(start);
  const known = useMemo(
    () => asked.sides.filter(({ model }) => models.some(({ id }) => id === model)),
    [asked, models],
  );
  const loaded = useModels(
    known.map(({ model }) => model),
    root,
    version,
  );
  const state = useMemo(() => ({ ...asked, sides: withPartner(known, loaded) }), [asked, known, loaded]);
  const comparison = useMemo(() => comparisonOf(state.sides, loaded), [state, loaded]);
  if (comparison === null && ![...loaded.values()].some((one) => one instanceof Error)) return children;
  return (
    <div className="compare">
      <ComparePickers state={state} setState={setState} models={models} loaded={loaded} />
      <Problems asked={asked.sides} loaded={loaded} />
      {comparison === null || comparison.contenders.length === 0 ? null : (
        <>
          <CompareTools state={state} setState={setState} comparison={comparison} />
          <CompareView comparison={comparison} all={state.all} />
        </>
      )}
    </div>
  );
}

/** A single recipe gets the plainest one of its size beside it, to be held against. */
function withPartner(sides: readonly Side[], loaded: Models): readonly Side[] {
  const [only] = sides;
  if (only === undefined || sides.length > 1) return sides;
  const own = loaded.get(only.model);
  if (own === undefined || own instanceof Error) return sides;
  const partner = partnerOf(own.model, only);
  return partner === null ? sides : [partner, only];
}

/** null while a model is still on its way. */
function comparisonOf(sides: readonly Side[], loaded: Models): Comparison | null {
  const contenders: Contender[] = [];
  for (const side of sides) {
    const own = loaded.get(side.model);
    if (own === undefined) return null;
    if (own instanceof Error) continue;
    const recipe = recipeOf(own.model, side);
    if (recipe !== undefined) contenders.push({ ...own, recipe });
  }
  return compare(contenders);
}

function Problems({
  asked,
  loaded,
}: {
  readonly asked: readonly Side[];
  readonly loaded: Models;
}): ReactNode {
  const failed = [...loaded].filter(([, one]) => one instanceof Error).map(([id]) => id);
  const unknown = asked.filter((side) => {
    const own = loaded.get(side.model);
    if (own instanceof Error) return false;
    return own === undefined || recipeOf(own.model, side) === undefined;
  });
  if (failed.length + unknown.length === 0) return null;
  return (
    <p className="flag" role="alert">
      {failed.length > 0 ? `The values of ${failed.join(', ')} could not be loaded. ` : ''}
      {unknown.length > 0
        ? `Not known here, so left out: ${unknown.map(({ model, recipe, source }) => `${recipe} of ${model} by ${source}`).join('; ')}.`
        : ''}
    </p>
  );
}
