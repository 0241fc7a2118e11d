/**
 * Draws Vega-Lite specifications to SVG text: while the site is built, and in the browser where a reader asks for the
 * drawing of a query or for a chart that answers, which loads it then. The only importer of Vega. Colours in
 * specifications are CSS variables, so one drawing serves the light and the dark theme.
 */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { rowsName, shapeOf } from './spec-shape.ts';

export type { View } from 'vega';
export type { TopLevelSpec } from 'vega-lite';

/** The look shared by every chart: hairline grid, no frame, text in the page's font. */
const CONFIG = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: 'transparent' },
  axis: {
    labelColor: 'var(--ink-2)',
    titleColor: 'var(--ink-2)',
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    gridColor: 'var(--line)',
    domainColor: 'var(--line-2)',
    tickColor: 'var(--line-2)',
    labelPadding: 6,
    titlePadding: 10,
  },
  text: { fontSize: 12, fill: 'var(--ink)' },
  header: {
    labelColor: 'var(--ink)',
    titleColor: 'var(--ink-2)',
    labelFontSize: 12,
    labelFontWeight: 'bold',
  },
} as const;

/** Views kept for the next drawing of the same shape; each holds the rows of its last one. */
const MOST_VIEWS = 24;

const views = new Map<string, View>();

let last: Promise<unknown> = Promise.resolve();

/**
 * Compiles and draws a specification, one after another; those that differ only in their rows are compiled once. Ids
 * inside the SVG get a prefix and numbers of their own, so that many drawings fit in a page, and a drawing does not depend
 * on those before it.
 * @throws whatever Vega says of a specification that it cannot compile
 */
export function drawSvg(spec: TopLevelSpec, prefix: string): Promise<string> {
  const drawn = last.then(() => drawNext(spec, prefix));
  last = drawn.catch(() => undefined);
  return drawn;
}

async function drawNext(spec: TopLevelSpec, prefix: string): Promise<string> {
  const { spec: shape, rows } = shapeOf(spec);
  const key = JSON.stringify(shape);
  const known = views.get(key);
  // While it is used, and for good where that fails.
  views.delete(key);
  const view = known ?? newView(shape as TopLevelSpec);
  // Groups of rows are drawn in the order in which a view met them first: it forgets those of its last drawing.
  if (known !== undefined)
    await fill(
      view,
      rows.map(() => []),
    );
  await fill(view, rows);
  const svg = await view.toSVG();
  views.set(key, view);
  if (views.size > MOST_VIEWS) forgetOldest();
  return tidy(svg, prefix);
}

/**
 * Draws a specification into an element of the page, where it answers to its parameters until it is finalized.
 * @throws as {@link drawSvg}
 */
export async function drawLive(spec: TopLevelSpec, place: HTMLElement): Promise<View> {
  const view = newView(spec).renderer('svg').initialize(place);
  return view.runAsync();
}

/** Vega writes into the rows that it is given. */
async function fill(view: View, rows: readonly (readonly object[])[]): Promise<void> {
  for (const [place, values] of rows.entries())
    view.data(
      rowsName(place),
      values.map((row) => ({ ...row })),
    );
  await view.resize().runAsync();
}

function newView(spec: TopLevelSpec): View {
  const { spec: vegaSpec } = compile({ ...spec, config: CONFIG } as TopLevelSpec, { logger: strictLogger() });
  return new View(parse(vegaSpec), { renderer: 'none' });
}

function forgetOldest(): void {
  const [[key, view]] = [...views] as [[string, View]];
  views.delete(key);
  view.finalize();
}

/** A warning of the compiler is a mistake in a chart: it becomes an error. */
function strictLogger() {
  const raise = (...parts: readonly unknown[]): never => {
    throw new Error(`[vega-lite] ${parts.map(String).join(' ')}`);
  };
  const quiet = () => logger;
  const logger = { level: () => logger, error: raise, warn: raise, info: quiet, debug: quiet };
  return logger as unknown as NonNullable<NonNullable<Parameters<typeof compile>[1]>['logger']>;
}

/**
 * Rounds coordinates to a tenth of a pixel, makes ids unique, drops what draws nothing, and turns the label of a mark
 * into a title that pointers show. The drawing as a whole gets its text alternative where it is placed.
 */
function tidy(svg: string, prefix: string): string {
  const ids = [...new Set([...svg.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id!))];
  const renamed = (id: string) => `${prefix}-${ids.indexOf(id)}`;
  return svg
    .replace(/<path class="(?:fore|back)ground"[^>]*?\/>/g, '')
    .replace(/<(path|rect) aria-label="([^"]*)"([^>]*?)\/>/g, '<$1$3><title>$2</title></$1>')
    .replace(
      / (?:role|aria-roledescription|aria-label|aria-hidden|pointer-events|class|font-family)="[^"]*"/g,
      '',
    )
    .replace(/<[^>]*>/g, roundTag)
    .replace(/ (?:opacity|stroke-width)="1"/g, '')
    .replace(/\bid="([^"]+)"/g, (_, id: string) => `id="${renamed(id)}"`)
    .replace(/url\(#([^)]+)\)/g, (_, id: string) => `url(#${renamed(id)})`);
}

/** Rounds inside a tag only: what stands between tags are texts, such as a tick at 0.01. */
function roundTag(tag: string): string {
  return tag.replace(/-?\d+\.\d{2,}/g, (number) => String(Math.round(Number(number) * 10) / 10));
}
