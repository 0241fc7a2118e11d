/** Feed-forward layers that every token goes through, over a chunk. */
import type { FeedForward, GatedFeedForward, Norm, PlainFeedForward } from '../../families/architecture.ts';
import {
  addLinear,
  addToHidden,
  type BlockContext,
  readByLinears,
  takeMatrix,
  weightAndBias,
} from './block-context.ts';
import { addExperts } from './experts.ts';
import type { Matrix } from './matrix.ts';

/** hidden += norm(f(x)) for x `[T, H]`, float32 for experts; it may be rounded in place. */
export async function addFeedForward(
  context: BlockContext,
  feedForward: FeedForward,
  x: Matrix,
  norm: Norm | null,
): Promise<void> {
  if (feedForward.kind === 'experts') return addExperts(context, feedForward, x);
  const inner =
    feedForward.kind === 'mlp'
      ? await innerOf(context, feedForward, x)
      : await gatedInner(context, feedForward, x, 'gateUp');
  if (context.hooks.endsWithInputs) return;
  addToHidden(context, 'down', inner, feedForward.down.inFeatures, norm, 'feedForward.output');
}

/** act(up(x)), `[T, I]`. */
async function innerOf(context: BlockContext, { up, down, activation }: PlainFeedForward, x: Matrix) {
  const { T } = context.tables;
  const I = up.outFeatures;
  await readByLinears(context, { name: up.name, x, M: T, K: up.inFeatures });
  const inner = takeMatrix(context, T, I);
  addLinear(context, 'up', x, inner, [T, I, up.inFeatures]);
  context.ops.activate(activation, inner, T, I);
  await readByLinears(context, { name: down.name, x: inner, M: T, K: I });
  return inner;
}

/** act(gate(x)) ⊙ up(x), `[T, I]`. Source: Shazeer 2020, arXiv:2002.05202, equation 6. */
export async function gatedInner(
  context: BlockContext,
  { gate, down, activation }: GatedFeedForward,
  x: Matrix,
  part: string,
): Promise<Matrix> {
  const { T } = context.tables;
  const I = gate.outFeatures;
  await readByLinears(context, { name: gate.name, x, M: T, K: gate.inFeatures });
  const inner = takeMatrix(context, T, I);
  const mark = context.scratch.mark();
  const both = takeMatrix(context, T, 2 * I);
  const weights = weightAndBias(context.image, part);
  context.ops.gatedLinear(activation, x, weights, both, inner, [T, I, gate.inFeatures]);
  context.scratch.release(mark);
  await readByLinears(context, { name: down.name, x: inner, M: T, K: I });
  return inner;
}
