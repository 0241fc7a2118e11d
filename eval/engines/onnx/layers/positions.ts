/** Rotary positions: the tables computed outside the graph, and how they turn queries and keys. */
import type { Position, Rope } from '../../../families/architecture.ts';
import type { Chunk } from '../../engine.ts';
import type { GraphBuilder } from '../graph.ts';
import type { Rotate } from './projections.ts';

/** Cosines and sines with the attention factor, each float32 `[M, pairs]`. */
export interface RotationTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  readonly pairs: number;
}

/** Texts longer than the rope's limit turn by its `long` frequencies, all of their tokens alike. */
export function rotationTables(
  rope: Rope,
  { positions, lengths }: Pick<Chunk, 'positions' | 'lengths'>,
): RotationTables {
  const pairs = rope.inverseFrequencies.length;
  const cos = new Float32Array(positions.length * pairs);
  const sin = new Float32Array(positions.length * pairs);
  positions.forEach((position, row) => {
    const { long } = rope;
    const table = long !== null && lengths[row] > long.beyond ? long : rope;
    for (let i = 0; i < pairs; i += 1) {
      const angle = position * table.inverseFrequencies[i];
      cos[row * pairs + i] = Math.cos(angle) * table.attentionFactor;
      sin[row * pairs + i] = Math.sin(angle) * table.attentionFactor;
    }
  });
  return { cos, sin, pairs };
}

/**
 * Declares the tables as inputs `cos` and `sin` `[rows, pairs]` where positions rotate.
 * @param width  values of a head that is rotated; those after the first 2·pairs pass
 * Source: Su et al. 2021, arXiv:2104.09864.
 */
export function rotationOf(graph: GraphBuilder, position: Position, rows: string, width: number): Rotate {
  if (position.kind !== 'rope') return (x) => x;
  const pairs = position.inverseFrequencies.length;
  const axis = graph.ints([1]);
  const spread = (name: string) =>
    graph.node('Unsqueeze', [graph.input(name, 'float32', [rows, pairs]), axis]);
  const tables = { cos: spread('cos'), sin: spread('sin') };
  const turn = position.layout === 'half' ? turnHalves : turnNeighbours;
  return (x) => {
    if (2 * pairs === width) return turn(graph, x, tables, pairs);
    const [turned, rest] = graph.split(x, 2, [2 * pairs, width - 2 * pairs]);
    return graph.node('Concat', [turn(graph, turned, tables, pairs), rest], { axis: { int: 2 } });
  };
}

interface Tables {
  readonly cos: string;
  readonly sin: string;
}

/** Value i turns with value i + pairs: float32 `[M, heads, 2·pairs]` in and out. */
function turnHalves(graph: GraphBuilder, x: string, tables: Tables, pairs: number): string {
  const [first, second] = graph.split(x, 2, [pairs, pairs]);
  return graph.node('Concat', turned(graph, first, second, tables), { axis: { int: 2 } });
}

/** Value 2i turns with value 2i + 1. */
function turnNeighbours(graph: GraphBuilder, x: string, tables: Tables, pairs: number): string {
  const apart = graph.node('Reshape', [x, graph.ints([0, 0, pairs, 2])]);
  const last = graph.ints([3]);
  const [first, second] = graph.split(apart, 3, [1, 1]).map((half) => graph.node('Squeeze', [half, last]));
  const together = turned(graph, first, second, tables).map((half) => graph.node('Unsqueeze', [half, last]));
  const joined = graph.node('Concat', together, { axis: { int: 3 } });
  return graph.node('Reshape', [joined, graph.ints([0, 0, 2 * pairs])]);
}

function turned(graph: GraphBuilder, first: string, second: string, { cos, sin }: Tables): [string, string] {
  const times = (a: string, b: string) => graph.node('Mul', [a, b]);
  return [
    graph.node('Sub', [times(first, cos), times(second, sin)]),
    graph.node('Add', [times(second, cos), times(first, sin)]),
  ];
}
