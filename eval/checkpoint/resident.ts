/** Keeps weights in memory as far as a byte budget goes: the first blocks that fit, the rest is streamed again each time. */
import type { Architecture, Linear } from '../families/architecture.ts';
import { linearsOf } from '../families/architecture.ts';
import type { WeightSource } from '../weights.ts';

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
  const columns = architecture.hiddenSize;
  const whole = (name: string) => once(name, () => source.tensor(name));
  return {
    linear: (linear) => once(linear.name, () => source.linear(linear)),
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
  const parts = blocks.map((block) => {
    const sizes = new Map(linearsOf(block).flatMap(linearSizes));
    return sizes.set(block.mixerNorm.tensor, hiddenSize).set(block.feedForwardNorm.tensor, hiddenSize);
  });
  parts.push(
    new Map([
      [finalNorm.tensor, hiddenSize],
      [head.tensor, head.outFeatures * head.inFeatures],
    ]),
  );
  parts.every(keep);
  return kept;
}

function linearSizes({ name, bias, outFeatures, inFeatures }: Linear): [string, number][] {
  const weight: [string, number] = [name, outFeatures * inFeatures];
  return bias === undefined ? [weight] : [weight, [bias, outFeatures]];
}

function gather(matrix: Float32Array, ids: Int32Array, columns: number): Float32Array {
  const rows = new Float32Array(ids.length * columns);
  ids.forEach((id, i) => {
    rows.set(matrix.subarray(id * columns, (id + 1) * columns), i * columns);
  });
  return rows;
}
