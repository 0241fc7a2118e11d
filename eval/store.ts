/** The only writer of DuckDB and of run files. */
import path from 'node:path';
import { type Database, ensureDatabase, openDatabase } from '../data/db.ts';
import type { Manifest } from '../data/schema.ts';
import type { RunConfig } from './config.ts';
import type { PlannedRun } from './plan.ts';
import { checkWritable, removeLeftovers } from './store/files.ts';
import { StoredRun } from './store/stored-run.ts';

export class Store {
  readonly #database: Database;
  readonly #places: RunConfig['places'];
  readonly #dataFolder: string;

  private constructor(database: Database, places: RunConfig['places'], dataFolder: string) {
    this.#database = database;
    this.#places = places;
    this.#dataFolder = dataFolder;
  }

  /**
   * Checks every place that will be written and opens the database, which is built where it is missing or old.
   * @param dataFolder the project's data folder, with catalogues and published results
   * @throws store/read-only, store/disk-full, database/locked, database/damaged, data/malformed
   */
  static async open(places: RunConfig['places'], dataFolder: string): Promise<Store> {
    for (const folder of [places.results, path.dirname(places.database), places.cache])
      await checkWritable(folder);
    await removeLeftovers(path.dirname(places.database));
    await ensureDatabase({ root: dataFolder, path: places.database });
    return new Store(await openDatabase(places.database, { readOnly: false }), places, dataFolder);
  }

  /** Throws `store/run-file` where the run was stored and its file is damaged. */
  begin(
    run: PlannedRun,
    retry: boolean,
    manifest: (earlier: Manifest | null) => Manifest,
  ): Promise<StoredRun> {
    const { results } = this.#places;
    return StoredRun.open(run, {
      database: this.#database,
      results,
      dataFolder: this.#dataFolder,
      retry,
      manifest,
    });
  }

  close(): void {
    this.#database.close();
  }
}
