/** Products with the factors of random orthogonal matrices (eval/math/incoherence.ts) on the device, in float64. */
import type { ButterflyStage } from '../../math/butterfly.ts';
import type { Mixing } from '../../math/incoherence.ts';
import type { Device } from './device.ts';
import type { Address } from './kernels.ts';
import { type DeviceHeap, Pool } from './pool.ts';

interface DeviceStage {
  readonly first: Address;
  readonly from: Address;
  readonly members: Address;
  readonly table: Address;
}

/** What the last step writes. */
export interface MixResult {
  readonly at: Address;
  /** Else float64. */
  readonly isFloat32: boolean;
  /** Added to every number. */
  readonly added: number;
}

export class Mixer {
  readonly #device: Device;
  readonly #heap: DeviceHeap;
  readonly #pool: Pool<'before' | 'after' | 'even' | 'odd'>;
  /** Uploaded once: a model has few widths. */
  readonly #stages = new Map<ButterflyStage, DeviceStage>();

  constructor(device: Device, heap: DeviceHeap) {
    this.#device = device;
    this.#heap = heap;
    this.#pool = new Pool(heap);
  }

  /** All steps in turn on float64 `[rows, columns]`, which stays as it is; queued. */
  mix(
    x: Address,
    [rows, columns]: readonly [number, number],
    mixings: readonly Mixing[],
    result: MixResult,
  ): void {
    let source = x;
    for (const [index, { axis, stage, before, after }] of mixings.entries()) {
      const isLast = index === mixings.length - 1;
      const out = isLast ? result.at : this.#pool.take(index % 2 === 0 ? 'even' : 'odd', rows * columns * 8);
      const { terms, stride, n } = stage;
      this.#device.kernels.mix({
        ...{ x: source, ...this.#uploaded(stage), terms, stride, n },
        ...{ before: this.#factors('before', before), after: this.#factors('after', after) },
        ...{ M: axis === 'columns' ? rows : columns, isColumn: Number(axis === 'rows') },
        ...{ out, isFloat: Number(isLast && result.isFloat32), added: isLast ? result.added : 0 },
      });
      source = out;
    }
  }

  release(): void {
    for (const addresses of this.#stages.values())
      for (const address of Object.values(addresses)) this.#heap.free(address);
    this.#stages.clear();
    this.#pool.release();
  }

  #uploaded(stage: ButterflyStage): DeviceStage {
    const found = this.#stages.get(stage);
    if (found !== undefined) return found;
    const upload = (values: NodeJS.ArrayBufferView) => {
      const at = this.#heap.alloc(values.byteLength);
      this.#device.upload(at, values);
      return at;
    };
    const made: DeviceStage = {
      first: upload(stage.first),
      from: upload(stage.from),
      members: upload(stage.members),
      table: upload(stage.table),
    };
    this.#stages.set(stage, made);
    return made;
  }

  #factors(name: 'before' | 'after', factors: Float64Array | null): Address {
    if (factors === null) return 0;
    const at = this.#pool.take(name, factors.byteLength);
    this.#device.upload(at, factors);
    return at;
  }
}
