/** Rows on top: their names, their place whatever is asked for, and the view with them as a file. */
import { describe, expect, it } from 'vitest';
import { RECIPE_COLUMNS } from '../../site/islands/recipe-columns.tsx';
import { viewJson, viewTable } from '../../site/islands/view-file.ts';
import { runBoard } from '../../site/lib/board-engine.ts';
import { type BoardState, DEFAULT_STATE } from '../../site/lib/board-state.ts';
import { decodeTable, encodeRows } from '../../site/lib/payload.ts';
import { isPin, pinnedRows, pinOf } from '../../site/lib/pins.ts';
import { recipeRow, resultRow } from './result-row.ts';

const RECIPES = [
  recipeRow({ recipe: 'gptq-w4g128', method: 'gptq', kept: 0.97 }),
  recipeRow({ recipe: 'awq-w4g128', method: 'awq', kept: 0.99 }),
  recipeRow({ recipe: 'awq-w4g128', method: 'awq', ability: 'reasoning', kept: 0.95 }),
  recipeRow({ recipe: 'rtn-w3g128', method: 'rtn', kept: 0.6 }),
  recipeRow({ recipe: 'rtn-w4g128', method: 'rtn', kept: 0.93 }),
];
const table = decodeTable(encodeRows(RECIPES, 'recipe', 'v1'));
const [gptq, awq, , rtn] = RECIPES.map(pinOf) as [string, string, string, string];

const shown = (state: Partial<BoardState>) => {
  const asked = { ...DEFAULT_STATE, filters: { ability: ['all'] }, ...state };
  return runBoard(table, asked, pinnedRows(table, asked.pins, asked.filters.ability));
};

describe('the name of a row', () => {
  it('does not change from one release to the next', () => {
    expect(pinOf(RECIPES[0]!)).toBe('0xpu4dv7');
    expect(pinOf(resultRow())).toBe('hd0niokk');
  });

  it('is one for a recipe in all abilities, and another for every other row', () => {
    const names = new Set(RECIPES.map(pinOf));
    expect(names.size).toBe(RECIPES.length - 1);
    const many = Array.from({ length: 20_000 }, (_, place) =>
      pinOf(resultRow({ locator: `Table ${place}` })),
    );
    expect(new Set(many).size).toBe(many.length);
    expect(many.every(isPin)).toBe(true);
  });

  it('stays where a value is measured again, whatever run has it', () => {
    const names = ['a', 'b'].map((run) =>
      pinOf(resultRow({ run, locator: `results/${run}.json`, value: 1 })),
    );
    expect(names[0]).toBe(names[1]);
  });
});

describe('pinned rows', () => {
  it('come first whatever is filtered, in the same sorting, and once', () => {
    const sort = [{ column: 'kept', descending: true }];
    const pins = [rtn, gptq];
    expect([...shown({ pins }).order]).toEqual([0, 3, 1, 4]);
    expect([...shown({ pins, sort: [{ column: 'kept', descending: false }] }).order]).toEqual([3, 0, 4, 1]);
    const result = shown({ pins, sort, filters: { ability: ['all'], method: ['awq', 'gptq'] } });
    expect([...result.order]).toEqual([0, 3, 1]);
    expect(result).toMatchObject({ pinned: 2, matches: 2 });
    expect([...result.counts.method!]).toEqual([...shown({ filters: { ability: ['all'] } }).counts.method!]);
  });

  it('are those of the ability that is asked for', () => {
    expect([...shown({ pins: [awq, rtn], filters: { ability: ['reasoning'] } }).order]).toEqual([2]);
  });

  it('are left out where the table has no such row', () => {
    expect([...shown({ pins: ['zzzzzzzz'] }).order]).toEqual([0, 1, 3, 4]);
  });
});

describe('the view as a file', () => {
  const state = { ...DEFAULT_STATE, pins: [rtn] };
  const columns = RECIPE_COLUMNS.filter(({ id }) => ['model', 'method', 'kept', 'compare'].includes(id));
  const view = viewTable(state, columns as never, table, shown(state));

  it('has pinned rows first and says which they are', () => {
    expect(view.header).toEqual(['pinned', 'model', 'method', 'kept']);
    expect(view.rows.slice(0, 2)).toEqual([
      [1, 'llama-2-7b', 'rtn', 0.6],
      [0, 'llama-2-7b', 'gptq', 0.97],
    ]);
    expect(viewTable(state, columns as never, table, shown({})).header).toEqual(['model', 'method', 'kept']);
  });

  it('is as JSON the same rows by name, with the address of the view', () => {
    const file = JSON.parse(viewJson(view, 'https://example.org/?pin=1')) as {
      address: string;
      rows: object[];
    };
    expect(file.address).toBe('https://example.org/?pin=1');
    expect(file.rows).toHaveLength(view.rows.length);
    expect(file.rows[0]).toEqual({ pinned: 1, model: 'llama-2-7b', method: 'rtn', kept: 0.6 });
  });
});
