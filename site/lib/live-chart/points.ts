/** The marks of a drawn chart that can be pointed at: found by the pointer, and walked along by keys. */
import type { View } from '../vega.ts';

export interface Point {
  /** What it says. */
  readonly tip: string;
  readonly group: string;
  /** Number of its panel. */
  readonly panel: number;
  /** Middle in pixels of its panel. */
  readonly x: number;
  readonly y: number;
  /** Edges in pixels of the drawing. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What of Vega's scenegraph is looked at: marks hold items, items of groups hold marks. */
interface Mark {
  readonly items: readonly Item[];
}
interface Item {
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly bounds: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };
  readonly datum?: { readonly tip?: unknown; readonly group?: unknown };
  readonly mark: { readonly marktype: string };
  readonly items?: readonly Mark[];
}

/** Those inside their plots, of one group where one is followed. */
export function pointsOf(view: View, chosen: string | null): readonly Point[] {
  return itemsOf(view, (item, parent) => isPointed(item, parent, chosen));
}

/** Names of groups in the drawing; they say nothing when pointed at. */
export function namesOf(view: View): readonly Point[] {
  return itemsOf(view, ({ datum, mark }) => mark.marktype === 'text' && typeof datum?.group === 'string');
}

function itemsOf(view: View, isWanted: (item: Item, parent: Item | null) => boolean): readonly Point[] {
  const padding = view.padding() as { left: number; top: number };
  const [x, y] = view.origin();
  const points: Point[] = [];
  let panel = 0;
  const visit = (mark: Mark, left: number, top: number, parent: Item | null) => {
    for (const item of mark.items) {
      if (item.mark.marktype === 'group') {
        panel++;
        for (const inner of item.items ?? []) visit(inner, left + (item.x ?? 0), top + (item.y ?? 0), item);
      } else if (isWanted(item, parent)) points.push(pointOf(item, left, top, panel));
    }
  };
  const { root } = view.scenegraph() as unknown as { root: Mark };
  visit(root, padding.left + x!, padding.top + y!, null);
  return points;
}

function isPointed({ datum, bounds, mark }: Item, parent: Item | null, chosen: string | null): boolean {
  if (typeof datum?.tip !== 'string' || !/symbol|rect/.test(mark.marktype)) return false;
  if (chosen !== null && datum.group !== chosen) return false;
  const [x, y] = [(bounds.x1 + bounds.x2) / 2, (bounds.y1 + bounds.y2) / 2];
  // Half a pixel of grace: the first and the last point lie on the frame.
  return x >= -0.5 && y >= -0.5 && x <= (parent?.width ?? 0) + 0.5 && y <= (parent?.height ?? 0) + 0.5;
}

function pointOf({ datum, bounds }: Item, left: number, top: number, panel: number): Point {
  return {
    tip: String(datum!.tip),
    group: String(datum!.group),
    panel,
    x: (bounds.x1 + bounds.x2) / 2,
    y: (bounds.y1 + bounds.y2) / 2,
    left: left + bounds.x1,
    top: top + bounds.y1,
    right: left + bounds.x2,
    bottom: top + bounds.y2,
  };
}

/** The point nearest to a place, and at most `reach` pixels from it. */
export function nearest(points: readonly Point[], x: number, y: number, reach: number): Point | null {
  let found: Point | null = null;
  let least = reach;
  for (const point of points) {
    const across = Math.max(point.left - x, 0, x - point.right);
    const down = Math.max(point.top - y, 0, y - point.bottom);
    // Of points that cover the place the one whose middle is nearest.
    const centre = Math.hypot((point.left + point.right) / 2 - x, (point.top + point.bottom) / 2 - y);
    const distance = Math.hypot(across, down) + centre / 1000;
    if (distance < least) [least, found] = [distance, point];
  }
  return found;
}

const middle = ({ left, right }: Point) => (left + right) / 2;
const height = ({ top, bottom }: Point) => (top + bottom) / 2;

/** The points of each group and panel from left to right, one group after another as they stand in the drawing. */
export function linesOf(points: readonly Point[]): readonly (readonly Point[])[] {
  const lines = Map.groupBy(points, ({ panel, group }) => `${panel} ${group}`);
  return [...lines.values()].map((line) =>
    line.toSorted((a, b) => middle(a) - middle(b) || height(a) - height(b)),
  );
}

/**
 * Where a key leads: left and right along a line, up and down to the nearest point of the line before or after, Home and
 * End to its ends. Null for other keys, and where there is no point; at the ends the point itself.
 */
export function walk(points: readonly Point[], from: Point | null, key: string): Point | null {
  const lines = linesOf(points);
  const row = lines.findIndex((line) => from !== null && line.some((point) => isSame(point, from)));
  const line = lines[row];
  if (!/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(key)) return null;
  if (line === undefined) return lines[0]?.[0] ?? null;
  const place = line.findIndex((point) => isSame(point, from!));
  const along = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: line.length - 1 }[key];
  if (along !== undefined) return line[Math.max(0, Math.min(line.length - 1, along))]!;
  const other = lines[row + (key === 'ArrowDown' ? 1 : -1)] ?? line;
  if (other === line) return line[place]!;
  return other.reduce((best, point) =>
    Math.abs(middle(point) - middle(from!)) < Math.abs(middle(best) - middle(from!)) ? point : best,
  );
}

/** Points are found anew after each change of the drawing. */
export function isSame(a: Point, b: Point): boolean {
  return a.tip === b.tip && a.panel === b.panel && a.group === b.group;
}
