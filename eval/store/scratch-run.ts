/** A run in a folder of its own, without tables: what repeats a published run, and is compared and thrown away. */
import path from 'node:path';
import type { Cell, FailedCell, FinishedCell, Manifest } from '../../data/schema.ts';
import { isPassing } from '../errors/run.ts';
import type { ItemTable } from '../items.ts';
import { cellsOf, type PlannedRun } from '../plan.ts';
import type { Recorder, RunStore } from '../run.ts';
import { checkedCell } from './checked-cell.ts';
import { checkWritable, removeLeftovers } from './files.ts';
import { inMemory } from './in-memory.ts';
import { readItems, writeItems } from './items-file.ts';
import { isFile, itemsName, readRunFile, runFilePath, writeRunFile } from './run-file.ts';

/** @param folder absolute; it is made where it is missing */
export function scratchStore(folder: string): RunStore {
  return {
    begin: async (run, _retry, manifest) => {
      await checkWritable(folder);
      return ScratchRun.open(run, folder, manifest);
    },
  };
}

class ScratchRun implements Recorder {
  readonly file: string;
  readonly earlier: ReadonlyMap<string, Cell>;
  readonly #run: PlannedRun;
  readonly #cells: Map<string, Cell>;
  readonly #manifest: () => Manifest;

  private constructor(run: PlannedRun, file: string, cells: Map<string, Cell>, manifest: () => Manifest) {
    this.file = file;
    this.#run = run;
    this.#cells = cells;
    this.earlier = new Map(cells);
    this.#manifest = manifest;
  }

  /** With the cells that a killed call has finished. Throws `store/…`. */
  static async open(
    run: PlannedRun,
    folder: string,
    manifest: (earlier: Manifest | null) => Manifest,
  ): Promise<ScratchRun> {
    const file = runFilePath(folder, run.id);
    await removeLeftovers(path.dirname(file));
    const stored = await readRunFile(file);
    const cells = new Map<string, Cell>();
    for (const cell of stored?.cells ?? []) {
      const isUsable =
        'error' in cell
          ? !isPassing(cell.error.code)
          : cell.items !== null && (await isFile(path.join(path.dirname(file), cell.items)));
      if (isUsable) cells.set(cell.cell_key, cell);
    }
    const opened = new ScratchRun(run, file, cells, () => manifest(stored?.run ?? null));
    await opened.#write();
    return opened;
  }

  async finish(cell: FinishedCell, items: ItemTable): Promise<Cell> {
    const finished = { ...cell, items: itemsName(cell) };
    const checked = checkedCell(finished);
    if ('error' in checked) {
      await this.fail(checked);
      return checked;
    }
    await inMemory((connection) => writeItems(connection, this.#placeOf(finished.items), items));
    await this.#keep(finished);
    return finished;
  }

  fail(cell: FailedCell): Promise<void> {
    return this.#keep(cell);
  }

  async items(key: string): Promise<ItemTable | null> {
    const cell = this.#cells.get(key);
    if (cell === undefined || !('items' in cell) || cell.items === null) return null;
    const file = this.#placeOf(cell.items);
    return inMemory((connection) => readItems(connection, file));
  }

  async #keep(cell: Cell): Promise<void> {
    this.#cells.set(cell.cell_key, cell);
    await this.#write();
  }

  async #write(): Promise<void> {
    const cells = cellsOf(this.#run).flatMap(({ key }) => this.#cells.get(key) ?? []);
    await writeRunFile(this.file, { schema: 1, run: this.#manifest(), cells });
  }

  #placeOf(items: string): string {
    return path.join(path.dirname(this.file), items);
  }
}
