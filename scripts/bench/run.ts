/** Runs benchmarks one after the other; one that fails says so and stops no other. */
import type { BenchFile, GpuState } from '../../data/bench-schema.ts';
import type { Bench, Lab } from './bench.ts';
import { aligned, benchTable } from './table.ts';

/** What is the same for every file of a run. */
export type RunFacts = Omit<BenchFile, 'schema' | 'name' | 'title' | 'clocks' | 'rows' | 'created_at'>;

export interface BenchHost {
  readonly facts: RunFacts;
  now(): Date;
  gpuState(): Promise<GpuState>;
  save(file: BenchFile): void;
  log(line: string): void;
}

/** @returns how many benchmarks failed */
export async function runBenches(benches: readonly Bench[], lab: Lab, host: BenchHost): Promise<number> {
  const finished: BenchFile[] = [];
  let failed = 0;
  for (const bench of benches) {
    host.log(`${bench.name}: ${bench.title}`);
    try {
      const file = await runOne(bench, lab, host);
      finished.push(file);
      host.log(aligned(benchTable([file])));
      if (!lab.quick) host.save(file);
    } catch (error) {
      failed++;
      host.log(`${bench.name}: failed. ${error instanceof Error ? error.message : String(error)}`);
    }
    host.log('');
  }
  if (finished.length > 1) host.log(aligned(benchTable(finished)));
  return failed;
}

async function runOne(bench: Bench, lab: Lab, host: BenchHost): Promise<BenchFile> {
  const created_at = host.now().toISOString();
  const before = await host.gpuState();
  const rows = [...(await bench.run(lab))];
  const clocks = { before, after: await host.gpuState() };
  return { schema: 1, name: bench.name, title: bench.title, created_at, ...host.facts, clocks, rows };
}
