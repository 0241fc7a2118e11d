/** Names of models along a front of bytes and score, as far as they cover neither points nor each other. */

/** A scale of the drawing, as Vega-Lite has it. */
export interface Scale {
  readonly type?: 'log';
  readonly reverse?: boolean;
  readonly domain: readonly number[];
}

export interface Named {
  readonly bytes: number;
  readonly score: number;
  readonly model: string;
}

export interface Plot {
  readonly width: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
}

/** Where a text stands: it ends above and before its point, where no point can be, or begins below and behind it. */
export const SIDES = {
  above: { align: 'right', dx: -8, dy: -9 },
  below: { align: 'left', dx: 8, dy: 12 },
} as const;
export type Side = keyof typeof SIDES;

/** Pixels of a letter and of a line, at the size of the texts. */
const LETTER = 6.6;
const LINE = 14;
/** Least distance from texts and points. */
const GAP = 4;

interface Place {
  readonly across: number;
  readonly down: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * A name for each stretch of one model, at the first of its points that has room for it.
 * @param front  from the smallest to the largest
 * @param others  points that are not on it
 */
export function frontNames<One extends Named>(
  front: readonly One[],
  others: readonly Named[],
  plot: Plot,
): readonly { readonly point: One; readonly side: Side }[] {
  const placeOf = ({ bytes, score }: Named) => ({
    across: plot.width * shareOf(plot.x, bytes),
    down: plot.height * (1 - shareOf(plot.y, score)),
  });
  const taken: Box[] = [...front, ...others].map((one) => boxAround(placeOf(one)));
  const names: { point: One; side: Side }[] = [];
  let named: string | null = null;
  for (const [index, point] of front.entries()) {
    if (point.model !== front[index - 1]?.model) named = null;
    if (named === point.model) continue;
    const boxes = (Object.keys(SIDES) as Side[]).map((side) => ({
      side,
      box: boxOf(point.model, placeOf(point), side),
    }));
    const free = boxes.find(({ box }) => isInside(box, plot) && !taken.some((other) => overlap(box, other)));
    if (free === undefined) continue;
    named = point.model;
    taken.push(free.box);
    names.push({ point, side: free.side });
  }
  return names;
}

/** From 0 at the beginning of the axis to 1 at its end. */
function shareOf({ type, reverse = false, domain }: Scale, value: number): number {
  const of = type === 'log' ? Math.log : (one: number) => one;
  const [first, last] = [of(domain[0]!), of(domain[1]!)];
  const share = (of(value) - first) / (last - first);
  return reverse ? 1 - share : share;
}

function boxAround({ across, down }: Place): Box {
  return { left: across - GAP, right: across + GAP, top: down - GAP, bottom: down + GAP };
}

function boxOf(text: string, { across, down }: Place, side: Side): Box {
  const { align, dx, dy } = SIDES[side];
  const width = LETTER * text.length;
  const left = across + dx - (align === 'right' ? width : 0);
  const bottom = down + dy + GAP;
  return { left, right: left + width, top: bottom - LINE, bottom };
}

function isInside({ left, right, top, bottom }: Box, { width, height }: Plot): boolean {
  return left >= 0 && right <= width && top >= -LINE && bottom <= height;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
