/** What a suite is: a sweep with a name, so that everyone who runs it measures the same cells. */
export interface Suite {
  /** Key in the index, permanent. */
  readonly id: string;
  /** One sentence for `--list`. */
  readonly title: string;
  /** Its models, chosen from those that the repository ships. */
  models(shipped: readonly string[]): readonly string[];
  readonly recipes: readonly string[];
  /** Empty means the tasks of the shipped world. */
  readonly tasks: readonly string[];
  /** At most this many items of a task; null means all. */
  readonly limit: number | null;
  /** Limits of single tasks, in place of `limit`. */
  readonly limits: Readonly<Record<string, number>>;
}

/** Types a suite and returns it unchanged. */
export function defineSuite(suite: Suite): Suite {
  return suite;
}
