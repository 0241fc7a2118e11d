/**
 * Which text runs in which slot of a decode step. A step is recorded once for each number of slots in `BUCKETS`, and
 * replayed for every token; texts come and go in between.
 */

/** Numbers of texts that a step is recorded for. */
export const BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] as const;
export const MAX_SLOTS = BUCKETS[BUCKETS.length - 1]!;

/** The smallest bucket that holds `slots` slots. */
export function bucketOf(slots: number): number {
  const bucket = BUCKETS.find((size) => size >= slots);
  if (bucket === undefined || slots < 1)
    throw new RangeError(`[cuda] ${slots} slots: a step has 1 to ${MAX_SLOTS}.`);
  return bucket;
}

export interface Move {
  readonly from: number;
  readonly to: number;
}

/** Slots 0 … n − 1, each empty or with one text. */
export class Slots<Text> {
  readonly #texts: (Text | null)[];
  #taken = 0;

  constructor(count: number) {
    this.#texts = new Array<Text | null>(count).fill(null);
  }

  /** Texts by slot, in the order of slots. */
  get running(): readonly (readonly [slot: number, text: Text])[] {
    return this.#texts.flatMap((text, slot) => (text === null ? [] : [[slot, text] as const]));
  }

  get isFull(): boolean {
    return this.free === 0;
  }

  /** Number of empty slots. */
  get free(): number {
    return this.#texts.length - this.#taken;
  }

  /** Slots that the next step has to run, empty ones in between included; 0 where nothing runs. */
  get span(): number {
    return this.#texts.findLastIndex((text) => text !== null) + 1;
  }

  /** Puts a text into the lowest free slot and returns it. */
  add(text: Text): number {
    const slot = this.#texts.indexOf(null);
    if (slot === -1) throw new RangeError(`[cuda] all ${this.#texts.length} slots are taken.`);
    this.#texts[slot] = text;
    this.#taken += 1;
    return slot;
  }

  remove(slot: number): void {
    if (this.#texts[slot] === null) throw new RangeError(`[cuda] slot ${slot} is empty.`);
    this.#texts[slot] = null;
    this.#taken -= 1;
  }

  /** Moves texts of high slots to low ones where that makes the bucket smaller; the caller moves what belongs to them. */
  compact(): readonly Move[] {
    const count = this.#taken;
    if (count === 0 || bucketOf(this.span) === bucketOf(count)) return [];
    const moves: Move[] = [];
    for (const [from, text] of this.running.filter(([slot]) => slot >= count)) {
      this.remove(from);
      moves.push({ from, to: this.add(text) });
    }
    return moves;
  }
}
