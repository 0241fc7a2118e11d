/**
 * Runs a mixture of experts: the router decides in one graph, then each expert runs on its own tokens, so that one
 * expert's weights are in use at a time and calibration sees for each exactly the tokens that it gets.
 */
import type { ExpertsFeedForward, GatedFeedForward } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { Observe } from '../engine.ts';
import { route } from '../routing.ts';
import { feedWeights, type WeightTable } from './block-weights.ts';
import { expertGraph, routerGraph, sharedExpertGraph } from './graphs/experts.ts';
import { gatedLayer } from './layers/feed-forwards.ts';
import { observeInputs } from './observe-inputs.ts';
import type { Programs } from './programs.ts';
import type { Feeds, Program } from './runtime.ts';

/** Enough rows for matrix products at full speed, few enough that the values between gate and down stay small. */
const TILE_ROWS = 256;

interface Stage {
  readonly program: Program;
  readonly table: WeightTable;
  readonly weights: Feeds;
}

export class Experts {
  readonly #layer: ExpertsFeedForward;
  readonly #weights: WeightSource;
  readonly #router: Stage;
  readonly #expert: Program;
  readonly #shared: Program | null;

  private constructor(
    layer: ExpertsFeedForward,
    weights: WeightSource,
    router: Stage,
    expert: Program,
    shared: Program | null,
  ) {
    this.#layer = layer;
    this.#weights = weights;
    this.#router = router;
    this.#expert = expert;
    this.#shared = shared;
  }

  /** Reads the router; weights of experts are read when they run, and kept only where the source keeps them. */
  static async load(programs: Programs, layer: ExpertsFeedForward, weights: WeightSource): Promise<Experts> {
    const { router, experts, shared } = layer;
    const table = { router };
    const program = await programs.compiled('router', [router], () => routerGraph(router));
    return new Experts(
      layer,
      weights,
      { program, table, weights: await feedWeights(program, table, weights) },
      await programs.compiled('expert', [experts[0]], (precision) => expertGraph(experts[0], precision)),
      shared &&
        (await programs.compiled('shared expert', [shared], (precision) =>
          sharedExpertGraph(shared, precision),
        )),
    );
  }

  /** Adds what the experts make of `x` to `sum`, both float32 `[M, H]`. */
  async addTo(sum: Float32Array, x: Float32Array, observe?: Observe): Promise<void> {
    const { router, experts, shared } = this.#layer;
    const H = router.inFeatures;
    const { program, weights } = this.#router;
    const feeds = { ...weights, x: { data: x, dims: [x.length / H, H] } };
    const { probabilities } = await program.run(feeds, ['probabilities']);
    for (const [number, { rows, shares }] of route(probabilities, experts.length, this.#layer).entries()) {
      await this.#addExpert(experts[number], sum, x, rows, shares, observe);
    }
    if (shared === null || this.#shared === null) return;
    const table = { ...gatedLayer(shared.feedForward).weights, sharedGate: shared.gate };
    const stage = await this.#stage(this.#shared, table);
    for (let from = 0; from < x.length; from += TILE_ROWS * H) {
      const to = Math.min(x.length, from + TILE_ROWS * H);
      const result = await runStage(stage, x.subarray(from, to), H, observe);
      for (let i = 0; i < result.length; i += 1) sum[from + i] += result[i];
    }
  }

  async #addExpert(
    expert: GatedFeedForward,
    sum: Float32Array,
    x: Float32Array,
    rows: Int32Array,
    shares: Float32Array,
    observe?: Observe,
  ): Promise<void> {
    if (rows.length === 0) return observeNothing(expert, observe);
    const H = expert.gate.inFeatures;
    const stage = await this.#stage(this.#expert, gatedLayer(expert).weights);
    for (let from = 0; from < rows.length; from += TILE_ROWS) {
      const own = rows.subarray(from, from + TILE_ROWS);
      const result = await runStage(stage, gather(x, own, H), H, observe);
      for (const [i, row] of own.entries()) {
        const share = shares[from + i];
        for (let k = 0; k < H; k += 1) sum[row * H + k] += share * result[i * H + k];
      }
    }
  }

  async #stage(program: Program, table: WeightTable): Promise<Stage> {
    return { program, table, weights: await feedWeights(program, table, this.#weights) };
  }
}

async function runStage(
  { program, table, weights }: Stage,
  x: Float32Array,
  H: number,
  observe?: Observe,
): Promise<Float32Array> {
  const feeds = { ...weights, x: { data: x, dims: [x.length / H, H] } };
  return (await observeInputs(program, feeds, ['result'], table, observe)).result;
}

/** Tells an observer that an expert got no token here. */
async function observeNothing({ gate, down }: GatedFeedForward, observe?: Observe): Promise<void> {
  for (const { name, inFeatures } of [gate, down]) await observe?.(name, new Float32Array(0), 0, inFeatures);
}

function gather(x: Float32Array, rows: Int32Array, H: number): Float32Array {
  const gathered = new Float32Array(rows.length * H);
  for (const [i, row] of rows.entries()) gathered.set(x.subarray(row * H, (row + 1) * H), i * H);
  return gathered;
}
