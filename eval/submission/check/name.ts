import { contentHash } from '../../content-hash.ts';
import { inert } from '../problem.ts';
import { defineRule } from './rule.ts';

const DIGITS = 12;
/** Owner of runs that are not published. */
const RESERVED: ReadonlySet<string> = new Set(['local']);

export const name = defineRule({
  id: 'name',
  demands:
    'The file is named as its run: the model, and twelve digits of the hash over the keys of its cells; so sending twice is sending once.',
  severity: 'refused',
  *check({ run: { run, cells }, stem, handle }) {
    if (RESERVED.has(handle))
      yield { path: [], found: `the handle ${handle}`, fix: 'Take the name of your account.' };
    if (run.run_id !== stem)
      yield {
        path: ['run', 'run_id'],
        found: `${inert(run.run_id)} in the file ${inert(stem)}`,
        fix: `Call the file ${run.run_id}.json.`,
      };
    const model = run.models[0]!.id;
    if (stem !== `${model}-${stem.slice(-DIGITS)}`)
      yield { path: ['run', 'models', 0, 'id'], found: inert(model), fix: 'A run is named after its model.' };
    const hash = contentHash(cells.map(({ cell_key }) => cell_key).sort()).slice(0, DIGITS);
    if (hash === stem.slice(-DIGITS)) return;
    yield {
      path: ['run', 'run_id'],
      found: `the digits ${stem.slice(-DIGITS)}, and ${hash} from the keys of its ${cells.length} cells`,
      fix: 'Write the file with pnpm submission new; cells are neither added, left out nor changed by hand.',
      severity: isPartial(run.settings, cells.length) ? 'flagged' : 'refused',
    };
  },
});

/** A run that lacks cells has the name of the whole; that it lacks them is told by the rule `complete`. */
function isPartial(settings: Readonly<Record<string, unknown>>, cells: number): boolean {
  const { recipes, tasks } = (settings.sweep ?? {}) as { recipes?: unknown; tasks?: unknown };
  return Array.isArray(recipes) && Array.isArray(tasks) && cells < recipes.length * tasks.length;
}
