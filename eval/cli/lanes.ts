/** How many worker processes measure at a time, and on which GPU each. */
import type { RunConfig } from '../config.ts';
import type { PreparedSweep } from '../sweep.ts';
import type { Lane } from './jobs.ts';

/** Processes a GPU where all models are small: what one does on the processor, the others hide. */
const SMALL_MODEL_JOBS = 4;
/** Parameters of a model below which a GPU has room and time for several processes. */
const SMALL_MODEL = 100_000_000;

/** Jobs that were not asked for: several on a GPU for small models, which leave it idle; a large one has it to itself. */
export function usualJobs(models: PreparedSweep['models'], present: number | null): number {
  if (present === null) return 1;
  return [...models.values()].every(({ facts }) => facts.manifest.params < SMALL_MODEL)
    ? SMALL_MODEL_JOBS
    : 1;
}

/**
 * None where this process measures by itself: without `--jobs` on the processor, or on the one GPU that was named. A GPU
 * that fails takes its process along, so that all GPUs, if it is only one, are used through workers unless one is named.
 * @param present  GPUs that there are; null for an engine that needs none
 * @param usual    jobs where no number was asked for
 */
export function lanesOf(
  { jobs: asked, devices: named }: Pick<RunConfig['behaviour'], 'jobs' | 'devices'>,
  present: number | null,
  usual = 1,
): readonly Lane[] {
  const jobs = asked ?? usual;
  if (present === null) return jobs > 1 ? Array.from({ length: jobs }, () => ({ name: '', args: [] })) : [];
  if (named?.length === 1 && (asked ?? 1) === 1) return [];
  const devices = named ?? Array.from({ length: present }, (_, device) => device);
  // Device by device, so that few parts still use every GPU.
  return Array.from({ length: jobs }, () => devices).flatMap((list) =>
    list.map((device) => ({ name: `GPU ${device}`, args: ['--devices', String(device)] })),
  );
}
