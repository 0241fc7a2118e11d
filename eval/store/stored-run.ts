/** One run as it is stored: file, item outcomes and tables, brought up to date after every cell. */
import path from 'node:path';
import type { Database } from '../../data/db.ts';
import type { Cell, FailedCell, FinishedCell, Manifest } from '../../data/schema.ts';
import { isPassing } from '../errors/run.ts';
import type { ItemTable } from '../items.ts';
import { joinManifests } from '../manifest.ts';
import { cellsOf, type PlannedRun } from '../plan.ts';
import type { Recorder } from '../run.ts';
import { checkedCell } from './checked-cell.ts';
import { removeLeftovers } from './files.ts';
import { readItems, writeItems } from './items-file.ts';
import { copyWhole, isFile, itemsName, readRunFile, runFilePath, writeRunFile } from './run-file.ts';
import { filesWith, storeCells, storedKeys } from './tables.ts';

export interface StoredRunOptions {
  readonly database: Database;
  /** Folder of runs, absolute. */
  readonly results: string;
  /** Paths in the tables are relative to this folder where they are inside it. */
  readonly dataFolder: string;
  /** Failed cells are forgotten and measured again. */
  readonly retry: boolean;
  /** What this session adds to the manifest of a run: called with the earlier one at every write. */
  readonly manifest: (earlier: Manifest | null) => Manifest;
}

export class StoredRun implements Recorder {
  readonly file: string;
  readonly earlier: ReadonlyMap<string, Cell>;
  readonly #options: StoredRunOptions;
  readonly #order: readonly string[];
  readonly #cells: Map<string, Cell>;
  readonly #earlierManifest: Manifest | null;
  /** Of run files that cells were adopted from, by file. */
  readonly #adopted = new Map<string, Manifest>();

  private constructor(
    run: PlannedRun,
    options: StoredRunOptions,
    earlierManifest: Manifest | null,
    cells: Map<string, Cell>,
  ) {
    this.file = runFilePath(options.results, run.id);
    this.#options = options;
    this.#order = cellsOf(run).map(({ key }) => key);
    this.#earlierManifest = earlierManifest;
    this.#cells = cells;
    this.earlier = new Map(cells);
  }

  /**
   * Opens a run with what is known of its cells: from its own file, and from other runs of this machine that measured the
   * same. The tables get what they lack, as after a kill between file and table, or when the database is new.
   * @throws store/run-file, store/…
   */
  static async open(run: PlannedRun, options: StoredRunOptions): Promise<StoredRun> {
    const file = runFilePath(options.results, run.id);
    await removeLeftovers(path.dirname(file));
    await removeLeftovers(path.join(path.dirname(file), 'items'));
    const stored = await readRunFile(file);
    const cells = new Map<string, Cell>();
    for (const cell of stored?.cells ?? []) {
      if (await isUsable(cell, file, options.retry)) cells.set(cell.cell_key, cell);
    }
    const adopted = await adoptCells(run, cells, file, options);
    const manifests = [...(stored === null ? [] : [stored.run]), ...adopted.manifests];
    const opened = new StoredRun(run, options, joinManifests(manifests), cells);
    if (adopted.cells.length > 0) await opened.#write(adopted.cells);
    if (stored !== null) await opened.#completeTables(stored.run);
    return opened;
  }

  get isComplete(): boolean {
    return this.#order.every((key) => this.#cells.has(key));
  }

  isKnown(key: string): boolean {
    return this.#cells.has(key);
  }

  /**
   * Takes over what another run file has of this run's cells and this run lacks; a missing or damaged file has none.
   * @param failed  whether failed cells count
   * @returns how many cells were taken
   */
  async adopt(file: string, failed: boolean): Promise<number> {
    const wanted = new Set(this.#order);
    const isWanted = (cell: Cell) =>
      wanted.has(cell.cell_key) && !this.#cells.has(cell.cell_key) && (failed || !('error' in cell));
    const { cells, manifest } = await copyCells(file, this.file, isWanted);
    if (manifest === null) return 0;
    // Its time has to be brought up to date where earlier calls have taken its cells.
    const isNews =
      cells.length > 0 || (this.#adopted.get(file)?.wall_ms ?? manifest.wall_ms) !== manifest.wall_ms;
    if (!isNews) return 0;
    this.#adopted.set(file, manifest);
    await this.#write(cells);
    return cells.length;
  }

  /** Makes the file of another run that asks for some of the same cells, with those that are known here. */
  async hand(run: PlannedRun, file: string): Promise<void> {
    const wanted = new Set(cellsOf(run).map(({ key }) => key));
    const { cells, manifest } = await copyCells(this.file, file, ({ cell_key }) => wanted.has(cell_key));
    if (manifest === null || cells.length === 0) return;
    // What was spent on these cells is counted here; the other run begins without sessions.
    const settings = { ...manifest.settings, sessions: [] };
    await writeRunFile(file, {
      schema: 1,
      run: { ...manifest, run_id: run.id, settings, wall_ms: 0 },
      cells,
    });
  }

  async finish(cell: FinishedCell, items: ItemTable): Promise<Cell> {
    const finished = { ...cell, items: itemsName(cell) };
    const checked = checkedCell(finished);
    if ('error' in checked) {
      await this.fail(checked);
      return checked;
    }
    await writeItems(
      this.#options.database.connection,
      path.join(path.dirname(this.file), finished.items),
      items,
    );
    await this.#write([finished]);
    return finished;
  }

  async fail(cell: FailedCell): Promise<void> {
    await this.#write([cell]);
  }

  async items(key: string): Promise<ItemTable | null> {
    const cell = this.#cells.get(key);
    if (cell === undefined || !('items' in cell) || cell.items === null) return null;
    return readItems(this.#options.database.connection, path.join(path.dirname(this.file), cell.items));
  }

  /** File first: what the tables lack is found in it at the next start. */
  async #write(cells: readonly Cell[]): Promise<void> {
    for (const cell of cells) this.#cells.set(cell.cell_key, cell);
    const earlier = [this.#earlierManifest, ...this.#adopted.values()].filter((one) => one !== null);
    const manifest = this.#options.manifest(joinManifests(earlier));
    const ordered = this.#order.flatMap((key) => this.#cells.get(key) ?? []);
    await writeRunFile(this.file, { schema: 1, run: manifest, cells: ordered });
    await storeCells(this.#options.database, manifest, this.#fileInTables(), cells);
  }

  async #completeTables(manifest: Manifest): Promise<void> {
    const stored = await storedKeys(this.#options.database, manifest.run_id);
    const missing = [...this.#cells.values()].filter((cell) => stored.get(cell.cell_key) !== 'error' in cell);
    if (missing.length > 0) await storeCells(this.#options.database, manifest, this.#fileInTables(), missing);
  }

  #fileInTables(): string {
    return pathInTables(this.#options.dataFolder, this.file);
  }
}

/** A failed cell stays failed unless its reason was a matter of the moment; a finished one needs its item outcomes. */
async function isUsable(cell: Cell, runFile: string, retry: boolean): Promise<boolean> {
  if ('error' in cell) return !retry && !isPassing(cell.error.code);
  return cell.items === null || (await isFile(path.join(path.dirname(runFile), cell.items)));
}

/** Copies finished cells of other runs, with their item outcomes, so that every run folder is complete by itself. */
async function adoptCells(
  run: PlannedRun,
  cells: Map<string, Cell>,
  file: string,
  { database, dataFolder }: StoredRunOptions,
): Promise<{ readonly cells: readonly Cell[]; readonly manifests: readonly Manifest[] }> {
  const wanted = new Set(cellsOf(run).flatMap(({ key }) => (cells.has(key) ? [] : [key])));
  const adopted: Cell[] = [];
  const manifests: Manifest[] = [];
  for (const other of await filesWith(database, [...wanted])) {
    const otherFile = path.resolve(dataFolder, other);
    if (otherFile === file) continue;
    const isWanted = (cell: Cell) =>
      wanted.has(cell.cell_key) && 'items' in cell && cell.items !== null && !('error' in cell);
    const taken = await copyCells(otherFile, file, isWanted);
    for (const cell of taken.cells) {
      wanted.delete(cell.cell_key);
      cells.set(cell.cell_key, cell);
      adopted.push(cell);
    }
    if (taken.manifest !== null && taken.cells.length > 0) manifests.push(taken.manifest);
  }
  return { cells: adopted, manifests };
}

/** Copies cells of one run, with their item outcomes, into the folder of another; nothing where there is no sound file. */
async function copyCells(
  from: string,
  to: string,
  isWanted: (cell: Cell) => boolean,
): Promise<{ readonly cells: Cell[]; readonly manifest: Manifest | null }> {
  const content = await readRunFile(from).catch(() => null);
  const cells: Cell[] = [];
  for (const cell of content?.cells ?? []) {
    if (!isWanted(cell)) continue;
    if ('error' in cell || cell.items === null) cells.push(cell);
    else if (await isFile(path.join(path.dirname(from), cell.items))) {
      const items = itemsName(cell);
      await copyWhole(path.join(path.dirname(from), cell.items), path.join(path.dirname(to), items));
      cells.push({ ...cell, items });
    }
  }
  return { cells, manifest: content?.run ?? null };
}

function pathInTables(dataFolder: string, file: string): string {
  const relative = path.relative(dataFolder, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative.replaceAll('\\', '/');
}
