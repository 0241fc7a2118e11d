/** Turns given task settings into the complete ones that are recorded with the result. */

import type { Doc } from '../datasets/dataset.ts';
import * as errors from '../errors/task.ts';
import type { ModelLimits, RequestKind, RequestKinds, Task } from '../tasks/task.ts';

/** Settings as they come from a command line or a file, and as they are stored. */
export type SettingsRecord = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Checks settings and fills the defaults, also those that depend on the model, so that what is recorded says it all.
 * Settings that are already complete come back the same.
 * @throws task/settings with every problem, task/window
 */
export function resolveSettings<D extends Doc, Kind extends RequestKind>(
  task: Pick<Task<D, Kind>, 'id' | 'settings' | 'resolve'>,
  given: SettingsRecord,
  limits: ModelLimits,
): RequestKinds[Kind]['settings'] {
  const parsed = task.settings.safeParse(given);
  if (!parsed.success) throw errors.badSettings(task.id, parsed.error.issues.map(describe));
  const settings = task.resolve?.(parsed.data, limits) ?? parsed.data;
  if ('window' in settings && settings.window !== null && settings.window > limits.maxPositions) {
    throw errors.windowTooLong(task.id, settings.window, limits.maxPositions);
  }
  return settings;
}

function describe({
  path,
  message,
}: {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}): string {
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`;
}
