/** The rounding of `forward-quantizer.ts` as part of a graph. */
import { type ForwardGrid, smallestWidth } from '../../forward-quantizer.ts';
import type { GraphBuilder } from '../graph.ts';

/** What linears read, float32 `[M, K]`: one grid a row where activations are rounded, else unchanged. */
export function roundActivations(graph: GraphBuilder, x: string): string {
  const { activations } = graph.precision;
  // Linears that read the same values share the rounded ones.
  return activations === null ? x : graph.once(`rounded ${x}`, () => addRounding(graph, x, activations));
}

/** What is kept of a token to attend to, float32 `[M, heads, width]`: one grid a group of each head where it is rounded. */
export function roundCached(graph: GraphBuilder, x: string, heads: number, width: number): string {
  const { kv } = graph.precision;
  if (kv === null) return x;
  if (kv.group === -1 || kv.group === width) return addRounding(graph, x, kv);
  const groups = graph.node('Reshape', [x, graph.ints([0, heads, width / kv.group, kv.group])]);
  return graph.node('Reshape', [addRounding(graph, groups, kv), graph.ints([0, heads, width])]);
}

/** Float32 of any shape, one grid for each vector along the last axis. */
function addRounding(graph: GraphBuilder, x: string, grid: ForwardGrid): string {
  const last = graph.ints([-1]);
  const extreme = (op: 'ReduceMin' | 'ReduceMax', withZero: 'Min' | 'Max') => {
    const value = graph.node(op, [x, last], { keepdims: { int: 1 } });
    return grid.range === 'zero' ? graph.node(withZero, [value, graph.scalar(0)]) : value;
  };
  const low = extreme('ReduceMin', 'Min');
  const high = extreme('ReduceMax', 'Max');
  const maxCode = graph.scalar(2 ** grid.bits - 1);
  const clamp = (value: string) => graph.node('Clip', [value, graph.scalar(0), maxCode]);
  const steps = (value: string) => graph.node('Round', [graph.node('Div', [value, scale])]);
  const width = graph.node('Max', [graph.node('Sub', [high, low]), graph.scalar(smallestWidth(grid))]);
  const scale = graph.node('Div', [width, maxCode]);
  const zero = clamp(steps(graph.node('Neg', [low])));
  const codes = clamp(graph.node('Add', [steps(x), zero]));
  return graph.node('Mul', [graph.node('Sub', [codes, zero]), scale]);
}
