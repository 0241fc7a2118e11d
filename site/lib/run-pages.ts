/** Below the base path, a page of a run's cells. */
export function runPagePath(run: string, page: number): string {
  return `/runs/${run}/${page === 1 ? '' : `${page}/`}`;
}
