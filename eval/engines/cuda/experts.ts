/** A mixture of experts over a chunk: tokens sorted by expert, one grouped product for all of them. */
import type { ExpertsFeedForward } from '../../families/architecture.ts';
import { addLinear, type BlockContext, readByLinears, takeMatrix } from './block-context.ts';
import { gatedInner } from './feed-forward.ts';
import { columns, F32, type Matrix } from './matrix.ts';

const WORD = Int32Array.BYTES_PER_ELEMENT;

/**
 * hidden += what the experts make of x float32 `[T, H]`. The router and the gate of the shared expert read it as it is;
 * experts read it in the engine's type, rounded where the pass rounds activations.
 */
export async function addExperts(context: BlockContext, layer: ExpertsFeedForward, x: Matrix): Promise<void> {
  const { ops, tables, hiddenSize: H } = context;
  const { T } = tables;
  const { router, shared } = layer;
  const logits = takeMatrix(context, T, router.outFeatures, F32);
  addLinear(context, 'router', x, logits, [T, router.outFeatures, H]);
  const gate = shared === null || shared.gate === null ? null : takeMatrix(context, T, 1, F32);
  if (gate !== null) addLinear(context, 'shared.gate', x, gate, [T, 1, H]);
  const read = takeMatrix(context, T, H);
  ops.moveRows(x, read, T, H);
  await addChosen(context, layer, logits, read);
  if (shared === null) return;
  const inner = await gatedInner(context, shared.feedForward, read, 'shared.gateUp');
  if (context.hooks.endsWithInputs) return;
  const result = takeMatrix(context, T, H);
  addLinear(context, 'shared.down', inner, result, [T, H, shared.feedForward.down.inFeatures]);
  const { hidden } = context;
  ops.kernels.addGated({
    ...{
      dtype: ops.dtype,
      y: result.at,
      yStride: H,
      gate: gate?.at ?? 0,
      to: hidden.at,
      toStride: hidden.stride,
    },
    ...{ T, width: H },
  });
}

/** What the experts that the router has chosen add. */
async function addChosen(context: BlockContext, layer: ExpertsFeedForward, logits: Matrix, x: Matrix) {
  const { ops, scratch, tables, hidden, hiddenSize: H } = context;
  const { experts, perToken: k } = layer;
  const { T } = tables;
  const { dtype, kernels } = ops;
  const I = experts[0].gate.outFeatures;
  const rows = T * k;
  const mark = scratch.mark();
  const { slots, order, places, shares } = routeTokens(context, layer, logits);
  const observed = (part: 'gate' | 'down', inputs: Matrix, K: number) => {
    const names = experts.map((expert) => expert[part].name);
    const own = { name: names[0], x: inputs, M: rows, K };
    return readByLinears(context, { ...own, experts: { names, slots } });
  };
  const gathered = takeMatrix(context, rows, H);
  kernels.gatherSlots({ dtype, x: x.at, xStride: x.stride, order, k, out: gathered.at, rows, width: H });
  await observed('gate', gathered, H);
  const both = takeMatrix(context, rows, 2 * I);
  addGrouped(context, 'experts.gateUp', gathered, both, slots, [experts.length, rows, 2 * I, H]);
  const inner = takeMatrix(context, rows, I);
  ops.glu(experts[0].activation, both, columns(both, I), inner, rows, I);
  await observed('down', inner, I);
  if (!context.hooks.endsWithInputs) {
    // What the experts read is not needed any more.
    addGrouped(context, 'experts.down', inner, gathered, slots, [experts.length, rows, H, I]);
    kernels.mixExperts({
      ...{ dtype, y: gathered.at, places, shares, k, to: hidden.at, toStride: hidden.stride, T, width: H },
    });
  }
  scratch.release(mark);
}

/** The tables of bl_route. */
function routeTokens(context: BlockContext, layer: ExpertsFeedForward, logits: Matrix) {
  const { ops, scratch, tables } = context;
  const { experts, perToken: k, renormalize, factor, groups } = layer;
  const { T } = tables;
  const words = (count: number) => scratch.take(count * WORD);
  const table = {
    ...{ chosen: words(T * k), shares: words(T * k), order: words(T * k), places: words(T * k) },
    slots: words(experts.length + 1),
  };
  ops.kernels.route({
    ...{ logits: logits.at, T, E: experts.length, k, renormalize: Number(renormalize), factor },
    ...{ groups: groups?.count ?? 0, groupsPerToken: groups?.perToken ?? 0 },
    ...table,
  });
  return table;
}

function addGrouped(
  { ops, image }: BlockContext,
  name: string,
  x: Matrix,
  out: Matrix,
  slots: number,
  [E, rows, N, K]: readonly [number, number, number, number],
): void {
  ops.kernels.groupedMatmul({
    ...{ dtype: ops.dtype, x: x.at, experts: image.at(name), out: out.at, outDtype: out.dtype, slots },
    ...{ E, rows, N, K },
  });
}
