/** Device memory of an engine: one workspace for whichever model runs, and the weights of as many models as fit. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { Device } from './device.ts';

/** Something that holds device memory and can be asked to give it back; its owner makes it again when it is needed. */
export interface Claim {
  /** Device address. */
  readonly at: number;
  readonly bytes: number;
  /** False once it was given back. */
  readonly isHeld: boolean;
  release(): void;
}

interface Holding extends Claim {
  isHeld: boolean;
  lastUse: number;
}

/** A range that grows when more is asked of it; what it holds is lost then. */
export class GrowingRange {
  readonly #device: Device;
  #at = 0;
  #bytes = 0;

  constructor(device: Device) {
    this.#device = device;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Address of at least `bytes` bytes; waits for all work of the device where it has to grow. */
  atLeast(bytes: number): number {
    if (bytes <= this.#bytes) return this.#at;
    this.free();
    this.#at = this.#device.alloc(bytes);
    this.#bytes = bytes;
    return this.#at;
  }

  free(): void {
    if (this.#bytes > 0) this.#device.free(this.#at);
    this.#bytes = 0;
  }
}

export class DeviceMemory {
  readonly device: Device;
  /** Most bytes that may be allocated at a time. */
  readonly limitBytes: number;
  readonly #workspace: GrowingRange;
  readonly #holdings = new Set<Holding>();
  #clock = 0;

  constructor(device: Device, limitBytes: number) {
    this.device = device;
    this.limitBytes = limitBytes;
    this.#workspace = new GrowingRange(device);
  }

  /** Address of the range that models use in turn. Throws `engine/device-memory`. */
  workspace(bytes: number): number {
    if (bytes > this.#workspace.bytes) {
      this.#workspace.free();
      this.makeRoom(bytes);
    }
    return this.#workspace.atLeast(bytes);
  }

  /**
   * Memory that lasts until it is released, or until another claim needs it.
   * @param onRelease  called before the memory is freed
   * Throws `engine/device-memory`.
   */
  claim(bytes: number, onRelease: () => void): Claim {
    this.makeRoom(bytes);
    const { device } = this;
    const holdings = this.#holdings;
    const holding: Holding = {
      ...{ at: device.alloc(bytes), bytes, isHeld: true, lastUse: this.#tick() },
      release() {
        if (!holding.isHeld) return;
        holding.isHeld = false;
        holdings.delete(holding);
        onRelease();
        device.free(holding.at);
      },
    };
    holdings.add(holding);
    return holding;
  }

  /** Marks a claim as needed later than all others. */
  touch(claim: Claim): void {
    for (const holding of this.#holdings) if (holding === claim) holding.lastUse = this.#tick();
  }

  /** Bytes that could be claimed if every other claim was given back. */
  roomBeside(claim: Claim): number {
    const others = [...this.#holdings].filter((holding) => holding !== claim);
    const held = others.reduce((sum, { bytes }) => sum + bytes, 0);
    return this.limitBytes - this.device.bytes + held;
  }

  close(): void {
    for (const holding of [...this.#holdings]) holding.release();
    this.#workspace.free();
  }

  /** Gives back the claims used longest ago until so much more may be allocated. Throws `engine/device-memory`. */
  makeRoom(bytes: number): void {
    const byAge = [...this.#holdings].sort((a, b) => a.lastUse - b.lastUse);
    for (const holding of byAge) {
      if (this.device.bytes + bytes <= this.limitBytes) return;
      holding.release();
    }
    if (this.device.bytes + bytes > this.limitBytes)
      throw errors.deviceMemory(this.device.bytes + bytes, this.limitBytes, { held: this.device.bytes });
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }
}
