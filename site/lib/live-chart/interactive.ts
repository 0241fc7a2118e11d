/** What makes a drawing answer, added to the specification of any chart: charts themselves know nothing of it. */
import type { TopLevelSpec } from '../vega.ts';

/** Parameter: the group that the reader follows, or null for all. */
export const CHOSEN = 'chosen';
/** Parameter: the part of the scales that is seen; `zoom_FIELD` is that of a field. */
export const ZOOM = 'zoom';

/** Of marks that are not followed: enough to see that they are there. */
const MUTED = 0.07;

export interface Interactive {
  readonly spec: TopLevelSpec;
  /** Fields along the scales that can be zoomed; empty where places are names, or panels have scales of their own. */
  readonly zoomed: { readonly x?: string; readonly y?: string };
}

type Json = Readonly<Record<string, unknown>>;
type Datum = Json;

/** What of a specification is looked at here: a view, or what holds views. */
export interface Part {
  readonly data?: { readonly values?: readonly Datum[] };
  readonly layer?: readonly Part[];
  readonly spec?: Part;
  readonly mark?: Json & { readonly type: string };
  readonly encoding?: Readonly<Record<string, Json>>;
  readonly resolve?: { readonly scale?: Json };
}

/**
 * The chart with a group to follow and scales to zoom: by dragging, and by the wheel with Ctrl, so that a page still
 * scrolls. A row of its data is in the group `group`; a row that can be pointed at says what it is in `tip`; rows with a
 * `place` are names beside the drawing.
 */
export function interactive(published: TopLevelSpec): Interactive {
  const chart = published as unknown as Part;
  const pointed = unitsOf(chart, []).find(({ unit }) => unit.encoding?.['description'] !== undefined)?.unit;
  const zoomed = chart.resolve?.scale === undefined && pointed !== undefined ? continuous(pointed) : {};
  const canZoom = Object.keys(zoomed).length > 0;
  const spec = mapUnits(chart, [], (unit, rows) => {
    const answering = followed(unit, rows, canZoom);
    return unit === pointed && canZoom ? { ...answering, params: [zoom(Object.keys(zoomed))] } : answering;
  });
  return {
    spec: { ...spec, params: [{ name: CHOSEN, value: null }] } as unknown as TopLevelSpec,
    zoomed,
  };
}

function zoom(encodings: readonly string[]): Json {
  const wheel = 'wheel![event.ctrlKey || event.metaKey]';
  return { name: ZOOM, select: { type: 'interval', encodings, zoom: wheel }, bind: 'scales' };
}

/** Fields whose places are numbers. */
function continuous({ encoding = {} }: Part): Interactive['zoomed'] {
  const fields = (['x', 'y'] as const).flatMap((axis) => {
    const { type, field } = encoding[axis] ?? {};
    return type === 'quantitative' && typeof field === 'string' ? [[axis, field]] : [];
  });
  return Object.fromEntries(fields);
}

/** Views without parts, with the rows that they draw. */
export function unitsOf(
  part: Part,
  above: readonly Datum[],
): readonly { unit: Part; rows: readonly Datum[] }[] {
  const found: { unit: Part; rows: readonly Datum[] }[] = [];
  mapUnits(part, above, (unit, rows) => {
    found.push({ unit, rows });
    return unit;
  });
  return found;
}

/** The same tree with other views. */
export function mapUnits(
  part: Part,
  above: readonly Datum[],
  change: (unit: Part, rows: readonly Datum[]) => Part,
): Part {
  const rows = part.data?.values ?? above;
  if (part.layer !== undefined)
    return { ...part, layer: part.layer.map((inner) => mapUnits(inner, rows, change)) };
  if (part.spec !== undefined) return { ...part, spec: mapUnits(part.spec, rows, change) };
  return change(part, rows);
}

/** Muted where another group is followed; names beside the drawing go when their line leaves it. */
function followed(unit: Part, rows: readonly Datum[], canZoom: boolean): Part {
  const first = rows[0];
  if (first === undefined || !('group' in first)) return unit;
  const isName = canZoom && 'place' in first;
  const { opacity: own, ...mark } = unit.mark!;
  const given = unit.encoding?.['opacity'] ?? { value: own ?? (mark.type === 'point' ? 0.7 : 1) };
  const isFollowed = `${CHOSEN} === null || datum.group === ${CHOSEN}`;
  const shown = { condition: { test: isFollowed, ...given }, value: MUTED };
  const opacity = isName
    ? { condition: [{ test: `!(${insideOf(unit)})`, value: 0 }, shown.condition], value: MUTED }
    : shown;
  return {
    ...unit,
    mark: isName ? { ...mark, clip: false } : mark,
    encoding: { ...unit.encoding, opacity },
  };
}

/** Whether what the unit draws beside the plot belongs to something in it. */
function insideOf({ encoding = {} }: Part): string {
  const tests = ['x', 'y', 'y2'].flatMap((channel) => {
    const field = encoding[channel]?.['field'];
    return field === undefined ? [] : [`inrange(datum['${field}'], domain('${channel[0]}'))`];
  });
  return tests.join(' && ');
}
