/** What is known of linears that were packed on a device, so that whoever needs it next does not compute or upload it again. */
import type { PackedLinear } from '../../formats/format.ts';
import type { Device } from './device.ts';
import { convert, type DeviceMatrix } from './device-linear.ts';
import { BL } from './kernels.gen.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';

/** Queues ŵ into device memory. */
export type WriteValues = (to: DeviceMatrix) => void;

export class PackedHere {
  readonly #pool: Pool<string>;
  readonly #errors = new WeakMap<PackedLinear, number>();
  #last: {
    readonly packed: PackedLinear;
    readonly isThere: () => boolean;
    readonly write: WriteValues;
  } | null = null;

  constructor(pool: Pool<string>) {
    this.#pool = pool;
  }

  /** @param error  Σ(w − ŵ)² / Σw² */
  noteError(packed: PackedLinear, error: number): void {
    this.#errors.set(packed, error);
  }

  /** Null for what was packed elsewhere. */
  errorOf(packed: PackedLinear): number | null {
    return this.#errors.get(packed) ?? null;
  }

  /**
   * Of the linear that was packed last.
   * @param names  buffers of the pool that `write` reads: it is called only as long as nobody else asked for them
   * @param write  gives the very values that the packed bytes stand for
   */
  keep(packed: PackedLinear, names: readonly string[], write: WriteValues): void {
    this.#last = { packed, isThere: this.#pool.watch(names), write };
  }

  /** The same, of all values in the buffer `restored`, float32 `[N, K]`. */
  keepRestored(device: Pick<Device, 'kernels'>, packed: PackedLinear, restored: Address): void {
    const { N, K } = packed;
    const from = { at: restored, dtype: BL.F32 };
    this.keep(packed, ['restored'], (to) => convert(device, { N, K }, from, to));
  }

  /** False where its values are not in device memory any more, or never were. */
  write(packed: PackedLinear, to: DeviceMatrix): boolean {
    if (this.#last?.packed !== packed || !this.#last.isThere()) return false;
    this.#last.write(to);
    return true;
  }

  release(): void {
    this.#last = null;
  }
}
