/** Who is compared: a model and a recipe a side, by native selects; the first is the one that others are held against. */
import type { ReactNode } from 'react';
import { type CompareState, MAX_SIDES, type Side, sideKey } from '../lib/compare-state.ts';
import type { CompareModel, CompareRecipe } from '../lib/compare-types.ts';
import { letterOf, recipeTitle } from '../lib/compare-words.ts';
import type { Models } from './use-compare.ts';

interface Props {
  readonly state: CompareState;
  readonly setState: (state: CompareState) => void;
  readonly models: readonly { readonly id: string; readonly name: string }[];
  readonly loaded: Models;
}

export function ComparePickers({ state, setState, models, loaded }: Props): ReactNode {
  const { sides } = state;
  const put = (next: readonly Side[]) => setState({ ...state, sides: next });
  const next = nextSide(sides, loaded);
  return (
    <section className="compare-pickers" aria-label="What is compared">
      <ol>
        {sides.map((side, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a side is its place, so that a select keeps the focus when it chooses
          <li key={place}>
            <SidePicker
              side={side}
              letter={letterOf(place)}
              models={models}
              model={modelOf(loaded, side)}
              setSide={(chosen) => put(sides.map((one, at) => (at === place ? chosen : one)))}
            />
            {place === 0 ? (
              <span className="muted">the others are held against this</span>
            ) : (
              <button
                type="button"
                className="button"
                onClick={() => put([side, ...sides.filter((one) => one !== side)])}
              >
                Hold against this
                <span className="hidden-text">: {side.recipe}</span>
              </button>
            )}
            {sides.length > 1 ? (
              <button
                type="button"
                className="button"
                onClick={() => put(sides.filter((one) => one !== side))}
              >
                Remove
                <span className="hidden-text"> {side.recipe}</span>
              </button>
            ) : null}
          </li>
        ))}
      </ol>
      <button
        type="button"
        className="button"
        disabled={next === null || sides.length >= MAX_SIDES}
        onClick={() => next !== null && put([...sides, next])}
      >
        Add a side ({sides.length} of {MAX_SIDES})
      </button>
    </section>
  );
}

interface PickerProps {
  readonly side: Side;
  readonly letter: string;
  readonly models: Props['models'];
  /** null while it is on its way. */
  readonly model: CompareModel | null;
  readonly setSide: (side: Side) => void;
}

function SidePicker({ side, letter, models, model, setSide }: PickerProps): ReactNode {
  const recipes = model?.recipes ?? [];
  const value = `${side.recipe}~${side.source}`;
  const isKnown = recipes.some((one) => optionValue(one) === value);
  return (
    <>
      <b aria-hidden="true">{letter}</b>
      <label>
        <span className="hidden-text">Model {letter}</span>
        <select
          className="field"
          value={side.model}
          onChange={(event) => setSide({ ...side, model: event.target.value })}
        >
          {models.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span className="hidden-text">Recipe {letter}</span>
        <select
          className="field"
          value={isKnown ? value : ''}
          onChange={(event) => {
            const [recipe = '', source = ''] = event.target.value.split('~');
            setSide({ ...side, recipe, source });
          }}
        >
          {isKnown ? null : <option value="">{model === null ? 'loading' : 'choose a recipe'}</option>}
          {[...Map.groupBy(recipes, ({ source }) => source)].map(([source, own]) => (
            <optgroup key={source} label={`${own[0]!.source_title} (${own[0]!.origin})`}>
              {own.map((one) => (
                <option key={one.recipe} value={optionValue(one)}>
                  {optionText(one, own)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
    </>
  );
}

function optionValue({ recipe, source }: CompareRecipe): string {
  return `${recipe}~${source}`;
}

/** Recipes that differ only in settings without a chip are told apart by their id. */
function optionText(one: CompareRecipe, own: readonly CompareRecipe[]): string {
  const title = recipeTitle(one);
  const twins = own.filter((other) => recipeTitle(other) === title);
  return twins.length > 1 ? `${title} (${one.recipe})` : title;
}

function modelOf(loaded: Models, { model }: Side): CompareModel | null {
  const own = loaded.get(model);
  return own === undefined || own instanceof Error ? null : own.model;
}

/** What a new side starts as: the next recipe of the last side's model that is not there yet. */
function nextSide(sides: readonly Side[], loaded: Models): Side | null {
  const last = sides.at(-1);
  const model = last === undefined ? null : modelOf(loaded, last);
  if (model === null) return null;
  const taken = new Set(sides.map(sideKey));
  const all = model.recipes.map(({ recipe, source }) => ({ model: model.id, recipe, source }));
  const from = all.findIndex((side) => sideKey(side) === sideKey(last!)) + 1;
  return [...all.slice(from), ...all.slice(0, from)].find((side) => !taken.has(sideKey(side))) ?? null;
}
