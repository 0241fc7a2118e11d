/** Makes everything that a page needs of a chart: drawings, sentence, text alternative, table, files to take away. */
import type { Chart } from '../charts/chart.ts';
import { byId, methods } from './catalogue.ts';
import { COLOR_PAIRS, withLightColors } from './colors.ts';
import type { ViewName, ViewRow } from './db.ts';
import { draw } from './drawings.ts';
import { type Mark, UNKNOWN_MARK } from './marks.ts';
import { escapeXml } from './xml.ts';

export interface DrawnChart {
  readonly title: string;
  readonly finding: string;
  /** Text alternative of the drawing. */
  readonly alt: string;
  readonly caution: string;
  readonly drawings: readonly { readonly size: string; readonly svg: string }[];
  readonly legend: readonly { readonly title: string; readonly mark: Mark }[];
  readonly header: readonly { readonly text: string; readonly numeric: boolean }[];
  readonly rows: readonly (readonly string[])[];
}

/** Draws a chart of these rows; `prefix` keeps ids apart on a page. */
export async function drawChart<View extends ViewName>(
  chart: Chart<View>,
  rows: readonly ViewRow<View>[],
  prefix: string,
): Promise<DrawnChart> {
  const markOf = await marks();
  const drawings = chart.sizes.map(async (size) => {
    const svg = await draw(chart.spec(rows, size, markOf), `${prefix}-${size}`);
    return { size, svg: svg.replace('<svg ', '<svg aria-hidden="true" ') };
  });
  const finding = chart.finding(rows);
  return {
    title: chart.title(rows),
    finding,
    alt: `${chart.form} ${finding} All numbers are in the table below.`,
    caution: chart.caution,
    drawings: await Promise.all(drawings),
    legend: chart.legend(rows).map(({ method, title }) => ({ title, mark: markOf(method) })),
    header: chart.columns.map(({ header, numeric }) => ({ text: header, numeric: numeric === true })),
    rows: rows.map((row) => chart.columns.map(({ text }) => text(row))),
  };
}

/** The specification with its data, and the light theme's colours in place of variables: it draws anywhere. */
export async function chartSpec<View extends ViewName>(
  chart: Chart<View>,
  rows: readonly ViewRow<View>[],
): Promise<string> {
  return withLightColors(JSON.stringify(chart.spec(rows, 'wide', await marks()), null, 1));
}

/**
 * The drawing as a file of its own: it brings its colours, light and dark.
 * @param prefix  that of a page which shows the same drawing: it is then made once
 */
export async function chartFile<View extends ViewName>(
  chart: Chart<View>,
  rows: readonly ViewRow<View>[],
  prefix: string = chart.id,
): Promise<string> {
  const { drawings, title, alt } = await drawChart(chart, rows, prefix);
  const svg = drawings[0]!.svg;
  const used = [...new Set([...svg.matchAll(/var\((--[\w-]+)\)/g)].map(([, name]) => name!))];
  const variables = ['--paper', ...used]
    .map((name) => `${name}:${COLOR_PAIRS.get(name) ?? 'currentColor'}`)
    .join(';');
  const head = `<title>${escapeXml(title)}</title><desc>${escapeXml(alt)}</desc>`;
  const style = `<style>:root{color-scheme:light dark;${variables};background:var(--paper)}</style>`;
  return svg.replace('aria-hidden="true" ', '').replace(/<svg[^>]*>/, (open) => open + head + style);
}

async function marks(): Promise<(method: string) => Mark> {
  const known = byId(await methods());
  return (method) => known.get(method)?.mark ?? UNKNOWN_MARK;
}
