/** Weights of any shape on the host, for what reads a checkpoint: norms are 1, matrices pieces of one pool of random numbers. */
import { createRng } from '../../eval/math/rng.ts';
import type { WeightSource } from '../../eval/weights.ts';

/** What LLaMA is initialised with. */
const DEVIATION = 0.02;
/** Distinct numbers; a prime, so that rows of a matrix do not repeat each other. */
const DISTINCT = 16_777_213;

/** @param shapes  by tensor name; vectors are taken for norms */
export function randomWeights(shapes: ReadonlyMap<string, readonly number[]>): WeightSource {
  const sizes = [...shapes.values()].map((shape) => shape.reduce((product, size) => product * size, 1));
  const pool = poolOf(Math.max(...sizes) + DISTINCT);
  const names = [...shapes.keys()];
  const matrix = (name: string, from: number, size: number) => {
    // Tensors begin at different places, so that no two are equal.
    const start = (names.indexOf(name) * 1_000_003 + from) % DISTINCT;
    return pool.subarray(start, start + size);
  };
  const widthOf = (name: string) => shapes.get(name)![1];
  return {
    linear: async ({ tensor, outFeatures, inFeatures }) => matrix(tensor, 0, outFeatures * inFeatures),
    tensor: async (name) => {
      const [rows, columns] = shapes.get(name)!;
      return columns === undefined ? new Float32Array(rows).fill(1) : matrix(name, 0, rows * columns);
    },
    rows: async (name, ids) => {
      const width = widthOf(name);
      const rows = new Float32Array(ids.length * width);
      ids.forEach((id, i) => {
        rows.set(matrix(name, id * width, width), i * width);
      });
      return rows;
    },
    slice: async (name, from, to) => matrix(name, from * widthOf(name), (to - from) * widthOf(name)),
  };
}

/** `size` numbers of one deviation, uniform, the first DISTINCT of them again and again. */
function poolOf(size: number): Float32Array {
  const pool = new Float32Array(size);
  const rng = createRng(0);
  const halfWidth = DEVIATION * Math.sqrt(3);
  const distinct = Math.min(size, DISTINCT);
  for (let i = 0; i < distinct; i++) pool[i] = (2 * rng.next() - 1) * halfWidth;
  for (let done = distinct; done < size; done *= 2) pool.copyWithin(done, 0, Math.min(done, size - done));
  return pool;
}
