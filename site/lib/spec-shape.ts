/** A Vega-Lite specification and its data apart: many drawings of a site differ in nothing but their rows. */

export interface SpecShape {
  /** The specification with names in the place of its rows: `rows-0`, `rows-1`, … */
  readonly spec: object;
  /** The rows, in the order of their names. */
  readonly rows: readonly (readonly object[])[];
}

export function rowsName(place: number): string {
  return `rows-${place}`;
}

/** Takes the rows out of every `data: { values }`, at any depth; other forms of data stay as they are. */
export function shapeOf(spec: object): SpecShape {
  const rows: (readonly object[])[] = [];
  return { spec: withoutRows(spec, rows) as object, rows };
}

function withoutRows(node: unknown, rows: (readonly object[])[]): unknown {
  if (Array.isArray(node)) return node.map((one) => withoutRows(one, rows));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      const values = key === 'data' ? (value as { values?: unknown } | null)?.values : undefined;
      if (!Array.isArray(values)) return [key, withoutRows(value, rows)];
      const { values: _, ...others } = value as Record<string, unknown>;
      return [key, { ...others, name: rowsName(rows.push(values) - 1) }];
    }),
  );
}
