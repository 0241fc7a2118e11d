/** The rotation of `math/rotation.ts` as part of a graph: products with small matrices, one a factor of the width. */
import { hartleyValues, rotationFactors, signAt } from '../../../math/rotation.ts';
import type { GraphBuilder } from '../graph.ts';

/** Order of the Hadamard matrices that a large one is the Kronecker product of. */
const LARGEST = 64;

/** Float32 of any shape times R along the last axis, of `width`; times Rᵀ with `inverse`. */
export function addRotation(
  graph: GraphBuilder,
  x: string,
  width: number,
  seed: number,
  inverse: boolean,
): string {
  const signs = () =>
    graph.floats(
      Array.from({ length: width }, (_, k) => signAt(seed, k)),
      [width],
    );
  const shape = graph.node('Shape', [x]);
  let y = inverse ? x : graph.node('Mul', [x, signs()]);
  const { power, odd } = rotationFactors(width);
  let after = width;
  for (let left = power; left > 1; left /= Math.min(left, LARGEST)) {
    const order = Math.min(left, LARGEST);
    after /= order;
    // [.., order, numbers behind it]: the product mixes the middle axis.
    const apart = graph.node('Reshape', [y, graph.ints([-1, order, after])]);
    y = graph.node('MatMul', [graph.floats(hadamard(order), [order, order]), apart]);
  }
  if (odd > 1) {
    const apart = graph.node('Reshape', [y, graph.ints([-1, odd])]);
    y = graph.node('MatMul', [apart, graph.floats(hartley(odd), [odd, odd])]);
  }
  const whole = graph.node('Reshape', [y, shape]);
  return inverse ? graph.node('Mul', [whole, signs()]) : whole;
}

/** Row-major, over the root of its order: the sign is the parity of the bits that row and column share. */
function hadamard(order: number): number[] {
  return Array.from({ length: order ** 2 }, (_, at) => {
    let shared = Math.floor(at / order) & (at % order);
    let sign = 1;
    for (; shared > 0; shared &= shared - 1) sign = -sign;
    return sign / Math.sqrt(order);
  });
}

function hartley(order: number): number[] {
  const values = hartleyValues(order);
  return Array.from(
    { length: order ** 2 },
    (_, at) => values[(Math.floor(at / order) * (at % order)) % order],
  );
}
