/** Where results of benchmarks go, and what every file of a run says. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { benchFileSchema } from '../../data/bench-schema.ts';
import type { Manifest } from '../../data/schema.ts';
import { describeCode, PROJECT_ROOT } from '../../eval/machine.ts';
import { gpuSlug, readGpuState } from './gpu-state.ts';
import type { OpenLab } from './open-lab.ts';
import type { PeerResults } from './peers.ts';
import type { BenchHost } from './run.ts';

export interface HostOptions {
  /** Folder of the folders of all GPUs. */
  readonly out: string;
  readonly command: string;
  readonly budgetSeconds: number | null;
  readonly lab: Pick<OpenLab, 'gpu' | 'build' | 'rates'>;
  readonly peers: Pick<PeerResults, 'versions'>;
  /** As `describeMachine` tells; its GPUs are all that it has, of which the lab uses one. */
  readonly machine: Manifest['machine'];
  log(line: string): void;
}

export async function benchHost({ out, lab, peers, machine, ...rest }: HostOptions): Promise<BenchHost> {
  const folder = path.join(path.resolve(out), gpuSlug(lab.gpu));
  return {
    facts: {
      command: rest.command,
      ...(await describeCode(PROJECT_ROOT)),
      ...{ machine: { ...machine, gpu: lab.gpu }, kernels: lab.build, peer: peers.versions },
      rates: lab.rates,
    },
    budgetSeconds: rest.budgetSeconds,
    now: () => new Date(),
    elapsed: () => performance.now(),
    gpuState: readGpuState,
    save: (file) => {
      mkdirSync(folder, { recursive: true });
      const text = JSON.stringify(benchFileSchema.parse(file), null, 1);
      const place = path.join(folder, `${file.name}.json`);
      // A run that is stopped meanwhile leaves what was saved before.
      writeFileSync(`${place}.part`, `${text}\n`);
      renameSync(`${place}.part`, place);
    },
    log: rest.log,
  };
}
