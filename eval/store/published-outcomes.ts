/** Item outcomes of a stored run, packed into one file as published runs have them or one file a cell. */
import path from 'node:path';
import type { Cell } from '../../data/schema.ts';
import type { ItemTable } from '../items.ts';
import { inMemory } from './in-memory.ts';
import { readItems } from './items-file.ts';
import { type PackedItems, readPackedItems } from './packed-items.ts';

/** Reads outcomes of the cells of one run file; packed ones once. */
export class StoredOutcomes {
  readonly #folder: string;
  readonly #packed = new Map<string, Promise<PackedItems>>();

  /** @param file of the run, absolute */
  constructor(file: string) {
    this.#folder = path.dirname(file);
  }

  /** Null where the run has none of the cell. Throws `store/items` for a file that is missing or damaged. */
  async of(cell: Cell): Promise<ItemTable | null> {
    if (!('items' in cell) || cell.items === null) return null;
    const file = path.join(this.#folder, cell.items);
    if (cell.items.includes('/')) return inMemory((connection) => readItems(connection, file));
    const known = this.#packed.get(file) ?? readPackedItems(file);
    this.#packed.set(file, known);
    return (await known).tableOf(cell.task, cell.recipe);
  }
}
