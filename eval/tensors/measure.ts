/** AbsMax, standard deviation and kurtosis of weights, activations, keys and values of every block of a model. */
import type { TensorRow } from '../../data/tensor-schema.ts';
import { chunksOf, remember, type Sequence } from '../compress/calibration-run.ts';
import type { CachedTensors, Chunk, Engine, LoadedModel } from '../engines/engine.ts';
import { tensorErrors as errors } from '../errors/tensors.ts';
import type { Architecture, Block, Mixer } from '../families/architecture.ts';
import { linearsOf, siblingsOf } from '../families/linears.ts';
import type { WeightSource } from '../weights.ts';
import { pooledName, Tally } from './tally.ts';

export interface MeasureOptions {
  readonly architecture: Architecture;
  /** As released. */
  readonly weights: WeightSource;
  readonly engine: Engine;
  readonly sequences: readonly Sequence[];
  /** Upper bound in bytes for what the engine holds besides weights. */
  readonly workspaceBytes: number;
  readonly onBlock?: (done: number, total: number) => void;
}

export interface MeasuredTensors {
  readonly rows: readonly TensorRow[];
  readonly tokens: number;
  /** What is missing, and why. */
  readonly notes: readonly string[];
}

/** Hidden states of one chunk on their way through the blocks, float32 `[T, H]`. */
interface State {
  readonly chunk: Chunk;
  readonly firstToken: number;
  hidden: Float32Array;
}

/**
 * Runs the sequences through the blocks once, one block after the other, and takes the moments of what passes: of every
 * compressible weight, of the input of every such linear over all tokens, and of the keys (after rotation) and values
 * that a cache would hold. Source: Li et al. 2024 (Qllm-Eval), arXiv:2402.18158, section 3.2; how its tokens and
 * channels are pooled is not published, here every number of a tensor counts once.
 * Memory: the hidden states of all sequences and one block's weights; time: one forward pass.
 * @throws tensors/not-finite, tensors/not-observed, and whatever weights and engine throw
 */
export async function measureTensors(options: MeasureOptions): Promise<MeasuredTensors> {
  const { architecture, weights, engine, sequences, workspaceBytes } = options;
  const model = await engine.load(architecture, weights, { workspaceBytes });
  const states: State[] = [];
  let tokens = 0;
  for (const chunk of chunksOf(sequences)) {
    states.push({ chunk, firstToken: tokens, hidden: await model.embed(chunk) });
    tokens += chunk.tokens.length;
  }
  const rows: TensorRow[] = [];
  for (const [index, block] of architecture.blocks.entries()) {
    const tally = new Tally(index);
    // Each weight is read from the disk once, however many chunks there are.
    const kept = remember(weights);
    model.useWeights(kept);
    for (const linear of linearsOf(block)) {
      tally.addWeight(linear.name, { values: await kept.linear(linear), columns: linear.inFeatures });
    }
    await runBlock(model, index, block, states, tally);
    rows.push(...tally.rows());
    options.onBlock?.(index + 1, architecture.blocks.length);
  }
  return { rows, tokens, notes: notesOn(rows) };
}

/** Replaces all hidden states by the outputs of a block. */
async function runBlock(
  model: LoadedModel,
  index: number,
  block: Block,
  states: readonly State[],
  tally: Tally,
): Promise<void> {
  const unseen = new Set(siblingsOf(block).map(([first]) => pooledName(first!.name)));
  const makers = makersOf(block.mixer);
  for (const state of states) {
    const { chunk, firstToken, hidden } = state;
    // Long chunks are reported in parts.
    const seen = new Map<string, number>();
    const observe = (linear: string, values: Float32Array, M: number, columns: number) => {
      unseen.delete(pooledName(linear));
      const before = seen.get(linear) ?? 0;
      seen.set(linear, before + M);
      tally.addTokens(linear, 'activation', { values, columns }, firstToken + before);
    };
    const matrix = (values: Float32Array) => ({ values, columns: values.length / chunk.tokens.length });
    const observeCache = ({ keys, values }: CachedTensors) => {
      if (makers === null) return;
      tally.addTokens(makers.key, 'key', matrix(keys), firstToken);
      tally.addTokens(makers.value, 'value', matrix(values), firstToken);
    };
    state.hidden = await model.runBlock(index, chunk, hidden, observe, observeCache);
  }
  const [missing] = unseen;
  if (missing !== undefined) throw errors.notObserved(missing);
}

/** Which linears make keys and values. */
function makersOf(mixer: Mixer): { readonly key: string; readonly value: string } | null {
  switch (mixer.kind) {
    case 'attention':
      return { key: mixer.k.name, value: mixer.v.name };
    case 'latent-attention':
      return { key: mixer.kvUp.name, value: mixer.kvUp.name };
    case 'selective-scan':
      return null;
  }
}

function notesOn(rows: readonly TensorRow[]): readonly string[] {
  return rows.some(([, , tensor]) => tensor === 'key')
    ? []
    : ['The model keeps no keys and values, so there are no statistics of them.'];
}
