/** Builds the site of a data folder as `pnpm build` does, timed, and tells whether two builds are the same files. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { $ } from 'zx';

const USAGE = resolve(import.meta.dirname, 'report-usage.ts');

export interface BuildTime {
  readonly wall_s: number;
  /** User and system time of the process with all its threads. */
  readonly cpu_s: number;
  readonly pages: number;
}

export async function timedBuild(data: string, out: string): Promise<BuildTime> {
  const usage = `${out}.usage.json`;
  // The database is part of what a build costs.
  rmSync(join(data, 'bitloss.duckdb'), { force: true });
  const started = performance.now();
  await $({
    quiet: true,
    env: {
      ...process.env,
      ASTRO_TELEMETRY_DISABLED: '1',
      BITLOSS_SITE_DATA: data,
      BITLOSS_OUT: out,
      BITLOSS_USAGE: usage,
    },
  })`node --import ${USAGE} --max-semi-space-size=64 node_modules/astro/bin/astro.mjs build`;
  const wall_s = (performance.now() - started) / 1000;
  const { cpu_s } = JSON.parse(readFileSync(usage, 'utf8')) as { cpu_s: number };
  rmSync(usage);
  return { wall_s, cpu_s, pages: filesOf(out).filter((file) => file.endsWith('.html')).length };
}

/** Of all files of a built site, as they lie. */
export function bytesOf(folder: string): number {
  return filesOf(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

/** Files that one folder lacks or that differ in a byte, by name. */
export function differences(a: string, b: string): readonly string[] {
  const [left, right] = [a, b].map(hashes) as [Map<string, string>, Map<string, string>];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => left.get(name) !== right.get(name)).sort();
}

function hashes(folder: string): Map<string, string> {
  const hash = (file: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
  return new Map(filesOf(folder).map((file) => [file, hash(file)]));
}

function filesOf(folder: string): readonly string[] {
  return globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
