/** Runs a program and shows what its linears read to whoever observes. */
import type { Observe } from '../engine.ts';
import type { WeightTable } from './block-weights.ts';
import type { GraphBuilder } from './graph.ts';
import type { Feeds, Program } from './runtime.ts';

const SUFFIX = ':input';

/**
 * Declares what linear `name` of the weight table reads as an output of the graph. Linears that share an input are
 * reported once, as the first of them in `siblingsOf`.
 * @param x  float32 `[M, width]`; M may be less than the tokens of the graph, or 0
 */
export function reportInput(graph: GraphBuilder, name: string, x: string, width: number): void {
  graph.output(`${name}${SUFFIX}`, x, 'float32', [`M ${name}`, width]);
}

/** Runs the program for `outputs`; with an observer, also for all that `reportInput` declared. */
export async function observeInputs<Name extends string>(
  program: Program,
  feeds: Feeds,
  outputs: readonly Name[],
  table: WeightTable,
  observe: Observe | undefined,
): Promise<Record<Name, Float32Array>> {
  if (observe === undefined) return program.run(feeds, outputs);
  const reported = program.outputs.filter((name) => name.endsWith(SUFFIX));
  const results: Record<string, Float32Array> = await program.run(feeds, [...outputs, ...reported]);
  for (const output of reported) {
    const linear = table[output.slice(0, -SUFFIX.length)];
    if (linear === null || linear === undefined || !('inFeatures' in linear))
      throw new TypeError(`${output} is declared for what is not a linear`);
    const inputs = results[output];
    const M = inputs.length / linear.inFeatures;
    if (M > 0) await observe(linear.name, inputs, M, linear.inFeatures);
  }
  return results;
}
