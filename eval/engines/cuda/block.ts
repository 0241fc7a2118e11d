/** Queues the work of one block over a chunk: norms, mixer, feed-forward and the sums between them. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { Block, Norm } from '../../families/architecture.ts';
import { attend } from './attention.ts';
import { addNorm, addToHidden, type BlockContext, takeMatrix } from './block-context.ts';
import { addFeedForward } from './feed-forward.ts';
import { F32, type Matrix } from './matrix.ts';
import { scan } from './scan.ts';

/**
 * Replaces the hidden states of the context by those after the block. All work is queued, none is waited for, unless a
 * hook waits. Throws `engine/unsupported`.
 */
export async function runBlock(block: Block, context: BlockContext): Promise<void> {
  const { scratch, tables, hiddenSize: H, hidden } = context;
  const { mixerNorms, feedForward, feedForwardNorms: norms, arrangement } = block;
  if (feedForward?.kind === 'experts' && (norms.output !== null || norms.after !== null))
    throw errors.unsupported('cuda', 'a norm of what experts return');
  const start = scratch.mark();
  // Read before anything is added to the hidden states.
  const parallel = arrangement === 'parallel' ? feedForwardInput(block, context) : null;
  const mark = scratch.mark();
  await mix(block, context);
  scratch.release(mark);
  if (mixerNorms.after !== null)
    addNorm(context, mixerNorms.after, 'mixer.after', hidden, hidden, tables.T, H);
  if (feedForward !== null) {
    const input = parallel ?? feedForwardInput(block, context)!;
    await addFeedForward(context, feedForward, input, norms.output);
    if (norms.after !== null) addNorm(context, norms.after, 'feedForward.after', hidden, hidden, tables.T, H);
  }
  scratch.release(start);
}

/** hidden += output(mixer(before(hidden))). */
async function mix(block: Block, context: BlockContext): Promise<void> {
  const { mixer, mixerNorms, feedForward, arrangement } = block;
  const x = readHidden(context, mixerNorms.before, 'mixer.before');
  // A feed-forward that reads the sum needs what the mixer adds to it.
  const isOver = context.hooks.endsWithInputs && (feedForward === null || arrangement === 'parallel');
  if (mixer.kind === 'selective-scan') {
    const mixed = await scan(context, mixer, x);
    if (isOver) return;
    addToHidden(context, 'output', mixed, mixer.innerSize, mixerNorms.output, 'mixer.output');
  } else {
    const mixed = await attend(context, mixer, x);
    if (isOver) return;
    addToHidden(context, 'o', mixed, mixer.o.inFeatures, mixerNorms.output, 'mixer.output');
  }
}

/** What the feed-forward reads of the hidden states as they are now; null where there is none. */
function feedForwardInput(block: Block, context: BlockContext): Matrix | null {
  const { feedForward, feedForwardNorms, mixerNorms, arrangement } = block;
  if (feedForward === null) return null;
  // Routers decide in float32: which expert a token goes to must not depend on the last bit of a bfloat16.
  const dtype = feedForward.kind === 'experts' ? F32 : context.ops.dtype;
  return arrangement === 'parallel' && feedForwardNorms.before === null
    ? readHidden(context, mixerNorms.before, 'mixer.before', dtype)
    : readHidden(context, feedForwardNorms.before, 'feedForward.before', dtype);
}

function readHidden(
  context: BlockContext,
  norm: Norm | null,
  name: string,
  dtype = context.ops.dtype,
): Matrix {
  const { T } = context.tables;
  const x = takeMatrix(context, T, context.hiddenSize, dtype);
  addNorm(context, norm, name, context.hidden, x, T, context.hiddenSize);
  return x;
}
