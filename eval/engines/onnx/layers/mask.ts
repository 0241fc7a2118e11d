/** What is added to attention scores: which keys a query sees, and biases by distance. */
import type { Alibi } from '../../../families/architecture.ts';
import type { GraphBuilder } from '../graph.ts';

/** Added to the score of a key that a query must not see: its probability becomes exactly 0. */
const HIDDEN_KEY_SCORE = -1e30;
/** x·c − (x·c − x) with this c keeps the 8 significant bits of bfloat16 of a float32 x (Dekker 1971, section 5). */
const BFLOAT16_SPLIT = 2 ** 16 + 1;

export interface Visibility {
  /** Float32 `[B, 1, 1, m, n]`: 0, or so low that the key does not count. */
  readonly mask: string;
  /** Int32 `[B, m, 1]` and `[B, 1, n]`. */
  readonly queryPosition: string;
  readonly keyPosition: string;
  /** The sizes B, m and n as int64 `[1]`. */
  readonly groups: string;
  readonly queryCount: string;
  readonly keyCount: string;
}

/**
 * The rule of `Chunk`. Inputs: int32 `queryPositions`, `querySegments`, `queryParents` `[B, m]`, `keyPositions`,
 * `keySegments` `[B, n]`.
 */
export function addVisibility(graph: GraphBuilder, slidingWindow: number | null): Visibility {
  const column = graph.ints([2]);
  const row = graph.ints([1]);
  const query = (name: string) => graph.node('Unsqueeze', [graph.input(name, 'int32', ['B', 'm']), column]);
  const key = (name: string) => graph.node('Unsqueeze', [graph.input(name, 'int32', ['B', 'n']), row]);
  const queryPosition = query('queryPositions');
  const [keyPosition, keySegment] = [key('keyPositions'), key('keySegments')];
  const own = graph.node('Equal', [query('querySegments'), keySegment]);
  const parent = graph.node('Equal', [query('queryParents'), keySegment]);
  const distance = graph.node('Sub', [queryPosition, keyPosition]);
  const notLater = graph.node('GreaterOrEqual', [distance, int32(graph, 0)]);
  let visible = graph.node('And', [graph.node('Or', [own, parent]), notLater]);
  if (slidingWindow !== null) {
    visible = graph.node('And', [visible, graph.node('Less', [distance, int32(graph, slidingWindow)])]);
  }
  const added = graph.node('Where', [visible, graph.scalar(0), graph.scalar(HIDDEN_KEY_SCORE)]);
  const size = (of: string, axis: number) =>
    graph.node('Gather', [graph.node('Shape', [of]), graph.ints([axis])]);
  return {
    mask: graph.node('Unsqueeze', [added, graph.ints([1, 2])]),
    queryPosition,
    keyPosition,
    groups: size('queryPositions', 0),
    queryCount: size('queryPositions', 1),
    keyCount: size('keyPositions', 1),
  };
}

/**
 * The bias of each head, float32 `[B, kvHeads, heads / kvHeads, m, n]`.
 * Source: Press et al. 2022, arXiv:2108.12409, section 3.
 */
export function addDistanceBias(
  graph: GraphBuilder,
  { slopes, factor, rounded }: Alibi,
  kvHeads: number,
  { queryPosition, keyPosition }: Visibility,
): string {
  const perHead = (values: readonly number[]) =>
    graph.floats(values, [1, kvHeads, values.length / kvHeads, 1, 1]);
  const spread = (positions: string) =>
    graph.node('Unsqueeze', [graph.node('Cast', [positions], { to: { int: 1 } }), graph.ints([1, 2])]);
  const [query, key] = [spread(queryPosition), spread(keyPosition)];
  const times = (a: string, b: string) => graph.node('Mul', [a, b]);
  if (!rounded) {
    return times(graph.node('Sub', [key, query]), perHead(slopes.map((slope) => slope * factor)));
  }
  const exact = perHead(slopes);
  const atKey = addBfloat16(graph, times(addBfloat16(graph, key), exact));
  return times(graph.node('Sub', [atKey, times(query, exact)]), graph.scalar(factor));
}

/** The nearest bfloat16 of float32 values. */
function addBfloat16(graph: GraphBuilder, x: string): string {
  const wide = graph.node('Mul', [x, graph.scalar(BFLOAT16_SPLIT)]);
  return graph.node('Sub', [wide, graph.node('Sub', [wide, x])]);
}

function int32(graph: GraphBuilder, value: number): string {
  // ONNX element type 6 is int32.
  return graph.node('Cast', [graph.ints([value])], { to: { int: 6 } });
}
