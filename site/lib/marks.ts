/**
 * One colour for a family of methods, one shape for a method, the same on every chart, chip and table. Filled is
 * measured here, hollow is reported, half is submitted: nothing is told by colour alone.
 */

/** SVG paths in a square from −1 to 1, as Vega takes them too. */
export const SHAPES = {
  circle: 'M0-.9A.9.9 0 1 1 0 .9A.9.9 0 1 1 0-.9Z',
  hexagon: 'M-.5-.87H.5L1 0L.5.87H-.5L-1 0Z',
  square: 'M-.8-.8H.8V.8H-.8Z',
  pentagon: 'M0-1L.95-.31L.59.81H-.59L-.95-.31Z',
  'triangle-up': 'M0-1L.95.75H-.95Z',
  diamond: 'M0-1.05L1.05 0L0 1.05L-1.05 0Z',
  'triangle-down': 'M0 1L.95-.75H-.95Z',
  cross: 'M-.35-1H.35V-.35H1V.35H.35V1H-.35V.35H-1V-.35H-.35Z',
  star: 'M0-1.1L.3-.35L1.05-.34L.46.15L.68.89L0 .45L-.68.89L-.46.15L-1.05-.34L-.3-.35Z',
  'triangle-right': 'M1 0L-.75.95V-.95Z',
  bar: 'M-1-.4H1V.4H-1Z',
  'triangle-left': 'M-1 0L.75.95V-.95Z',
} as const;
export type Shape = keyof typeof SHAPES;

/** Colour variables of the groups of methods in the catalogue; a group not named here is shown in plain ink. */
const COLORS: Readonly<Record<string, string>> = {
  baseline: 'var(--family-base)',
  rounding: 'var(--family-rounding)',
  'second-order': 'var(--family-blue)',
  scaling: 'var(--family-orange)',
  trained: 'var(--family-purple)',
  rotation: 'var(--family-green)',
  codebook: 'var(--family-vermilion)',
  formats: 'var(--family-sky)',
  binary: 'var(--family-yellow)',
  'fine-tuning': 'var(--family-brown)',
  pruning: 'var(--family-olive)',
};

export interface Mark {
  readonly color: string;
  readonly shape: Shape;
}

/** Of a method that the catalogue lacks. */
export const UNKNOWN_MARK: Mark = { color: 'var(--ink)', shape: 'circle' };

export interface MarkedMethod {
  readonly id: string;
  readonly group: string;
}

/**
 * Gives every method its mark: colour by group, shape by place within the group. Groups start two shapes apart, so that
 * the first of each, which are the ones that meet on most charts, differ in shape too.
 */
export function assignMarks(methods: readonly MarkedMethod[]): ReadonlyMap<string, Mark> {
  const shapes = Object.keys(SHAPES) as Shape[];
  const groups = [...new Set(methods.map(({ group }) => group))].filter((group) => group !== 'baseline');
  const next = new Map(groups.map((group, index) => [group, 2 * index]));
  const marks = new Map<string, Mark>();
  for (const { id, group } of methods) {
    const place = next.get(group) ?? 0;
    next.set(group, place + 1);
    marks.set(id, { color: COLORS[group] ?? 'var(--ink)', shape: shapes[place % shapes.length]! });
  }
  return marks;
}
