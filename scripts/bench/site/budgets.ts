/** What was measured of the site against what is required of it, and beside what another board's page does. */
import { median } from '../measure.ts';
import type { BuildTime } from './build.ts';
import type { FilterTimes, FirstView } from './measure-page.ts';
import { MOST, type Weight } from './weight.ts';

export interface SiteMeasurement {
  /** Whose rows: `real` or `synthetic`. */
  readonly data: 'real' | 'synthetic';
  /** Null where a site was taken that had been built before. */
  readonly build: BuildTime | null;
  /** Files that two builds do not share to the byte; null where it was built once. */
  readonly differing: readonly string[] | null;
  /** The heaviest page of every kind, by path. */
  readonly weights: Readonly<Record<string, Weight>>;
  /** Of all files, as they lie. */
  readonly bytes: number;
  /** At a slow CPU: one four times slower than this machine's. By path. */
  readonly views: Readonly<Record<string, FirstView>>;
  readonly filters: FilterTimes;
  /** At a slow CPU. */
  readonly slowFilters: FilterTimes;
}

export interface Line {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  /** Null where nothing is required. */
  readonly at_most: number | null;
  /** The same of the page of ClickBench (918 rows), where it was measured. */
  readonly clickbench: string | null;
}

/** What GitHub Pages takes, with room to grow. */
const MOST_MIB = 900;

const FILTER_MS = { real: 50, synthetic: 100 } as const;

export function linesOf(site: SiteMeasurement): readonly Line[] {
  const { data, filters, slowFilters, differing } = site;
  const lines = [
    ...buildLines(site),
    ...(differing === null
      ? []
      : [line('files that a second build makes otherwise', differing.length, '', 0)]),
    line('rows', filters.rows, '', null, '918'),
    line('filter to paint, median', median(filters.ms), 'ms', FILTER_MS[data], '1200 to 1800'),
    line('filter to paint, slowest', Math.max(...filters.ms), 'ms'),
    line('filter to paint, median, slow CPU', median(slowFilters.ms), 'ms', null, '6600 to 10200'),
    ...Object.entries(site.views).flatMap(viewLines),
    line('bytes', site.bytes / 2 ** 20, 'MiB', data === 'real' ? MOST_MIB : null),
    ...Object.entries(site.weights).flatMap(weightLines),
  ];
  return lines.map((one) => ({ ...one, what: `${data}: ${one.what}` }));
}

function line(
  what: string,
  measured: number,
  unit: string,
  at_most: number | null = null,
  clickbench: string | null = null,
): Line {
  return { what, measured, unit, at_most, clickbench };
}

function buildLines({ data, build }: SiteMeasurement): readonly Line[] {
  if (build === null) return [];
  return [
    line('build', build.wall_s, 's', data === 'synthetic' ? 120 : null),
    line('build, CPU', build.cpu_s, 's'),
    line('pages', build.pages, ''),
  ];
}

/** Of the first view, compressed; another board's page is 330 KB with its scripts. */
function weightLines([path, { html, css, js }]: readonly [string, Weight]): readonly Line[] {
  const most = (path === 'index.html' ? MOST.home : MOST.page) / 1024;
  return [
    line(`/${path} weight`, (html + css + js) / 1024, 'KiB', most, '322'),
    line(`/${path} scripts`, js / 1024, 'KiB', MOST.js / 1024),
  ];
}

function viewLines([path, view]: readonly [string, FirstView]): readonly Line[] {
  return [
    line(`/${path} largest paint, slow CPU`, view.largest_paint_ms, 'ms', 1000, '10000 to 11000 (load)'),
    line(`/${path} layout shift, slow CPU`, view.layout_shift, '', 0.02),
    line(`/${path} nodes`, view.nodes, '', null, '22949'),
  ];
}

export function isMissed({ measured, at_most }: Line): boolean {
  return at_most !== null && !(measured <= at_most);
}
