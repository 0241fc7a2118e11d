/**
 * What is compared, and its one form in the address: short, readable, and the same after a round trip.
 *
 *     ?v=1&c=llama-2-7b~gptq-w4g128~omniquant,~awq-w4g128,~rtn-w4g128&all=1
 *
 * A side is model~recipe~source; what it shares with the side before it is left out. The first side is the one that the
 * others are held against. `v` is the version of this form: links of an older version are read as they were meant.
 * An address is untrusted: what is not a side is dropped, and there are never more than eight.
 */

export interface Side {
  readonly model: string;
  readonly recipe: string;
  readonly source: string;
}

export interface CompareState {
  readonly sides: readonly Side[];
  /** Also show tasks that not all sides have. */
  readonly all: boolean;
}

export const MAX_SIDES = 8;
export const NOTHING: CompareState = { sides: [], all: false };

/** Ids of models, recipes and sources; none of them holds what separates them here. */
const ID = /^[a-z0-9][a-z0-9._:@+-]{0,79}$/;
const SEPARATOR = '~';

export function sideKey({ model, recipe, source }: Side): string {
  return [model, recipe, source].join(SEPARATOR);
}

/** Writes a state as a query string: `''` for nothing, else starting with `?`. */
export function encodeCompare(state: CompareState): string {
  if (state.sides.length === 0) return '';
  const sides = state.sides.map((side, place) => encodeSide(side, state.sides[place - 1]));
  return `?v=1&c=${sides.join(',')}${state.all ? '&all=1' : ''}`;
}

function encodeSide(side: Side, before: Side | undefined): string {
  const model = side.model === before?.model ? '' : side.model;
  const source = side.source === before?.source ? '' : `${SEPARATOR}${side.source}`;
  return `${model}${SEPARATOR}${side.recipe}${source}`.replaceAll('+', '%2B');
}

/** Reads a query string (with or without `?`). Never throws: what it does not understand is left out. */
export function decodeCompare(query: string): CompareState {
  const parameters = new URLSearchParams(query);
  if (parameters.get('v') !== '1') return NOTHING;
  const sides = new Map<string, Side>();
  let before: Side | undefined;
  for (const text of (parameters.get('c') ?? '').split(',', 4 * MAX_SIDES)) {
    const side = decodeSide(text, before);
    if (side === null) continue;
    before = side;
    sides.set(sideKey(side), side);
  }
  const kept = [...sides.values()].slice(0, MAX_SIDES);
  return { sides: kept, all: kept.length > 0 && parameters.get('all') === '1' };
}

function decodeSide(text: string, before: Side | undefined): Side | null {
  const [model = '', recipe = '', source = ''] = text.split(SEPARATOR, 3);
  const side = { model: model || before?.model, recipe, source: source || before?.source };
  const { model: ownModel, source: ownSource } = side;
  if (ownModel === undefined || ownSource === undefined) return null;
  return [ownModel, recipe, ownSource].every((id) => ID.test(id))
    ? { model: ownModel, recipe, source: ownSource }
    : null;
}

/** The address of a comparison, for links. */
export function comparePath(sides: readonly Side[]): string {
  return encodeCompare({ sides: sides.slice(0, MAX_SIDES), all: false });
}
