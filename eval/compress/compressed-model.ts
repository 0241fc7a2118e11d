/** A compressed model as an engine and a result file see it. */
import { compressErrors as errors } from '../errors/compress.ts';
import type { Architecture } from '../families/architecture.ts';
import { linearsOf } from '../families/linears.ts';
import type { PackedLinear } from '../formats/format.ts';
import { dequantize } from '../formats/index.ts';
import type { WeightSource } from '../weights.ts';
import type { LinearReport, StoredLinear } from './block-file.ts';

/** Sizes, computed from packed bytes. */
export interface CompressedSize {
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

/** The base with the linears in `stored` replaced, those added to it later too. */
export function overlay(
  base: WeightSource,
  architecture: Architecture,
  stored: ReadonlyMap<string, StoredLinear>,
): WeightSource {
  const linears = architecture.blocks.flatMap(linearsOf);
  const linearsIn = Map.groupBy(linears, ({ tensor }) => tensor);
  const guard = (tensor: string) => {
    if (linearsIn.get(tensor)?.some(({ name }) => stored.has(name))) throw errors.originalTensor(tensor);
  };
  return {
    async linear(linear) {
      const found = stored.get(linear.name);
      return found === undefined ? base.linear(linear) : dequantize(await found.load());
    },
    packedLinear: async ({ name }) => (await stored.get(name)?.load()) ?? null,
    async tensor(name) {
      guard(name);
      return base.tensor(name);
    },
    async rows(name, ids) {
      guard(name);
      return base.rows(name, ids);
    },
    async slice(name, from, to) {
      guard(name);
      return base.slice(name, from, to);
    },
  };
}

/** @param parameters of the whole model, tied tensors counted once */
export function compressedModel(
  base: WeightSource,
  architecture: Architecture,
  recipe: string,
  parameters: number,
  stored: ReadonlyMap<string, StoredLinear>,
): CompressedModel {
  const linears = [...stored.values()].map(({ report }) => report);
  const packedBytes = linears.reduce((sum, report) => sum + report.packedBytes, 0);
  const weights = [...stored.values()].reduce((sum, { N, K }) => sum + N * K, 0);
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
      const found = stored.get(name);
      if (found === undefined) throw new RangeError(`[compress] ${name} is not a compressed linear.`);
      return found.load();
    },
  };
}
