/** Host memory for packed bytes that come from a device. */
import type { Device } from './device.ts';
import type { Address } from './kernels.ts';

/** Smaller pieces come from memory that the process has anyway. */
const LEAST_BYTES = 1 << 20;

/**
 * Memory that is given back is used again for as many bytes: writing to new memory for the first time takes the host
 * several times as long as the copy, and blocks of a model ask for the same sizes again.
 */
export class HostBytes {
  readonly #device: Pick<Device, 'downloadAsync'>;
  readonly #spare = new Map<number, ArrayBuffer[]>();
  #last: { readonly bytes: Uint8Array; readonly from: Address; readonly isThere: () => boolean } | null =
    null;

  constructor(device: Pick<Device, 'downloadAsync'>) {
    this.#device = device;
  }

  /**
   * Copies from the device behind all work that is queued, and waits.
   * @param isThere  whether the device still has them, asked later
   */
  async download(from: Address, bytes: number, isThere = () => false): Promise<Uint8Array> {
    const spare = this.#spare.get(bytes)?.pop();
    const to = spare === undefined ? new Uint8Array(bytes) : new Uint8Array(spare);
    await this.#device.downloadAsync(from, to);
    this.#last = { bytes: to, from, isThere };
    return to;
  }

  /** Where the device has bytes that were downloaded last; null where it has not, or of others. */
  placeOf({ buffer, byteOffset, byteLength }: Uint8Array): Address | null {
    if (this.#last === null) return null;
    const { bytes, from, isThere } = this.#last;
    const isSame =
      bytes.buffer === buffer && bytes.byteOffset === byteOffset && bytes.byteLength === byteLength;
    return isSame && isThere() ? from : null;
  }

  /** From now on every view of their memory is empty, so that whoever still reads them fails and reads nothing wrong. */
  giveBack({ buffer, byteLength }: Uint8Array): void {
    if (byteLength < LEAST_BYTES || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer))
      return;
    const spare = this.#spare.get(byteLength) ?? [];
    spare.push(buffer.transfer());
    this.#spare.set(byteLength, spare);
  }

  release(): void {
    this.#last = null;
    this.#spare.clear();
  }
}
