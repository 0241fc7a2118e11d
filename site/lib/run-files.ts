/** Run files and their per-item outcomes, as the site gives them away: `data/runs/<run>/…`, paths as in the file itself. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { SITE_DATA } from '../../data/ready-database.ts';
import { runs } from './catalogue.ts';
import { select } from './db.ts';

export interface RunDownload {
  /** Below `data/runs/`. */
  readonly path: string;
  /** On this machine. */
  readonly file: string;
}

/** Address of a run's JSON below the site's root; null for a run that is not in a file yet. */
export function runFileHref(run: { readonly id: string; readonly file: string | null }): string | null {
  return run.file === null ? null : `/data/runs/${run.id}/${basename(run.file)}`;
}

export async function runDownloads(): Promise<readonly RunDownload[]> {
  const kept = (await runs()).filter(({ file }) => file !== null) as { id: string; file: string }[];
  const items = await select<{ run_id: string; items: string }>(
    'SELECT DISTINCT run_id, items FROM file_cell WHERE items IS NOT NULL ORDER BY ALL',
  );
  const inFolder = new Map(kept.map(({ id, file }) => [id, dirname(file)]));
  return [
    ...kept.map(({ id, file }) => ({ path: `${id}/${basename(file)}`, file: join(SITE_DATA, file) })),
    ...items
      .filter(({ run_id, items }) => inFolder.has(run_id) && staysInside(items))
      .map(({ run_id, items }) => ({
        path: `${run_id}/${posix.normalize(items)}`,
        file: join(SITE_DATA, inFolder.get(run_id)!, items),
      }))
      .filter(({ file }) => existsSync(file)),
  ];
}

/** A submitted run file names its item files; none may lead out of its own folder. */
export function staysInside(path: string): boolean {
  return !posix.isAbsolute(path) && !posix.normalize(path).startsWith('..');
}
