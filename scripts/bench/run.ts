/** Runs benchmarks one after the other; one that fails says so and stops no other, and leaves the rows that it has. */
import type { BenchFile, BenchRow, GpuState } from '../../data/bench-schema.ts';
import { type Bench, DEFAULT_BUDGET, type Lab } from './bench.ts';
import { Progress } from './progress.ts';
import { aligned, benchTable } from './table.ts';

/** What is the same for every file of a run. */
export type RunFacts = Omit<BenchFile, 'schema' | 'name' | 'title' | 'clocks' | 'rows' | 'created_at'>;

export interface BenchHost {
  readonly facts: RunFacts;
  /** In place of what the benchmarks have; null: theirs. */
  readonly budgetSeconds: number | null;
  now(): Date;
  /** Milliseconds of a clock that only goes forward. */
  elapsed(): number;
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
  const { name, title, budgetSeconds = DEFAULT_BUDGET } = bench;
  const fileOf = async (rows: readonly BenchRow[]): Promise<BenchFile> => {
    const clocks = { before, after: await host.gpuState() };
    return { schema: 1, name, title, created_at, ...host.facts, clocks, rows: [...rows] };
  };
  const progress = new Progress({
    budgetSeconds: host.budgetSeconds ?? budgetSeconds,
    now: host.elapsed,
    log: host.log,
    save: async (rows) => {
      if (!lab.quick) host.save(await fileOf(rows));
    },
  });
  return fileOf(await bench.run(lab, progress));
}
