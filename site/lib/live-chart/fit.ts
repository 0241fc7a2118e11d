/** Makes a wide chart as narrow as the screen: its texts stay as large as they are. */
import type { TopLevelSpec } from '../vega.ts';
import { mapUnits, type Part } from './interactive.ts';

/** What a drawing of a specification took, in pixels. */
export interface Taken {
  /** The whole drawing. */
  readonly total: number;
  /** The plot, or one panel of it. */
  readonly plot: number;
}

const LEAST_PLOT = 120;
const LEAST_STEP = 30;
/** Panels become narrower, down to this share of their width, before fewer stand beside one another. */
const LEAST_PANEL = 0.6;
/** Between panels. */
const GAP = 20;

type Sized = Part & { readonly width?: number | { readonly step: number }; readonly columns?: number };

/** The chart at most `room` pixels wide, as far as it can be read so; the same one where it fits. */
export function fitted(published: TopLevelSpec, taken: Taken, room: number): TopLevelSpec {
  if (taken.total <= room) return published;
  const chart = published as unknown as Sized;
  const fit = chart.spec === undefined ? fitPlot(chart, taken, room) : fitPanels(chart, taken, room);
  return fit as unknown as TopLevelSpec;
}

function fitPlot(chart: Sized, { total, plot }: Taken, room: number): Sized {
  const wanted = room - (total - plot);
  if (typeof chart.width !== 'object') return withWidth(chart, plot, Math.max(LEAST_PLOT, wanted));
  const steps = Math.round(plot / chart.width.step);
  return { ...chart, width: { step: Math.max(LEAST_STEP, Math.floor(wanted / steps)) } };
}

function fitPanels(chart: Sized, { total, plot }: Taken, room: number): Sized {
  const most = chart.columns ?? 1;
  const beside = total - most * plot - (most - 1) * GAP;
  const columns = Math.max(
    1,
    Math.min(most, Math.floor((room - beside + GAP) / (Math.max(LEAST_PLOT, LEAST_PANEL * plot) + GAP))),
  );
  const width = Math.floor((room - beside - (columns - 1) * GAP) / columns);
  return {
    ...chart,
    columns,
    spec: withWidth(chart.spec!, plot, Math.max(LEAST_PLOT, Math.min(plot, width))),
  };
}

/** Places given in pixels move along: what stands beyond the plot keeps its distance from the edge. */
function withWidth(chart: Sized, before: number, width: number): Sized {
  const moved = (place: number) =>
    place >= before ? place + width - before : Math.round((place * width) / before);
  const units = mapUnits(chart, [], (unit) => {
    const channels = Object.entries(unit.encoding ?? {}).map(([channel, definition]) => {
      const { value } = definition;
      const isPlace = /^x2?$/.test(channel) && typeof value === 'number';
      return [channel, isPlace ? { ...definition, value: moved(value) } : definition];
    });
    return unit.encoding === undefined ? unit : { ...unit, encoding: Object.fromEntries(channels) };
  });
  return { ...units, width } as Sized;
}
