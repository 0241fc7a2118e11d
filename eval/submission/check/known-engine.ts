import { didYouMean } from '../../nearest.ts';
import { inert } from '../problem.ts';
import { defineRule } from './rule.ts';

/** Named here because the list of engines loads their native libraries. */
const ENGINES: readonly string[] = ['onnx', 'cuda'];

export const knownEngine = defineRule({
  id: 'known-engine',
  demands: 'The engine is one of the pipeline.',
  severity: 'refused',
  *check({ run: { run } }) {
    const { id } = run.engine;
    if (ENGINES.includes(id)) return;
    yield {
      path: ['run', 'engine', 'id'],
      found: inert(id),
      fix: `${didYouMean(id, ENGINES)} Send results of another engine as claimed rows.`.trim(),
    };
  },
});
