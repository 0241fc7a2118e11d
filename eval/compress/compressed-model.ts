/** A compressed model as an engine and a result file see it. */
import { compressErrors as errors } from '../errors/compress.ts';
import type { Architecture } from '../families/architecture.ts';
import { linearsOf } from '../families/linears.ts';
import type { PackedLinear } from '../formats/format.ts';
import { dequantize } from '../formats/index.ts';
import { takeRows, type WeightSource } from '../weights.ts';
import type { LinearReport, StoredLinear, StoredTensor } from './stored-block.ts';

/** The parts of a model that are not those of the checkpoint, by name; more may be added while it is in use. */
export interface StoredParts {
  readonly linears: ReadonlyMap<string, StoredLinear>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Sizes, computed from packed bytes. */
export interface CompressedSize {
  /** Of packed linears, and what replaced tensors take beyond the 16 bits of the checkpoint's. */
  readonly packedBytes: number;
  /** Weights that the packed bytes stand for. */
  readonly weights: number;
  readonly bitsPerWeight: number;
  /** The whole model in bytes: packed linears and everything else at 16 bit. */
  readonly sizeBytes: number;
}

/** Reads packed linears from its folder and dequantizes them on every call; wrap in `residentWeights` to keep them. */
export interface CompressedModel extends WeightSource {
  /** Canonical recipe id. */
  readonly recipe: string;
  readonly size: CompressedSize;
  /** In the order of the model. */
  readonly linears: readonly LinearReport[];
  /** What the method had to do differently, of all linears. */
  readonly notes: readonly string[];
  /** The packed form of one linear. Throws RangeError for a name that is not compressed. */
  packed(name: string): Promise<PackedLinear>;
}

/** The base with the linears and tensors in `stored` replaced, those added to it later too. */
export function overlay(base: WeightSource, architecture: Architecture, stored: StoredParts): WeightSource {
  const linears = architecture.blocks.flatMap(linearsOf);
  const linearsIn = Map.groupBy(linears, ({ tensor }) => tensor);
  const guard = (tensor: string) => {
    if (linearsIn.get(tensor)?.some(({ name }) => stored.linears.has(name)))
      throw errors.originalTensor(tensor);
  };
  const { linears: packed, tensors } = stored;
  return {
    async linear(linear) {
      const found = packed.get(linear.name);
      if (found !== undefined) return dequantize(await found.load());
      const replaced = tensors.get(linear.tensor);
      if (replaced === undefined) return base.linear(linear);
      return takeRows(await replaced.load(), linear.rows, linear.outFeatures, linear.inFeatures);
    },
    packedLinear: async ({ name }) => (await packed.get(name)?.load()) ?? null,
    async tensor(name) {
      guard(name);
      return tensors.get(name)?.load() ?? base.tensor(name);
    },
    async rows(name, ids) {
      guard(name);
      const replaced = tensors.get(name);
      return replaced === undefined ? base.rows(name, ids) : gatherRows(replaced, ids);
    },
    async slice(name, from, to) {
      guard(name);
      const replaced = tensors.get(name);
      if (replaced === undefined) return base.slice(name, from, to);
      const columns = columnsOf(replaced);
      return (await replaced.load()).subarray(from * columns, to * columns);
    },
  };
}

function columnsOf({ shape }: StoredTensor): number {
  return shape.slice(1).reduce((product, size) => product * size, 1);
}

async function gatherRows(tensor: StoredTensor, ids: Int32Array): Promise<Float32Array> {
  const columns = columnsOf(tensor);
  const values = await tensor.load();
  const rows = new Float32Array(ids.length * columns);
  for (const [i, id] of ids.entries())
    rows.set(values.subarray(id * columns, (id + 1) * columns), i * columns);
  return rows;
}

/** @param parameters of the whole model, tied tensors counted once */
export function compressedModel(
  base: WeightSource,
  architecture: Architecture,
  recipe: string,
  parameters: number,
  stored: StoredParts,
): CompressedModel {
  const linears = [...stored.linears.values()].map(({ report }) => report);
  const packedBytes = linears.reduce((sum, report) => sum + report.packedBytes, 0) + addedBytes(stored);
  const weights = [...stored.linears.values()].reduce((sum, { N, K }) => sum + N * K, 0);
  return {
    ...overlay(base, architecture, stored),
    recipe,
    size: {
      packedBytes,
      weights,
      bitsPerWeight: (packedBytes * 8) / weights,
      sizeBytes: packedBytes + 2 * (parameters - weights),
    },
    linears,
    notes: linears.flatMap(({ notes }) => notes),
    packed(name) {
      const found = stored.linears.get(name);
      if (found === undefined) throw new RangeError(`[compress] ${name} is not a compressed linear.`);
      return found.load();
    },
  };
}

/** Replaced tensors are kept in float32, those that they replace would have 16 bits. */
function addedBytes({ tensors }: StoredParts): number {
  const values = [...tensors.values()].map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  return values.reduce((sum, count) => sum + count * (Float32Array.BYTES_PER_ELEMENT - 2), 0);
}
