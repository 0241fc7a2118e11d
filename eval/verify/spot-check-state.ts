/** What a spot check has found so far, so that a killed one goes on. */
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { contentHash } from '../content-hash.ts';
import { replaceFile } from '../store/files.ts';
import type { CellComparison } from './compare-cell.ts';

interface Content {
  /** Of each run, the cells that were compared. */
  readonly cells: Readonly<Record<string, readonly CellComparison[]>>;
  /** Runs that need nothing more: their records are written, where they were to be. */
  readonly finished: readonly string[];
}

export class SpotCheckState {
  readonly #file: string;
  #content: Content;

  private constructor(file: string, content: Content) {
    this.#file = file;
    this.#content = content;
  }

  /** @param key everything that decides what is checked, so that another check begins anew */
  static open(root: string, key: Readonly<Record<string, unknown>>): SpotCheckState {
    const file = path.join(root, '.cache', 'spot-check', `${contentHash(key).slice(0, 12)}.json`);
    return new SpotCheckState(file, readState(file));
  }

  cellsOf(run: string): readonly CellComparison[] {
    return this.#content.cells[run] ?? [];
  }

  isFinished(run: string): boolean {
    return this.#content.finished.includes(run);
  }

  /** Throws `store/…`. */
  async add(run: string, cell: CellComparison): Promise<void> {
    const cells = { ...this.#content.cells, [run]: [...this.cellsOf(run), cell] };
    await this.#save({ ...this.#content, cells });
  }

  async finish(run: string): Promise<void> {
    await this.#save({ ...this.#content, finished: [...this.#content.finished, run] });
  }

  /** After the last run: the same command then begins anew. */
  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  async #save(content: Content): Promise<void> {
    this.#content = content;
    await replaceFile(this.#file, (temporary) => writeFile(temporary, JSON.stringify(content)));
  }
}

/** Written whole by this command alone: what cannot be read is as good as nothing. */
function readState(file: string): Content {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Content;
  } catch {
    return { cells: {}, finished: [] };
  }
}
