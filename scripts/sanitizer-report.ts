/** What compute-sanitizer printed about one test file, and whose kernels it is about. */

/** What a tool prints at the end of each process that it watched. */
const SUMMARY = /(?:ERROR|RACECHECK) SUMMARY: (\d+) (?:errors?|hazards?)/g;
/** A race is a head and, below it, each access that it races with. */
const RACE = /Race reported between .* access at (.*)((?:\n=+ +and .* access at .*)*)/g;
/** The kernels of this project; all others come from the CUDA libraries, which synchronize in ways that racecheck does not follow. */
const OURS = 'bl::';

export interface SanitizerReport {
  /** Processes that the tool watched to their end; 0: it has seen nothing. */
  readonly processes: number;
  /** Reports that concern a kernel of this project, or no kernel at all. */
  readonly found: number;
  /** Races inside kernels of CUDA's own libraries. */
  readonly inLibraries: number;
}

export function readSanitizerReport(text: string): SanitizerReport {
  const counts = Array.from(text.matchAll(SUMMARY), ([, count]) => Number(count));
  const races = Array.from(text.matchAll(RACE), ([whole]) => whole);
  const inLibraries = races.filter((race) => !race.includes(OURS)).length;
  const all = counts.reduce((sum, count) => sum + count, 0);
  return { processes: counts.length, found: Math.max(all - inLibraries, 0), inLibraries };
}
