/** How the linears and other tensors of a block change where its inputs are divided by factors. */
import type { Linear, Norm } from '../families/architecture.ts';
import { type FoldSite, type Producer, tiesOf } from '../families/fold-sites.ts';
import { FLOAT16_MAX, FLOAT16_TINY, roundToFloat16 } from '../math/float16.ts';
import { rowRanges, type WeightSource } from '../weights.ts';

/** A tensor that takes the place of one of the checkpoint. */
export interface ReplacedTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** All factors are float64 and multiply; linears by name. A linear or tensor that is not listed stays. */
export interface Rescaling {
  /** `[K]`: the input was divided by them. */
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** `[N]`: the output is divided by their inverses. */
  readonly rows: ReadonlyMap<string, Float64Array>;
  /** Linears whose input is not divided by anything before them, so that they have to do it themselves. */
  readonly wrapped: ReadonlySet<string>;
  /** Norms, biases and uncompressed linears, by tensor name. */
  readonly tensors: ReadonlyMap<string, ReplacedTensor>;
}

/**
 * Moves a factor s from each input into its readers. Without rounding, the block computes what it computed before.
 *
 *     reader      W·diag(s), compressed or not
 *     norm        weight / s and bias / s; with unit offset (1 + weight) / s − 1
 *     rows        row r and its bias / s_k, where r makes channel k
 *     otherwise   the reader divides by s itself, which is rounded to half precision first, as it is stored
 * @param factors  positive, `[K]` by site; channels that are tied have equal ones
 * @param weights  the original ones
 */
export async function rescaleBlock(
  factors: ReadonlyMap<FoldSite, Float64Array>,
  weights: WeightSource,
): Promise<Rescaling> {
  const columns = new Map<string, Float64Array>();
  const rows = new Map<string, Float64Array>();
  const wrapped = new Set<string>();
  const tensors = new TensorEdits(weights);
  for (const [site, own] of factors) {
    checkFactors(site, own);
    const used = site.producer === null ? own.map(storable) : own;
    for (const { name } of site.readers.flat()) {
      columns.set(name, used);
      if (site.producer === null) wrapped.add(name);
    }
    if (site.producer === null) continue;
    for (const linear of site.uncompressed) await tensors.multiplyColumns(linear, used);
    const inverses = await tensors.foldInto(site.producer, used);
    if (site.producer.kind === 'rows' && inverses !== null) rows.set(site.producer.linear.name, inverses);
  }
  return { columns, rows, wrapped, tensors: tensors.finish() };
}

/** The factor that half precision can hold. */
function storable(factor: number): number {
  return Math.min(Math.max(roundToFloat16(factor), FLOAT16_TINY), FLOAT16_MAX);
}

function checkFactors(site: FoldSite, factors: Float64Array): void {
  const { name, inFeatures } = site.readers[0]![0]!;
  const ties = tiesOf(site);
  const first = new Map<number, number>();
  const isRight = factors.every((factor, k) => {
    const tie = ties?.[k] ?? k;
    if (!first.has(tie)) first.set(tie, factor);
    return factor > 0 && Number.isFinite(factor) && first.get(tie) === factor;
  });
  if (!isRight || factors.length !== inFeatures)
    throw new TypeError(
      `[rescaling] ${name}: factors must be positive, finite, ${inFeatures} and equal where tied.`,
    );
}

/** Copies of tensors on their way, in float64 until all factors are in. */
class TensorEdits {
  readonly #weights: WeightSource;
  readonly #edited = new Map<string, { readonly shape: readonly number[]; readonly values: Float64Array }>();

  constructor(weights: WeightSource) {
    this.#weights = weights;
  }

  /** Of a linear that is a tensor of its own. */
  async multiplyColumns({ tensor, outFeatures, inFeatures }: Linear, factors: Float64Array): Promise<void> {
    const values = await this.#edit(tensor, [outFeatures, inFeatures]);
    for (let i = 0; i < values.length; i++) values[i]! *= factors[i % inFeatures]!;
  }

  /** Divides what makes an input; the factors of the rows of a linear are returned, its bias is edited here. */
  async foldInto(producer: Producer, factors: Float64Array): Promise<Float64Array | null> {
    if (producer.kind === 'norm') {
      await this.#foldIntoNorm(producer.norm, factors);
      return null;
    }
    const { linear, rowOf } = producer;
    const inverses = new Float64Array(linear.outFeatures).fill(1);
    for (const [k, row] of rowOf.entries()) inverses[row] = 1 / factors[k]!;
    if (linear.bias !== undefined) await this.#multiplyBias(linear, linear.bias, inverses);
    return inverses;
  }

  async #foldIntoNorm(norm: Norm, factors: Float64Array): Promise<void> {
    const offset = norm.kind === 'rms' && norm.unitOffset ? 1 : 0;
    const weight = await this.#edit(norm.tensor);
    for (const [k, factor] of factors.entries()) weight[k] = (weight[k]! + offset) / factor - offset;
    if (norm.kind !== 'layer' || norm.bias === null) return;
    const bias = await this.#edit(norm.bias);
    for (const [k, factor] of factors.entries()) bias[k]! /= factor;
  }

  /** The rows of one linear in a bias that may be fused. */
  async #multiplyBias({ rows, outFeatures }: Linear, tensor: string, factors: Float64Array): Promise<void> {
    const bias = await this.#edit(tensor);
    let done = 0;
    for (const [from, to] of rowRanges(rows, outFeatures))
      for (let row = from; row < to; row++) bias[row]! *= factors[done++]!;
  }

  async #edit(tensor: string, shape?: readonly number[]): Promise<Float64Array> {
    const found = this.#edited.get(tensor);
    if (found !== undefined) return found.values;
    const values = Float64Array.from(await this.#weights.tensor(tensor));
    this.#edited.set(tensor, { values, shape: shape ?? [values.length] });
    return values;
  }

  finish(): ReadonlyMap<string, ReplacedTensor> {
    const finished = [...this.#edited].map(
      ([name, { shape, values }]) => [name, { shape, values: Float32Array.from(values) }] as const,
    );
    return new Map(finished);
  }
}
