/** Keeps weights in memory as far as a byte budget goes: the first blocks that fit, the rest is streamed again each time. */
import type { Architecture, Block, Linear } from '../families/architecture.ts';
import { linearsOf, routersOf } from '../families/linears.ts';
import { rowRanges, type WeightSource } from '../weights.ts';
import { otherTensors } from './expected-tensors.ts';

/**
 * Wraps a source. What is kept is decided from the architecture, not from the order of calls: blocks from the first on,
 * then the final norm and the head. Since every pass reads all blocks in order, keeping a fixed part saves as much
 * reading as any policy can. Embedding rows are kept only where the head, tied to it, is.
 */
export function residentWeights(
  source: WeightSource,
  architecture: Architecture,
  budgetBytes: number,
): WeightSource {
  const kept = plan(architecture, budgetBytes);
  const cache = new Map<string, Promise<Float32Array>>();
  const once = (key: string, read: () => Promise<Float32Array>): Promise<Float32Array> => {
    const found = cache.get(key);
    if (found !== undefined) return found;
    const reading = read();
    if (!kept.has(key)) return reading;
    cache.set(key, reading);
    // A failed read is tried again the next time.
    reading.catch(() => cache.delete(key));
    return reading;
  };
  // Only the head, or the embedding tied to it, is read by rows and kept.
  const columns = architecture.head.inFeatures;
  const whole = (name: string) => once(name, () => source.tensor(name));
  return {
    linear: (linear) => once(linear.name, () => source.linear(linear)),
    packedLinear: async (linear) => (await source.packedLinear?.(linear)) ?? null,
    tensor: whole,
    slice: async (name, from, to) =>
      kept.has(name)
        ? (await whole(name)).subarray(from * columns, to * columns)
        : source.slice(name, from, to),
    rows: async (name, ids) =>
      kept.has(name) ? gather(await whole(name), ids, columns) : source.rows(name, ids),
  };
}

/** Names of what is kept. */
function plan(architecture: Architecture, budgetBytes: number): ReadonlySet<string> {
  const { blocks, finalNorm, head, hiddenSize } = architecture;
  const kept = new Set<string>();
  let left = budgetBytes / Float32Array.BYTES_PER_ELEMENT;
  const keep = (sizes: ReadonlyMap<string, number>): boolean => {
    const needed = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (needed > left) return false;
    left -= needed;
    for (const name of sizes.keys()) kept.add(name);
    return true;
  };
  const parts = blocks.map((block) => blockSizes(block, hiddenSize));
  const last = new Map([[head.tensor, head.outFeatures * head.inFeatures]]);
  if (finalNorm !== null) last.set(finalNorm.tensor, hiddenSize);
  parts.push(last);
  parts.every(keep);
  return kept;
}

function blockSizes(block: Block, hiddenSize: number): Map<string, number> {
  const sizes = new Map([...linearsOf(block), ...routersOf(block)].flatMap(linearSizes));
  for (const [name, shape] of otherTensors(block, hiddenSize)) {
    sizes.set(
      name,
      shape.reduce((product, size) => product * size, 1),
    );
  }
  return sizes;
}

function linearSizes({ name, bias, rows, outFeatures, inFeatures }: Linear): [string, number][] {
  const weight: [string, number] = [name, outFeatures * inFeatures];
  // A fused bias is kept whole.
  return bias === undefined ? [weight] : [weight, [bias, rowRanges(rows, outFeatures).at(-1)![1]]];
}

function gather(matrix: Float32Array, ids: Int32Array, columns: number): Float32Array {
  const rows = new Float32Array(ids.length * columns);
  ids.forEach((id, i) => {
    rows.set(matrix.subarray(id * columns, (id + 1) * columns), i * columns);
  });
  return rows;
}
