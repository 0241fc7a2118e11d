/**
 * The weights of a model in device memory, one image a block: all of them while they fit, else some, with the others
 * streamed from page-locked host memory through two slots, so that the copy of one overlaps the work of the one before.
 */
import type { Architecture } from '../../families/architecture.ts';
import type { Device, HostBuffer } from './device.ts';
import type { ImageWriter } from './image-writer.ts';
import { Image, type Layout } from './layout.ts';
import type { MemoryPlan } from './plan.ts';

export interface ImageParts {
  readonly device: Device;
  readonly architecture: Architecture;
  readonly plan: MemoryPlan;
  /** Device address of `plan.weightBytes` bytes. */
  readonly base: number;
  readonly writer: ImageWriter;
  /**
   * Host images that blocks share in turn. Fewer than there are blocks only for benchmarks, which then run with some
   * weights twice. @default one a block
   */
  readonly hostImages?: number;
}

interface Slot {
  readonly base: number;
  /** Recorded when the copy into the slot is done, and when the last work that reads it is. */
  readonly ready: number;
  readonly free: number;
  block: number;
}

export class Images {
  readonly #parts: ImageParts;
  readonly #slots: readonly Slot[];
  readonly #copies: Device['kernels'] | null;
  readonly #host = new Map<number, HostBuffer>();
  /** Blocks whose image, in its place or on the host, is that of the weights. */
  readonly #written = new Set<number>();
  #isTopWritten = false;
  #resident: readonly number[];
  #last = -1;

  constructor(parts: ImageParts) {
    const { device, plan, base } = parts;
    this.#parts = parts;
    const ends = plan.layouts.slice(0, plan.residentBlocks).map(({ bytes }) => bytes);
    let place = base + plan.top.bytes;
    this.#resident = ends.map((bytes) => {
      place += bytes;
      return place - bytes;
    });
    const isStreamed = plan.residentBlocks < plan.layouts.length;
    this.#copies = isStreamed ? device.kernels.on(device.createStream()) : null;
    this.#slots = (isStreamed ? [0, 1] : []).map((slot) => ({
      base: place + slot * plan.slotBytes,
      ready: device.createEvent(),
      free: device.createEvent(),
      block: -1,
    }));
  }

  /** Embedding, head and the norms around the blocks. */
  async top(): Promise<Image> {
    const { plan, base, writer } = this.#parts;
    if (!this.#isTopWritten) await writer.write(plan.top, base, null);
    this.#isTopWritten = true;
    return new Image(plan.top, base);
  }

  /** The image of a block, for work that is queued on the compute stream from now on until `release`. */
  async acquire(index: number): Promise<Image> {
    const base = this.#resident[index];
    if (base === undefined) return this.#acquireSlot(index);
    if (!this.#written.has(index)) await this.#write(index, base);
    return new Image(this.#layout(index), base);
  }

  /** All work that reads the block is queued. */
  release(index: number): void {
    const slot = this.#slots.find(({ block }) => block === index);
    if (slot === undefined) return;
    this.#parts.device.kernels.eventRecord({ event: slot.free });
  }

  /** Whether a linear of a block that was acquired has the very weights of its source. */
  isExact(linear: string): boolean {
    return this.#parts.writer.isExact(linear);
  }

  /** The weights have changed: of one block, or of everything. */
  invalidate(index?: number): void {
    if (index === undefined) {
      this.#written.clear();
      this.#isTopWritten = false;
      for (const slot of this.#slots) slot.block = -1;
      return;
    }
    this.#written.delete(index);
    for (const slot of this.#slots) if (slot.block === index) slot.block = -1;
  }

  /** Gives back what is not part of the range that it was given. */
  close(): void {
    const { device } = this.#parts;
    for (const buffer of this.#host.values()) device.freeHost(buffer);
    this.#host.clear();
    for (const { ready, free } of this.#slots) {
      device.kernels.eventDestroy({ event: ready });
      device.kernels.eventDestroy({ event: free });
    }
    this.#copies?.streamDestroy({});
  }

  async #acquireSlot(index: number): Promise<Image> {
    const { kernels } = this.#parts.device;
    let slot = this.#slots.find(({ block }) => block === index);
    if (slot === undefined) {
      slot = this.#slots.find(({ block }) => block !== this.#last) ?? this.#slots[0]!;
      if (this.#isOnHost(index)) this.#copy(index, slot);
      else await this.#writeThrough(index, slot);
    }
    kernels.eventWait({ event: slot.ready });
    this.#last = index;
    this.#prefetch(index);
    return new Image(this.#layout(index), slot.base);
  }

  /** Begins to copy the next streamed block while this one is worked on. */
  #prefetch(index: number): void {
    const { residentBlocks, layouts } = this.#parts.plan;
    const next = index + 1 < layouts.length ? index + 1 : residentBlocks;
    const other = this.#slots.find(({ block }) => block !== index);
    if (other === undefined || other.block === next || next === index || !this.#isOnHost(next)) return;
    this.#copy(next, other);
  }

  #copy(index: number, slot: Slot): void {
    const copies = this.#copies!;
    // A slot that nothing has read yet has no event recorded, and waiting for it is no wait.
    copies.eventWait({ event: slot.free });
    const from = this.#host.get(this.#hostNumber(index))!.address;
    copies.upload({ to: slot.base, from, bytes: this.#layout(index).bytes });
    copies.eventRecord({ event: slot.ready });
    slot.block = index;
  }

  /** Makes an image in a slot and keeps it on the host. */
  async #writeThrough(index: number, slot: Slot): Promise<void> {
    const { device, plan } = this.#parts;
    const number = this.#hostNumber(index);
    const host = this.#host.get(number) ?? device.allocHost(plan.slotBytes);
    this.#host.set(number, host);
    slot.block = -1;
    await this.#write(index, slot.base);
    device.kernels.download({ to: host.address, from: slot.base, bytes: this.#layout(index).bytes });
    await device.kernels.synchronizeAsync();
    device.kernels.eventRecord({ event: slot.ready });
    slot.block = index;
  }

  async #write(index: number, base: number): Promise<void> {
    const { writer, architecture } = this.#parts;
    await writer.write(this.#layout(index), base, architecture.blocks[index]!);
    this.#written.add(index);
  }

  #isOnHost(index: number): boolean {
    const shared = this.#parts.hostImages;
    const number = this.#hostNumber(index);
    return this.#host.has(number) && (shared === undefined ? this.#written.has(index) : true);
  }

  #hostNumber(index: number): number {
    return this.#parts.hostImages === undefined ? index : index % this.#parts.hostImages;
  }

  #layout(index: number): Layout {
    return this.#parts.plan.layouts[index]!;
  }
}
