/** How much memory this process has needed: the peak of a cell where the system can tell, else of the process. */
import { readFileSync, writeFileSync } from 'node:fs';

const KIB = 1024;

/** Starts a new measurement. Only Linux can; elsewhere peaks are those of the whole process so far. */
export function resetPeakMemory(): void {
  try {
    // `5` resets the high-water mark of resident memory, see proc(5).
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux, or not allowed: `peakMemoryBytes` then falls back to the whole process.
  }
}

/** Largest resident set in bytes since the last reset. */
export function peakMemoryBytes(): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (match !== null) return Number(match[1]) * KIB;
  } catch {
    // Not Linux.
  }
  return processPeakBytes();
}

/** Largest resident set in bytes since the process began. */
export function processPeakBytes(): number {
  return process.resourceUsage().maxRSS * KIB;
}
