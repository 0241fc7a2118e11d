/** Draws the result of a query. It is loaded, and Vega with it, when the reader first asks for a drawing. */
import { drawSvg, type TopLevelSpec } from '../vega.ts';
import type { ChartChoice } from './examples.ts';
import { type Cell, isNumeric, type QueryResult } from './result.ts';

/** More marks than this say nothing on a screen. */
const MOST_ROWS = 2000;
/** More bars than this are a table. */
const MOST_BARS = 60;
/** More groups than this cannot be told apart. */
const MOST_GROUPS = 10;

const COLOURS = [
  'blue',
  'orange',
  'green',
  'vermilion',
  'purple',
  'sky',
  'brown',
  'olive',
  'yellow',
  'rounding',
];
const SHAPES = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'triangle-right',
  'triangle-left',
];

type Values = readonly Readonly<Record<'x' | 'y' | 'by', Cell>>[];

/**
 * The drawing as SVG text in the colours of the page.
 * @param width  of the whole drawing, in pixels
 * @throws with a sentence for the reader where the choice cannot be drawn
 */
export async function drawResult(result: QueryResult, choice: ChartChoice, width: number): Promise<string> {
  return drawSvg(resultSpec(result, choice, width), 'result');
}

/** The Vega-Lite specification of the drawing; throws like {@link drawResult}. */
export function resultSpec(result: QueryResult, choice: ChartChoice, width: number): TopLevelSpec {
  const place = (name: string) => result.columns.indexOf(name);
  const [x, y, by] = [place(choice.x), place(choice.y), choice.by === null ? -1 : place(choice.by)];
  if (x < 0 || y < 0) throw new Error('Choose two columns of the result to draw.');
  if (!isNumeric(result, y))
    throw new Error(`“${choice.y}” holds no numbers. Choose another column for the values.`);
  const values = result.rows
    .map((row) => ({ x: row[x]!, y: row[y]!, by: by < 0 ? null : String(row[by] ?? '–') }))
    .filter(({ x, y }) => x !== null && y !== null);
  const groups = [...new Set(values.map((value) => value.by))];
  const most = choice.form === 'bars' ? MOST_BARS : MOST_ROWS;
  if (values.length === 0) throw new Error('There is no row in which both columns have a value.');
  if (values.length > most)
    throw new Error(
      `A drawing of ${values.length} ${choice.form} cannot be read; at most ${most} are drawn. Add a LIMIT or a GROUP BY.`,
    );
  if (groups.length > MOST_GROUPS)
    throw new Error(
      `“${choice.by}” has ${groups.length} values; more than ${MOST_GROUPS} colours cannot be told apart.`,
    );
  const parts = { values, isGrouped: by >= 0, isNumber: isNumeric(result, x), choice, width };
  return choice.form === 'bars' ? bars(parts) : marks(parts);
}

interface Parts {
  readonly values: Values;
  readonly isGrouped: boolean;
  /** Whether the places across are numbers. */
  readonly isNumber: boolean;
  readonly choice: ChartChoice;
  readonly width: number;
}

/** Bars lie: names of methods and models are long, and a phone is narrow. */
function bars({ values, isGrouped, choice, width }: Parts): TopLevelSpec {
  return {
    ...frame(values, width),
    height: 20 * new Set(values.map(({ x }) => x)).size,
    mark: { type: 'bar', color: 'var(--family-blue)' },
    encoding: {
      y: { field: 'x', type: 'nominal', sort: null, title: choice.x, axis: { labelLimit: width / 3 } },
      x: { field: 'y', type: 'quantitative', title: choice.y, axis: { tickCount: 5 } },
      ...(isGrouped ? { color: colour(choice) } : {}),
    },
  } as TopLevelSpec;
}

function marks({ values, isGrouped, isNumber, choice, width }: Parts): TopLevelSpec {
  const mark =
    choice.form === 'lines'
      ? { type: 'line', point: { size: 50, filled: true }, color: 'var(--family-blue)' }
      : { type: 'point', size: 50, color: 'var(--family-blue)' };
  return {
    ...frame(values, width),
    height: Math.round(Math.max(220, Math.min(360, width / 2))),
    mark,
    encoding: {
      x: {
        field: 'x',
        type: isNumber ? 'quantitative' : 'ordinal',
        sort: null,
        title: choice.x,
        ...spread(isNumber, /bits/.test(choice.x)),
      },
      y: { field: 'y', type: 'quantitative', title: choice.y, ...spread(true) },
      ...(isGrouped ? { color: colour(choice), shape: shape(choice) } : {}),
    },
  } as TopLevelSpec;
}

function frame(values: Values, width: number): object {
  return { width, autosize: { type: 'fit-x', contains: 'padding' }, data: { values } };
}

/**
 * A scale from the least to the greatest value: shares between 97 and 99 are not drawn from 0. Bits fall to the right, as
 * in every chart of the site.
 */
function spread(isNumber: boolean, reverse = false): object {
  return isNumber
    ? { scale: { zero: false, nice: true, reverse }, axis: { tickCount: 5 } }
    : { axis: { labelLimit: 100 } };
}

const legend = {
  orient: 'bottom',
  columns: 2,
  labelColor: 'var(--ink)',
  titleColor: 'var(--ink-2)',
  labelFontSize: 12,
  labelLimit: 240,
};

function colour({ by }: ChartChoice): object {
  return {
    field: 'by',
    type: 'nominal',
    title: by,
    sort: null,
    legend,
    scale: { range: COLOURS.map((name) => `var(--family-${name})`) },
  };
}

function shape({ by }: ChartChoice): object {
  return { field: 'by', type: 'nominal', title: by, sort: null, scale: { range: SHAPES } };
}
