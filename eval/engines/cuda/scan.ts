/** The selective state space layer over a chunk. Source: Gu and Dao 2023, arXiv:2312.00752, section 3.4. */
import type { SelectiveScan } from '../../families/architecture.ts';
import {
  addLinear,
  type BlockContext,
  readByLinears,
  roundActivations,
  takeMatrix,
} from './block-context.ts';
import { columns, F32, type Matrix } from './matrix.ts';

const FLOAT = Float32Array.BYTES_PER_ELEMENT;

/** What the output projection reads, `[T, innerSize]`, for inputs x `[T, H]`, which are rounded in place. */
export async function scan(context: BlockContext, mixer: SelectiveScan, x: Matrix): Promise<Matrix> {
  const { tables, scratch, hooks } = context;
  const { T, S } = tables;
  const { innerSize: C, stateSize, convolution } = mixer;
  const out = takeMatrix(context, T, C);
  const mark = scratch.mark();
  await readByLinears(context, { name: mixer.input.name, x, M: T, K: context.hiddenSize });
  const both = takeMatrix(context, T, 2 * C);
  addLinear(context, 'input', x, both, [T, 2 * C, context.hiddenSize]);
  const convolved = takeMatrix(context, T, C);
  const memory = hooks.memory?.kind === 'scan' ? hooks.memory : null;
  const history =
    memory?.history ??
    (hooks.scanMemory === undefined ? 0 : takeZeros(context, S * (convolution.width - 1) * C));
  convolve(context, mixer, both, convolved, history);
  const selection = await parametersOf(context, mixer, convolved);
  const step = await stepsOf(context, mixer, selection);
  const state = memory?.state ?? scratch.take(S * C * stateSize * FLOAT);
  const inputs = { x: convolved, step, selection, z: columns(both, C), out };
  recur(context, mixer, inputs, { state, resume: Number(memory !== null) });
  if (hooks.scanMemory !== undefined) await hooks.scanMemory({ history, state });
  scratch.release(mark);
  await readByLinears(context, { name: mixer.output.name, x: out, M: T, K: C });
  return out;
}

function convolve(
  { ops, image, tables }: BlockContext,
  { innerSize: C, convolution: { width } }: SelectiveScan,
  x: Matrix,
  out: Matrix,
  history: number,
): void {
  ops.kernels.causalConv({
    ...{ dtype: ops.dtype, x: x.at, xStride: x.stride, out: out.at, outStride: out.stride },
    ...{ weight: image.at('convolution'), bias: image.atOrZero('convolution.bias') },
    ...{ segments: tables.scan, S: tables.S, maxRows: tables.maxRows, levels: tables.levels },
    ...{ C, width, history },
  });
}

/** The recurrence itself; `selection` holds steps, B and C side by side. */
function recur(
  { ops, image, tables }: BlockContext,
  { innerSize: C, stateSize: n, rank }: SelectiveScan,
  { x, step, selection, z, out }: Record<'x' | 'step' | 'selection' | 'z' | 'out', Matrix>,
  ending: { readonly state: number; readonly resume: number },
): void {
  const [b, c] = [columns(selection, rank), columns(selection, rank + n)];
  ops.kernels.selectiveScan({
    ...{ dtype: ops.dtype, x: x.at, xStride: x.stride, step: step.at, stepStride: step.stride },
    ...{ b: b.at, bStride: b.stride, c: c.at, cStride: c.stride, z: z.at, zStride: z.stride },
    ...{ out: out.at, outStride: out.stride, logDecay: image.at('decay'), skip: image.at('skip') },
    ...{ segments: tables.scan, S: tables.S, maxRows: tables.maxRows, levels: tables.levels },
    ...{ C, n, ...ending },
  });
}

/** Step, B and C of every token, float32 `[T, rank + 2·stateSize]`. */
async function parametersOf(context: BlockContext, mixer: SelectiveScan, x: Matrix): Promise<Matrix> {
  const { ops, tables, precision, scratch } = context;
  const { innerSize: C, parameters } = mixer;
  const width = parameters.outFeatures;
  if (context.hooks.observe !== undefined)
    await context.hooks.observe({ name: parameters.name, x, M: tables.T, K: C });
  const selection = takeMatrix(context, tables.T, width, F32);
  const mark = scratch.mark();
  let read = x;
  if (precision.activations !== null) {
    // The recurrence goes on reading the exact values.
    read = takeMatrix(context, tables.T, C);
    ops.moveRows(x, read, tables.T, C);
    roundActivations(context, read, tables.T, C);
  }
  addLinear(context, 'parameters', read, selection, [tables.T, width, C]);
  scratch.release(mark);
  return selection;
}

/** Float32 `[T, innerSize]`, before the softplus. */
async function stepsOf(
  context: BlockContext,
  { step, rank, innerSize: C }: SelectiveScan,
  selection: Matrix,
) {
  const { ops, tables } = context;
  const low = takeMatrix(context, tables.T, rank);
  ops.moveRows(selection, low, tables.T, rank);
  await readByLinears(context, { name: step.name, x: low, M: tables.T, K: rank });
  const steps = takeMatrix(context, tables.T, C, F32);
  addLinear(context, 'step', low, steps, [tables.T, C, rank]);
  return steps;
}

function takeZeros({ ops, scratch }: BlockContext, values: number): number {
  const at = scratch.take(values * FLOAT);
  ops.kernels.fill({ to: at, value: 0, bytes: values * FLOAT });
  return at;
}
