/** One compressed block on disk: a .safetensors file with a description and the packed buffers of its linears. */
import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { checkHeaderLength, parseHeader, type TensorInfo } from '../checkpoint/safetensors-header.ts';
import { denseTensor, writeSafetensors } from '../checkpoint/safetensors-writer.ts';
import { compressErrors as errors } from '../errors/compress.ts';
import type { PackedBuffer, PackedLinear } from '../formats/format.ts';

/** What is known about one linear besides its packed weights. */
export interface LinearReport {
  readonly name: string;
  readonly packedBytes: number;
  /** Σ(w − ŵ)² / Σw²; 0 for an all-zero matrix. */
  readonly relativeError: number;
  readonly hessianLoss: number | null;
  readonly notes: readonly string[];
}

export interface CompressedLinear {
  readonly report: LinearReport;
  readonly packed: PackedLinear;
}

/** A linear whose buffers stay on disk until `load`. */
export interface StoredLinear {
  readonly report: LinearReport;
  readonly N: number;
  readonly K: number;
  load(): Promise<PackedLinear>;
}

const DESCRIPTION = 'description';
const size = z.int().nonnegative();

const description = z.strictObject({
  schema: z.literal(1),
  recipe: z.string(),
  linears: z.array(
    z.strictObject({
      report: z.strictObject({
        name: z.string(),
        packedBytes: size,
        relativeError: z.number(),
        hessianLoss: z.number().nullable(),
        notes: z.array(z.string()),
      }),
      format: z.string(),
      N: size,
      K: size,
      attributes: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
      buffers: z.record(
        z.string(),
        z.strictObject({ dtype: z.enum(['U8', 'U16', 'I16', 'F16', 'F32']), shape: z.array(size) }),
      ),
    }),
  ),
});

type Description = z.infer<typeof description>;
type LinearDescription = Description['linears'][number];

/** Writes a block under a temporary name, then renames. */
export async function writeBlock(
  path: string,
  recipe: string,
  linears: readonly CompressedLinear[],
): Promise<void> {
  const text: Description = { schema: 1, recipe, linears: linears.map(describe) };
  const json = new Uint8Array(Buffer.from(JSON.stringify(text)));
  const tensors = [denseTensor(DESCRIPTION, 'U8', [json.length], json)];
  for (const { packed, report } of linears) {
    for (const [buffer, { bytes }] of Object.entries(packed.buffers)) {
      // Element type and shape are in the description: bytes need no alignment.
      tensors.push(denseTensor(`${report.name}.${buffer}`, 'U8', [bytes.byteLength], bytes));
    }
  }
  await writeSafetensors(path, tensors, { format: 'bitloss' });
}

function describe({ report, packed }: CompressedLinear): LinearDescription {
  const { format, N, K, attributes, buffers } = packed;
  const shapes = Object.entries(buffers).map(([name, { dtype, shape }]) => [
    name,
    { dtype, shape: [...shape] },
  ]);
  return {
    report: { ...report, notes: [...report.notes] },
    format,
    N,
    K,
    attributes: { ...attributes },
    buffers: Object.fromEntries(shapes),
  };
}

/**
 * Reads the description of a block, by linear name; null where there is no file.
 * @throws compress/damaged-block, compress/other-recipe, compress/read, safetensors/…
 */
export async function openBlock(
  path: string,
  recipe: string,
): Promise<ReadonlyMap<string, StoredLinear> | null> {
  const handle = await openExisting(path);
  if (handle === null) return null;
  try {
    if (!(await handle.stat()).isFile()) throw errors.read(path, new Error('it is not a file'));
    const { tensors, dataStart } = await readHeader(handle, path);
    const info = tensors.get(DESCRIPTION);
    if (info === undefined) throw errors.damagedBlock(path, 'it has no description');
    const text = parseDescription(path, await readTensor(handle, path, dataStart, info));
    if (text.recipe !== recipe) throw errors.otherRecipe(path, text.recipe, recipe);
    return new Map(
      text.linears.map((linear) => [linear.report.name, stored(path, dataStart, tensors, linear)]),
    );
  } finally {
    await handle.close();
  }
}

async function openExisting(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw errors.read(path, error);
  }
}

async function readHeader(handle: FileHandle, path: string) {
  const { size: fileBytes } = await handle.stat();
  const lengthField = await readBytes(handle, path, 0, Math.min(8, fileBytes));
  const headerBytes = checkHeaderLength(path, Buffer.from(lengthField), fileBytes);
  const json = await readBytes(handle, path, 8, headerBytes);
  const dataStart = 8 + headerBytes;
  return { tensors: parseHeader(path, Buffer.from(json), fileBytes - dataStart), dataStart };
}

function parseDescription(path: string, bytes: Uint8Array): Description {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw errors.damagedBlock(path, 'its description is not JSON', cause);
  }
  const parsed = description.safeParse(value);
  if (!parsed.success) throw errors.damagedBlock(path, z.prettifyError(parsed.error));
  return parsed.data;
}

function stored(
  path: string,
  dataStart: number,
  tensors: ReadonlyMap<string, TensorInfo>,
  { report, format, N, K, attributes, buffers }: LinearDescription,
): StoredLinear {
  const parts = Object.entries(buffers).map(([name, buffer]) => {
    const info = tensors.get(`${report.name}.${name}`);
    if (info === undefined) throw errors.damagedBlock(path, `"${report.name}.${name}" is missing`);
    return { name, buffer, info };
  });
  const load = async (): Promise<PackedLinear> => {
    const handle = await open(path, 'r');
    try {
      const loaded: Record<string, PackedBuffer> = {};
      for (const { name, buffer, info } of parts) {
        loaded[name] = { ...buffer, bytes: await readTensor(handle, path, dataStart, info) };
      }
      return { format, N, K, attributes, buffers: loaded };
    } finally {
      await handle.close();
    }
  };
  return { report, N, K, load };
}

function readTensor(
  handle: FileHandle,
  path: string,
  dataStart: number,
  info: TensorInfo,
): Promise<Uint8Array> {
  return readBytes(handle, path, dataStart + info.begin, info.end - info.begin);
}

async function readBytes(
  handle: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 1 << 30), position + done);
    if (bytesRead === 0) throw errors.damagedBlock(path, 'it ends early');
    done += bytesRead;
  }
  return bytes;
}
