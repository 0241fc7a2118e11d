/** Which rows a chart over methods draws: those of one origin, and of the methods that reach furthest. */

interface Row {
  readonly origin: string;
  readonly method_id: string;
}

/** Measured rows where there are any, else reported ones, else submitted ones. */
export function ofBestOrigin<T extends Row>(rows: readonly T[]): readonly T[] {
  const origin = ['measured', 'reported', 'submitted'].find((one) => rows.some((row) => row.origin === one));
  return rows.filter((row) => row.origin === origin);
}

/** The methods with the most distinct values of `of`, then the most rows: plain rounding first, `most` in all. */
export function methodsByReach<T extends Row>(
  rows: readonly T[],
  of: (row: T) => string,
  most: number,
): readonly string[] {
  const groups = [...Map.groupBy(rows, ({ method_id }) => method_id)].map(([method, own]) => ({
    method,
    reach: new Set(own.map(of)).size,
    n: own.length,
  }));
  return groups
    .sort(
      (a, b) =>
        Number(b.method === 'rtn') - Number(a.method === 'rtn') ||
        b.reach - a.reach ||
        b.n - a.n ||
        (a.method < b.method ? -1 : 1),
    )
    .slice(0, most)
    .map(({ method }) => method);
}

/** Methods of the rows, for a legend. */
export function legendOf(rows: readonly (Row & { readonly method_title: string | null })[]) {
  const titles = new Map(rows.map(({ method_id, method_title }) => [method_id, method_title ?? method_id]));
  return [...titles].map(([method, title]) => ({ method, title }));
}
