/**
 * Everything that generation keeps in device memory: the pages of keys and values, the states of scans, and the tables
 * by which a decode step finds its way. The host holds the same tables and sends them whenever texts come or go.
 */
import type { Architecture, Block } from '../../families/architecture.ts';
import { aligned } from './arena.ts';
import type { BlockMemory } from './block-context.ts';
import type { ChunkTables } from './chunk.ts';
import type { Device } from './device.ts';
import type { Kernels } from './kernels.ts';
import { type Dtype, ELEMENT_BYTES } from './matrix.ts';
import { PAGE_POSITIONS } from './pages.ts';
import { scanBytes, widthsOf } from './text-sizes.ts';

const WORD = 4;
/** Steps whose tokens have a place, so that the host can look at all of them together. */
export const MOST_STEPS = 8;

export interface TextMemoryShape {
  readonly architecture: Architecture;
  readonly dtype: Dtype;
  readonly slots: number;
  readonly pages: number;
  /** Pages of the longest text. */
  readonly maxPages: number;
  /** As `longLimits` has them. */
  readonly limits: readonly number[];
}

/** Bytes from the start of the memory, by what is there. */
interface Places {
  readonly blocks: readonly { readonly first: number; readonly second: number }[];
  readonly tables: number;
  readonly hidden: number;
  readonly logits: number;
  readonly scratch: number;
  readonly head: number;
  readonly bytes: number;
}

export class TextMemory {
  readonly shape: TextMemoryShape;
  /** Tables on the host, by slot; `send` brings them to the device. */
  readonly ids: Int32Array;
  readonly positions: Int32Array;
  /** Row of the rotation and position tables: one table for ordinary texts, then one for each limit. */
  readonly rows: readonly Int32Array[];
  readonly pageTable: Int32Array;
  /** Numbers that tokens are drawn with, `[MOST_STEPS, slots]`. */
  readonly uniforms: Float32Array;
  readonly #all: Int32Array;
  readonly #base: number;
  readonly #places: Places;

  /** @param base device address of `bytesOf(…)` bytes */
  constructor(shape: TextMemoryShape, base: number, scratchBytes: number) {
    this.shape = shape;
    this.#base = base;
    this.#places = placesOf(shape, scratchBytes);
    const { slots, maxPages, limits } = shape;
    this.#all = new Int32Array(tableWords(shape));
    const part = (from: number, count: number) => this.#all.subarray(from, from + count);
    this.ids = part(0, slots);
    this.positions = part(slots, slots).fill(-1);
    this.rows = [0, ...limits].map((_, i) => part((2 + i) * slots, slots));
    const scan = (3 + limits.length) * slots;
    for (let slot = 0; slot < slots; slot += 1) {
      this.#all.set([slot, 1, -1, 0], scan + 4 * slot);
      this.#all[scan + 4 * slots + slot] = slot;
    }
    this.pageTable = part(scan + 5 * slots, slots * maxPages);
    this.uniforms = new Float32Array(MOST_STEPS * slots);
  }

  static bytesOf(shape: TextMemoryShape, scratchBytes: number): number {
    return placesOf(shape, scratchBytes).bytes;
  }

  /** Float32 `[slots, H]`. */
  get hidden(): number {
    return this.#base + this.#places.hidden;
  }

  /** Float32 `[slots, V]`. */
  get logits(): number {
    return this.#base + this.#places.logits;
  }

  /** Float32, float64 and int32 `[slots]`, what bl_head_update writes beside logits. */
  get head(): { readonly highest: number; readonly sum: number; readonly best: number } {
    const at = this.#base + this.#places.head;
    const { slots } = this.shape;
    return { sum: at, highest: at + 8 * slots, best: at + 12 * slots };
  }

  /** int32 and float32 `[slots]` behind the tables: drawn tokens, and the numbers that they are drawn with. */
  get tokens(): number {
    return this.#table(tableWords(this.shape));
  }

  get drawing(): number {
    return this.#table(tableWords(this.shape) + this.shape.slots);
  }

  /** int32 `[MOST_STEPS, slots]`: tokens of the steps since the host looked. */
  get history(): number {
    return this.#table(tableWords(this.shape) + 2 * this.shape.slots);
  }

  /** Float32 `[MOST_STEPS, slots]`: `uniforms` of the steps to come. */
  get drawings(): number {
    return this.#table(tableWords(this.shape) + (2 + MOST_STEPS) * this.shape.slots);
  }

  get idsAt(): number {
    return this.#table(0);
  }

  get positionsAt(): number {
    return this.#table(this.shape.slots);
  }

  get rowsAt(): number {
    return this.#table(2 * this.shape.slots);
  }

  /** The tables by which B rows, one a slot, run through blocks. */
  tables(B: number): ChunkTables {
    const { slots, limits } = this.shape;
    return {
      ...{ T: B, S: B, maxRows: 1, levels: 0, runs: [] },
      tokens: this.idsAt,
      positions: this.rowsAt,
      rotationRows: ({ long }) =>
        this.#table((2 + (long === null ? 0 : 1 + limits.indexOf(long.beyond))) * slots),
      // Attention goes by pages.
      attention: { at: 0, count: 0, maxQueries: 0 },
      scan: this.#table((3 + limits.length) * slots),
    };
  }

  /** What block `index` remembers. */
  block(index: number): BlockMemory {
    const { first, second } = this.#places.blocks[index]!;
    const [keys, values] = [this.#base + first, this.#base + second];
    const { slots, limits } = this.shape;
    const texts = this.#table((7 + limits.length) * slots);
    const pageTable = this.#table((8 + limits.length) * slots);
    if (widthsOf(this.shape.architecture.blocks[index]!) === null)
      return { kind: 'scan', history: keys, state: values };
    return {
      kind: 'pages',
      cache: {
        ...{ keys, values, pageTable, maxPages: this.shape.maxPages, texts },
        ...{ pageSize: PAGE_POSITIONS, positions: this.positionsAt },
        scratch: this.#base + this.#places.scratch,
      },
    };
  }

  /** Forgets all texts. */
  clear(): void {
    this.positions.fill(-1);
  }

  send(device: Device): void {
    device.upload(this.#table(0), this.#all);
  }

  /** Gives the place of one text to another, in the tables of the host and in the states of scans. */
  move(kernels: Kernels, from: number, to: number): void {
    for (const table of [this.ids, this.positions, ...this.rows]) table[to] = table[from]!;
    this.positions[from] = -1;
    const { maxPages, architecture } = this.shape;
    this.pageTable.copyWithin(to * maxPages, from * maxPages, (from + 1) * maxPages);
    for (const [index, { mixer }] of architecture.blocks.entries()) {
      if (mixer.kind !== 'selective-scan') continue;
      const { first, second } = this.#places.blocks[index]!;
      const sizes = scanBytes(mixer);
      for (const [at, bytes] of [
        [this.#base + first, sizes.history],
        [this.#base + second, sizes.state],
      ] as const)
        kernels.copy({ to: at + to * bytes, from: at + from * bytes, bytes });
    }
  }

  #table(words: number): number {
    return this.#base + this.#places.tables + words * WORD;
  }
}

/** ids, positions, rows for each kind of rope, scan segments, texts, page table. */
function tableWords({ slots, maxPages, limits }: Omit<TextMemoryShape, 'pages'>): number {
  return (8 + limits.length) * slots + slots * maxPages;
}

function placesOf(shape: TextMemoryShape, scratchBytes: number): Places {
  const { architecture, dtype, slots, pages } = shape;
  let bytes = 0;
  const place = (size: number) => {
    const at = bytes;
    bytes += aligned(size);
    return at;
  };
  const blocks = architecture.blocks.map((block) => {
    const widths = widthsOf(block);
    if (widths !== null) {
      const rowBytes = pages * PAGE_POSITIONS * ELEMENT_BYTES[dtype];
      return { first: place(widths.keys * rowBytes), second: place(widths.values * rowBytes) };
    }
    const { history, state } = scanBytes(block.mixer as Extract<Block['mixer'], { kind: 'selective-scan' }>);
    return { first: place(slots * history), second: place(slots * state) };
  });
  return {
    blocks,
    tables: place((tableWords(shape) + (2 + 2 * MOST_STEPS) * slots) * WORD),
    hidden: place(slots * architecture.hiddenSize * 4),
    logits: place(slots * architecture.vocabSize * 4),
    scratch: place(scratchBytes),
    head: place(slots * 16),
    bytes,
  };
}
