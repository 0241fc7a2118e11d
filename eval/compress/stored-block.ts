/**
 * A compressed block as it is read: a .safetensors file with a description and the packed buffers of its linears, wherever
 * its bytes are. Nothing here needs Node.
 */
import { z } from 'zod';
import type { ByteSource } from '../checkpoint/safetensors.ts';
import { checkHeaderLength, parseHeader, type TensorInfo } from '../checkpoint/safetensors-header.ts';
import { compressErrors as errors } from '../errors/compress.ts';
import type { PackedBuffer, PackedLinear } from '../formats/format.ts';
import { type BlockDescription, blockDescription, type LinearDescription } from './block-description.ts';

/** What is known about one linear besides its packed weights. */
export interface LinearReport {
  readonly name: string;
  readonly packedBytes: number;
  /** Σ(w − ŵ)² / Σw²; 0 for an all-zero matrix. */
  readonly relativeError: number;
  readonly hessianLoss: number | null;
  readonly notes: readonly string[];
}

/** A linear whose buffers stay where they are until `load`. */
export interface StoredLinear {
  readonly report: LinearReport;
  readonly N: number;
  readonly K: number;
  load(): Promise<PackedLinear>;
}

/** A tensor of the block that takes the place of the checkpoint's; its values stay where they are until `load`. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** Float32, row-major. */
  load(): Promise<Float32Array>;
}

/** By name. */
export interface StoredBlock {
  readonly linears: ReadonlyMap<string, StoredLinear>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Opens the bytes of a block. Every part is read through a source of its own, so that none stays open in between. */
export type OpenBytes = () => Promise<ByteSource>;

/** The tensor that holds the description, as JSON. */
export const DESCRIPTION = 'description';
/** Before the names of replaced tensors, so that none can be taken for a buffer. */
export const REPLACED = 'replaced.';

/**
 * Reads the description of a block.
 * @param path  for messages
 * @throws compress/damaged-block, compress/other-recipe, safetensors/…, and what opening throws
 */
export async function readBlock(path: string, recipe: string, open: OpenBytes): Promise<StoredBlock> {
  const file = new BlockBytes(path, open);
  const text = await file.describe();
  if (text.recipe !== recipe) throw errors.otherRecipe(path, text.recipe, recipe);
  return {
    linears: new Map(text.linears.map((linear) => [linear.report.name, storedLinear(file, linear)])),
    tensors: new Map(text.tensors.map((tensor) => [tensor.name, storedTensor(file, tensor)])),
  };
}

/** Finds tensors in the bytes of a block. */
class BlockBytes {
  readonly #path: string;
  readonly #open: OpenBytes;
  #tensors: ReadonlyMap<string, TensorInfo> = new Map();
  #dataStart = 0;

  constructor(path: string, open: OpenBytes) {
    this.#path = path;
    this.#open = open;
  }

  /** Checks the header and reads the description. */
  describe(): Promise<BlockDescription> {
    return this.use(async (source) => {
      const lengthField = await this.#read(source, 0, Math.min(8, source.size));
      const headerBytes = checkHeaderLength(this.#path, lengthField, source.size);
      const json = await this.#read(source, 8, headerBytes);
      this.#dataStart = 8 + headerBytes;
      this.#tensors = parseHeader(this.#path, json, source.size - this.#dataStart);
      if (!this.#tensors.has(DESCRIPTION)) throw errors.damagedBlock(this.#path, 'it has no description');
      return parseDescription(this.#path, await this.read(source, this.find(DESCRIPTION)));
    });
  }

  find(name: string): TensorInfo {
    const info = this.#tensors.get(name);
    if (info === undefined) throw errors.damagedBlock(this.#path, `"${name}" is missing`);
    return info;
  }

  async use<T>(work: (source: ByteSource) => Promise<T>): Promise<T> {
    const source = await this.#open();
    try {
      return await work(source);
    } finally {
      await source.close();
    }
  }

  read(source: ByteSource, { begin, end }: TensorInfo): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read(source, this.#dataStart + begin, end - begin);
  }

  /** Into memory of its own, which is aligned. */
  async #read(source: ByteSource, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    if ((await source.read(bytes, position)) > 0) throw errors.damagedBlock(this.#path, 'it ends early');
    return bytes;
  }
}

function parseDescription(path: string, bytes: Uint8Array): BlockDescription {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw errors.damagedBlock(path, 'its description is not JSON', cause);
  }
  const parsed = blockDescription.safeParse(value);
  if (!parsed.success) throw errors.damagedBlock(path, z.prettifyError(parsed.error));
  return parsed.data;
}

function storedLinear(
  file: BlockBytes,
  { report, format, N, K, attributes, buffers }: LinearDescription,
): StoredLinear {
  const parts = Object.entries(buffers).map(([name, buffer]) => {
    const info = file.find(`${report.name}.${name}`);
    return { name, buffer, info };
  });
  const load = async (): Promise<PackedLinear> => {
    const loaded: Record<string, PackedBuffer> = {};
    if (parts.length === 0) return { format, N, K, attributes, buffers: loaded };
    await file.use(async (source) => {
      for (const { name, buffer, info } of parts)
        loaded[name] = { ...buffer, bytes: await file.read(source, info) };
    });
    return { format, N, K, attributes, buffers: loaded };
  };
  return { report, N, K, load };
}

function storedTensor(file: BlockBytes, { name, shape }: BlockDescription['tensors'][number]): StoredTensor {
  const info = file.find(`${REPLACED}${name}`);
  const load = async () => new Float32Array((await file.use((source) => file.read(source, info))).buffer);
  return { shape, load };
}
