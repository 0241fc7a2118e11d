/** The rounding of `forward-quantizer.ts` as part of a graph. */
import { type ForwardGrid, gridSteps, smallestWidth } from '../../forward-quantizer.ts';
import type { GraphBuilder } from '../graph.ts';
import type { Rotate } from './projections.ts';
import { addRotation } from './rotation.ts';

/** What linears read, float32 `[M, K]`: one grid a row where activations are rounded, else unchanged. */
export function roundActivations(graph: GraphBuilder, x: string, K: number): string {
  const { activations } = graph.precision;
  // Linears that read the same values share the rounded ones.
  if (activations === null) return x;
  return graph.once(`rounded ${x}`, () =>
    turned(graph, x, activations, K, (y) => addRounding(graph, y, activations)),
  );
}

/** Keys `[M, heads, width]` turned by `rotate` and rounded, in the order that the graph's precision says. */
export function roundKeys(
  graph: GraphBuilder,
  keys: string,
  rotate: Rotate,
  heads: number,
  width: number,
): string {
  if (graph.precision.kv?.preRope) return rotate(roundCached(graph, keys, heads, width));
  return roundCached(graph, rotate(keys), heads, width);
}

/** What is kept of a token to attend to, float32 `[M, heads, width]`: one grid a group of each head where it is rounded. */
export function roundCached(graph: GraphBuilder, x: string, heads: number, width: number): string {
  const { kv } = graph.precision;
  if (kv === null) return x;
  const size = kv.group === -1 ? width : kv.group;
  return turned(graph, x, kv, width, (y) => {
    if (size === width) return addRounding(graph, y, kv);
    const groups = graph.node('Reshape', [y, graph.ints([0, heads, width / size, size])]);
    return graph.node('Reshape', [addRounding(graph, groups, kv), graph.ints([0, heads, width])]);
  });
}

/** What `round` makes of vectors along the last axis, in the basis that the grid asks for. */
function turned(
  graph: GraphBuilder,
  x: string,
  { rotation }: ForwardGrid,
  width: number,
  round: (x: string) => string,
): string {
  if (rotation === null) return round(x);
  return addRotation(graph, round(addRotation(graph, x, width, rotation, false)), width, rotation, true);
}

/** Float32 of any shape, one grid for each vector along the last axis. */
function addRounding(graph: GraphBuilder, x: string, grid: ForwardGrid): string {
  if (grid.outliers === null) return addGrid(graph, x, grid);
  const passes = graph.node('GreaterOrEqual', [graph.node('Abs', [x]), graph.scalar(grid.outliers)]);
  const rest = graph.node('Where', [passes, graph.scalar(0), x]);
  return graph.node('Where', [passes, x, addGrid(graph, rest, grid)]);
}

function addGrid(graph: GraphBuilder, x: string, grid: ForwardGrid): string {
  const maxCode = graph.scalar(2 ** grid.bits - 1);
  const clamp = (value: string) => graph.node('Clip', [value, graph.scalar(0), maxCode]);
  const { low, width } = addRange(graph, x, grid);
  const atLeast = graph.node('Max', [width, graph.scalar(smallestWidth(grid))]);
  const scale = graph.node('Div', [atLeast, graph.scalar(gridSteps(grid))]);
  const steps = (value: string) => graph.node('Round', [graph.node('Div', [value, scale])]);
  const zero = grid.symmetric ? graph.scalar(2 ** (grid.bits - 1)) : clamp(steps(graph.node('Neg', [low])));
  const codes = clamp(graph.node('Add', [steps(x), zero]));
  return graph.node('Mul', [graph.node('Sub', [codes, zero]), scale]);
}

/** The lowest number of the grid, and how far it spans: from there to the highest, or from 0 where it is symmetric. */
function addRange(graph: GraphBuilder, x: string, { range, symmetric, clip }: ForwardGrid) {
  const last = graph.ints([-1]);
  const clipped = (value: string) => (clip === 1 ? value : graph.node('Mul', [value, graph.scalar(clip)]));
  const extreme = (op: 'ReduceMin' | 'ReduceMax', withZero: 'Min' | 'Max', of = x) => {
    const value = graph.node(op, [of, last], { keepdims: { int: 1 } });
    return clipped(range === 'zero' ? graph.node(withZero, [value, graph.scalar(0)]) : value);
  };
  if (symmetric) {
    const width = extreme('ReduceMax', 'Max', graph.node('Abs', [x]));
    return { low: width, width };
  }
  const low = extreme('ReduceMin', 'Min');
  return { low, width: graph.node('Sub', [extreme('ReduceMax', 'Max'), low]) };
}
