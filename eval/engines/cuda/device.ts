/** One opened GPU: its memory, streams and events, and the kernels that run on it. */
import koffi from 'koffi';
import { BitlossError } from '../../../data/errors.ts';
import { openError } from './call-errors.ts';
import { BL } from './kernels.gen.ts';
import { type Address, bindKernels, type Kernels } from './kernels.ts';
import { countDevices, type Library, loadLibrary } from './library.ts';

export interface DeviceInfo {
  readonly name: string;
  /** Compute capability × 10. */
  readonly capability: number;
  readonly multiprocessors: number;
  readonly l2Bytes: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** As 13000 for 13.0. */
  readonly driver: number;
  readonly runtime: number;
  /** Shared memory of one block at most. */
  readonly sharedBytes: number;
}

/** Page-locked host memory: copies to and from it overlap with work on the device. */
export interface HostBuffer {
  /** All of it, as JavaScript sees it; must not be used after freeHost. */
  readonly memory: ArrayBuffer;
  readonly address: bigint;
}

/** Number of GPUs that can be used; @throws kernels/not-built, kernels/no-device and other reasons why there is none */
export function deviceCount(): number {
  return countDevices(loadLibrary());
}

export class Device {
  readonly index: number;
  /** Bound to the compute stream. */
  readonly kernels: Kernels;
  /** Hash of sources, compiler and architectures of the library. */
  readonly build: string;
  readonly #sizes = new Map<Address, number>();
  readonly #hosts = new Set<bigint>();
  #bytes = 0;
  #peak = 0;
  #isOpen = true;

  private constructor(index: number, library: Library, context: bigint) {
    this.index = index;
    this.build = library.build;
    const unbound = bindKernels(library, context, 0);
    this.kernels = unbound.on(createStream(unbound));
  }

  /** @throws kernels/not-built, kernels/stale, kernels/cannot-load, kernels/no-device, kernels/driver, kernels/capability */
  static open(index = 0): Device {
    const library = loadLibrary();
    countDevices(library);
    const out = new BigUint64Array(1);
    const status = library.functionOf('open')(index, out);
    if (status !== BL.OK) throw openError(status, library.message());
    return new Device(index, library, out[0]!);
  }

  /** Frees everything that was allocated here; twice is once. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      for (const address of this.#sizes.keys()) this.kernels.free({ address });
      for (const address of this.#hosts) this.kernels.freeHost({ address });
      this.kernels.streamDestroy({});
      this.kernels.close({});
    } catch (error) {
      // A device that failed takes its memory along; whoever closes it has heard of that already.
      if (!(error instanceof BitlossError && error.code === 'kernels/device')) throw error;
    }
    this.#sizes.clear();
    this.#hosts.clear();
    this.#bytes = 0;
  }

  /** Free memory is that of this moment. */
  info(): DeviceInfo {
    const name = new Uint8Array(256);
    const numbers = new BigInt64Array(8);
    this.kernels.device({ name, numbers });
    const [capability, multiprocessors, l2Bytes, totalBytes, freeBytes, driver, runtime, sharedBytes] =
      Array.from(numbers, Number) as [number, number, number, number, number, number, number, number];
    const text = Buffer.from(name.subarray(0, name.indexOf(0))).toString('utf8');
    const sizes = { l2Bytes, totalBytes, freeBytes, sharedBytes };
    return { name: text, capability, multiprocessors, driver, runtime, ...sizes };
  }

  /** Bytes allocated now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Most bytes that were allocated at a time. */
  get peakBytes(): number {
    return this.#peak;
  }

  /** Device memory, a multiple of 256 bytes in address, not cleared; @throws kernels/out-of-memory */
  alloc(bytes: number): Address {
    const out = new BigUint64Array(1);
    this.kernels.alloc({ bytes, out });
    const address = Number(out[0]);
    this.#sizes.set(address, bytes);
    this.#bytes += bytes;
    this.#peak = Math.max(this.#peak, this.#bytes);
    return address;
  }

  /** Waits for all work of the device. */
  free(address: Address): void {
    this.kernels.free({ address });
    this.#bytes -= this.#sizes.get(address) ?? 0;
    this.#sizes.delete(address);
  }

  /** Allocates and copies; waits until `values` may change again. */
  uploaded(values: NodeJS.ArrayBufferView): Address {
    const address = this.alloc(Math.max(1, values.byteLength));
    this.upload(address, values);
    return address;
  }

  /** Copies to the device and waits. */
  upload(to: Address, values: NodeJS.ArrayBufferView): void {
    this.kernels.upload({ to, from: values, bytes: values.byteLength });
    this.kernels.synchronize({});
  }

  /** Fills `to` from the device, waits, and returns it. */
  download<T extends NodeJS.ArrayBufferView>(from: Address, to: T): T {
    this.kernels.download({ to, from, bytes: to.byteLength });
    this.kernels.synchronize({});
    return to;
  }

  /** The same without blocking the event loop. */
  async downloadAsync<T extends NodeJS.ArrayBufferView>(from: Address, to: T): Promise<T> {
    await this.kernels.downloadAsync({ to, from, bytes: to.byteLength });
    return to;
  }

  allocHost(bytes: number): HostBuffer {
    const out = new BigUint64Array(1);
    this.kernels.allocHost({ bytes, out });
    this.#hosts.add(out[0]!);
    return { memory: koffi.view(out[0]!, bytes), address: out[0]! };
  }

  freeHost(buffer: HostBuffer): void {
    this.kernels.freeHost({ address: buffer.address });
    this.#hosts.delete(buffer.address);
  }

  /** A further stream, for `kernels.on`. */
  createStream(): number {
    return createStream(this.kernels);
  }

  createEvent(): number {
    const out = new BigUint64Array(1);
    this.kernels.eventCreate({ out });
    return Number(out[0]);
  }

  /** Milliseconds between two recorded events; waits for both. */
  elapsed(from: number, to: number): number {
    const milliseconds = new Float32Array(1);
    this.kernels.eventElapsed({ from, to, milliseconds });
    return milliseconds[0]!;
  }
}

function createStream(kernels: Kernels): number {
  const out = new BigUint64Array(1);
  kernels.streamCreate({ out });
  return Number(out[0]);
}
