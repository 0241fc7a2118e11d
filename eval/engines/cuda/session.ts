/** A model that is ready to run: its weights, tables and workspace in device memory. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { Architecture } from '../../families/architecture.ts';
import type { Chunk } from '../engine.ts';
import type { ForwardPrecision } from '../forward-quantizer.ts';
import { aligned, Scratch } from './arena.ts';
import { type ChunkTables, hostTables, longLimits } from './chunk.ts';
import type { Device } from './device.ts';
import { Forward, type Travelling } from './forward.ts';
import type { HeadContext } from './head.ts';
import type { Images } from './images.ts';
import { F32 } from './matrix.ts';
import type { DeviceMemory, GrowingRange } from './memory.ts';
import type { Ops } from './ops.ts';
import type { MemoryPlan } from './plan.ts';
import type { Rotations } from './rotations.ts';
import { joined, type Uploads } from './uploads.ts';

const WORD = Int32Array.BYTES_PER_ELEMENT;

export interface SessionParts {
  readonly device: Device;
  readonly architecture: Architecture;
  readonly ops: Ops;
  readonly plan: MemoryPlan;
  readonly precision: ForwardPrecision;
  readonly images: Images;
  readonly rotations: Rotations;
  /** Device address of the hidden states and scratch of the plan. */
  readonly workspace: number;
  /** For the tables of a batch, and for what is downloaded after it. */
  readonly tables: GrowingRange;
  readonly results: GrowingRange;
  readonly memory: DeviceMemory;
  readonly uploads: Uploads;
  /** Bytes of device memory that are left for claims beside this model. */
  readonly room: () => number;
}

export class Session {
  readonly parts: SessionParts;
  readonly ops: Ops;
  readonly results: GrowingRange;
  readonly uploads: Uploads;
  readonly scratch: Scratch;
  readonly forward: Forward;
  /** Lengths beyond which some rope turns by other frequencies. */
  readonly limits: readonly number[];

  constructor(parts: SessionParts) {
    const { architecture, ops, images, rotations, precision, plan, workspace, results } = parts;
    this.parts = parts;
    this.ops = ops;
    this.results = results;
    this.uploads = parts.uploads;
    this.scratch = new Scratch(workspace + plan.hiddenBytes, plan.scratchBytes);
    this.forward = new Forward({ architecture, ops, images, rotations, precision, scratch: this.scratch });
    this.limits = longLimits(architecture);
  }

  /**
   * Places chunks side by side in the workspace and uploads their tables, and int32 tables of the caller's.
   * Waits until the copies are done; `engine/chunk` for what is no chunk.
   * @param roomBytes  for tables that the caller uploads later
   * @returns where the hidden states of each chunk go, and the device addresses of the further tables and of the room
   */
  place(
    chunks: readonly Chunk[],
    further: readonly Int32Array[] = [],
    roomBytes = 0,
  ): {
    readonly travelling: readonly Travelling[];
    readonly tables: readonly number[];
    readonly room: number;
  } {
    const { architecture, workspace, plan } = this.parts;
    const { hiddenSize: H } = architecture;
    const tokens = chunks.reduce((sum, chunk) => sum + chunk.tokens.length, 0);
    if (tokens > plan.batchTokens)
      throw errors.workspace(tokens * H * 4, plan.hiddenBytes, 'the hidden states of a batch');
    const { own, tables, room } = this.#upload(chunks, further, roomBytes);
    let row = 0;
    const travelling = own.map((each): Travelling => {
      const hidden = { at: workspace + row * H * 4, dtype: F32, stride: H };
      row += each.T;
      return { tables: each, hidden };
    });
    return { travelling, tables, room };
  }

  /** Uploads the tables of chunks whose hidden states are elsewhere, and waits; `engine/chunk` for what is no chunk. */
  tablesOf(chunks: readonly Chunk[]): readonly ChunkTables[] {
    return this.#upload(chunks, [], 0).own;
  }

  #upload(chunks: readonly Chunk[], further: readonly Int32Array[], roomBytes: number) {
    const { rotations, tables, device } = this.parts;
    const hosts = chunks.map((chunk) => hostTables(chunk, this.limits, rotations.positions));
    const { data, starts } = joined([...hosts.map((host) => host.data), ...further]);
    const end = aligned(data.byteLength);
    const base = tables.atLeast(end + roomBytes);
    device.upload(base, data);
    const addresses = starts.map((start) => base + start * WORD);
    const own = hosts.map((host, i) => host.at(addresses[i]!));
    return { own, tables: addresses.slice(hosts.length), room: base + end };
  }

  async headContext(): Promise<HeadContext> {
    const { ops, architecture, images } = this.parts;
    return { ops, scratch: this.scratch, image: await images.top(), architecture };
  }
}
