/** What compute-sanitizer printed about one test file, and whose kernels it is about. */

/** What a tool prints at the end of each process that it watched. */
const SUMMARY = /(?:ERROR|RACECHECK) SUMMARY: (\d+) (?:errors?|hazards?)/g;
/** A race is a head and, below it, each access that it races with. */
const RACE = /Race reported between .* access at (.*)((?:\n=+ +and .* access at .*)*)/g;
/** A kernel in its source; bounds of its launch may stand before its name. */
const KERNEL =
  /__global__\s+void\s+(?:__launch_bounds__\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*)?(\w+)\s*\(/g;
/** Where functions that kernels of this project call live. */
const NAMESPACE = 'bl::';

export interface SanitizerReport {
  /** Processes that the tool watched to their end; 0: it has seen nothing. */
  readonly processes: number;
  /** Reports that concern a kernel of this project, or no kernel at all. */
  readonly found: number;
  /** Races inside kernels of CUDA's own libraries, which synchronize in ways that racecheck does not follow. */
  readonly inLibraries: number;
}

/** Names of the kernels that sources define: many are in no namespace that would tell them from those of a library. */
export function kernelNames(sources: readonly string[]): ReadonlySet<string> {
  return new Set(sources.flatMap((source) => [...source.matchAll(KERNEL)].map(([, name]) => name!)));
}

/** @param kernels  names of those of this project; a library's kernel that contains one counts as ours */
export function readSanitizerReport(text: string, kernels: ReadonlySet<string>): SanitizerReport {
  const counts = Array.from(text.matchAll(SUMMARY), ([, count]) => Number(count));
  const races = Array.from(text.matchAll(RACE), ([whole]) => whole);
  const isOurs = (race: string) =>
    race.includes(NAMESPACE) || (race.match(/\w+/g) ?? []).some((word) => kernels.has(word));
  const inLibraries = races.filter((race) => !isOurs(race)).length;
  const all = counts.reduce((sum, count) => sum + count, 0);
  return { processes: counts.length, found: Math.max(all - inLibraries, 0), inLibraries };
}
