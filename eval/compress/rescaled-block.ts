/** A block whose inputs a method divides by factors: what its linears, statistics and packed forms then are. */
import type { Architecture, Block, Linear } from '../families/architecture.ts';
import { type FoldSite, foldSitesOf, tiesOf } from '../families/fold-sites.ts';
import { packedBytes } from '../formats/format.ts';
import { withInputScale } from '../formats/input-scale.ts';
import { dividedChannels } from '../math/channel-sum.ts';
import { type Method, type RescalableInput, statisticsFor } from '../methods/method.ts';
import type { DenseLinear, ObservedInputs, Operations } from '../operations/operations.ts';
import type { WeightSource } from '../weights.ts';
import type { CompressedLinear } from './block-file.ts';
import { type ReplacedTensor, type Rescaling, rescaleBlock } from './rescaling.ts';

export interface RescaledBlockParts {
  readonly method: Method;
  readonly settings: unknown;
  readonly architecture: Architecture;
  readonly block: Block;
  /** The original ones. */
  readonly weights: WeightSource;
  readonly operations: Operations;
  readonly dense: (linear: Linear) => Promise<DenseLinear>;
  /** By the first linear of each group of siblings; not changed. */
  readonly observed: ReadonlyMap<string, ObservedInputs> | null;
}

const UNCHANGED: Rescaling = { columns: new Map(), rows: new Map(), wrapped: new Set(), tensors: new Map() };

export class RescaledBlock {
  readonly #operations: Operations;
  readonly #rescaling: Rescaling;
  /** By the first linear that reads an input. */
  readonly #notes: ReadonlyMap<string, readonly string[]>;

  private constructor(
    operations: Operations,
    rescaling: Rescaling,
    notes: ReadonlyMap<string, readonly string[]>,
  ) {
    this.#operations = operations;
    this.#rescaling = rescaling;
    this.#notes = notes;
  }

  /** Asks the method about every input of the block; without `rescale` nothing changes. */
  static async choose(parts: RescaledBlockParts): Promise<RescaledBlock> {
    const { method, settings, operations, architecture, weights } = parts;
    const factors = new Map<FoldSite, Float64Array>();
    const notes = new Map<string, readonly string[]>();
    if (method.rescale === undefined) return new RescaledBlock(operations, UNCHANGED, notes);
    for (const site of foldSitesOf(parts.block)) {
      const input = await rescalable(parts, site);
      const chosen = await method.rescale(input, settings, { operations, architecture });
      if (chosen.factors !== null) factors.set(site, chosen.factors);
      notes.set(site.readers[0]![0]!.name, chosen.notes);
    }
    return new RescaledBlock(operations, await rescaleBlock(factors, weights), notes);
  }

  /** What takes the place of other tensors of the block. */
  get tensors(): ReadonlyMap<string, ReplacedTensor> {
    return this.#rescaling.tensors;
  }

  /** Whether the input of a linear is divided. */
  divides({ name }: { readonly name: string }): boolean {
    return this.#rescaling.columns.has(name);
  }

  /** The linear as it is to be compressed. */
  async dense(original: DenseLinear): Promise<DenseLinear> {
    const columns = this.#rescaling.columns.get(original.name) ?? null;
    const rows = this.#rescaling.rows.get(original.name) ?? null;
    return columns === null && rows === null
      ? original
      : this.#operations.rescaling.scale(original, { columns, rows });
  }

  /** What its linears read of an observed input; the Hessian is changed, so once for each. */
  async inputs(
    { name }: { readonly name: string },
    observed: ObservedInputs | null,
  ): Promise<ObservedInputs | null> {
    const factors = this.#rescaling.columns.get(name);
    if (factors === undefined || observed === null) return observed;
    await observed.hessian?.divide(factors);
    const channels = observed.channels === null ? null : dividedChannels(observed.channels, factors);
    return { ...observed, channels };
  }

  /** Adds what a compressed linear has to store of its input's factors, and the notes about them. */
  finish({ packed, report }: CompressedLinear): CompressedLinear {
    const { columns, wrapped } = this.#rescaling;
    const own = wrapped.has(report.name) ? withInputScale(packed, columns.get(report.name)!) : packed;
    const notes = [...(this.#notes.get(report.name) ?? []), ...report.notes];
    return { packed: own, report: { ...report, packedBytes: packedBytes(own), notes } };
  }
}

async function rescalable(parts: RescaledBlockParts, site: FoldSite): Promise<RescalableInput> {
  const { method, dense, observed } = parts;
  const readers = [];
  for (const group of site.readers) {
    const linears = [];
    for (const linear of group) linears.push(await dense(linear));
    readers.push({ linears, statistics: statisticsFor(method.needs, observed?.get(group[0]!.name) ?? null) });
  }
  const { inFeatures: K } = site.readers[0]![0]!;
  return { K, producer: site.producer?.kind ?? 'none', ties: tiesOf(site), readers };
}
