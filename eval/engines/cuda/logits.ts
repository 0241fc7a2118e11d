/** Whole rows of logits on the host: for checks against other implementations. */
import { adjustment, type HeadContext, ROW_TILE, readOut, takeLogits, vocabularyTiles } from './head.ts';
import type { Matrix } from './matrix.ts';

/** Logits of R rows of hidden states on the host, float32 `[R, V]`; `rows` int32 in device memory. */
export async function logitsOf(
  context: HeadContext,
  hidden: Matrix,
  rows: number,
  R: number,
): Promise<Float32Array> {
  const { scratch, architecture } = context;
  const all = new Float32Array(R * architecture.vocabSize);
  for (let from = 0; from < R; from += ROW_TILE) {
    const mark = scratch.mark();
    const count = Math.min(ROW_TILE, R - from);
    const states = readOut(context, hidden, rows + from * 4, count);
    await addLogits(context, states, count, all.subarray(from * architecture.vocabSize));
    scratch.release(mark);
  }
  return all;
}

/** Logits of `R` rows that the head has read, into float32 `[R, V]` on the host. */
async function addLogits(context: HeadContext, states: Matrix, R: number, to: Float32Array): Promise<void> {
  const { ops, scratch, architecture } = context;
  const { vocabSize: V, head } = architecture;
  const logits = takeLogits(context, R);
  const ignored = { highest: scratch.take(R * 4), sum: scratch.take(R * 8), best: scratch.take(R * 4) };
  for (const { token, width, weights } of vocabularyTiles(context)) {
    ops.matmul(states, weights, logits, R, width, head.inFeatures);
    ops.kernels.headUpdate({
      ...{ logits: logits.at, stride: logits.stride, R, width, first: token, ...ignored },
      ...adjustment(context, token),
    });
    const tile = new Float32Array(R * logits.stride);
    await ops.kernels.downloadAsync({ to: tile, from: logits.at, bytes: tile.byteLength });
    for (let row = 0; row < R; row += 1) {
      const start = row * logits.stride;
      to.set(tile.subarray(start, start + width), row * V + token);
    }
  }
}
