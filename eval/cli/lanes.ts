/** How many worker processes measure at a time, and on which GPU each. */
import type { RunConfig } from '../config.ts';
import type { Lane } from './jobs.ts';

/**
 * None where this process measures by itself: without `--jobs` on the processor, or on the one GPU that was named. A GPU
 * that fails takes its process along, so that all GPUs, if it is only one, are used through workers unless one is named.
 * @param present  GPUs that there are; null for an engine that needs none
 */
export function lanesOf(
  { jobs, devices: named }: Pick<RunConfig['behaviour'], 'jobs' | 'devices'>,
  present: number | null,
): readonly Lane[] {
  if (present === null) return jobs > 1 ? Array.from({ length: jobs }, () => ({ name: '', args: [] })) : [];
  if (named?.length === 1 && jobs === 1) return [];
  const devices = named ?? Array.from({ length: present }, (_, device) => device);
  // Device by device, so that few parts still use every GPU.
  return Array.from({ length: jobs }, () => devices).flatMap((list) =>
    list.map((device) => ({ name: `GPU ${device}`, args: ['--devices', String(device)] })),
  );
}
