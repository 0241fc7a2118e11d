/** The rules about how a branch changes results, whatever stands in them. */
import { inert, inertText } from '../problem.ts';
import { isKept, isResult, placeOf, README, RESULTS } from '../read/places.ts';
import type { Change } from './changes.ts';
import type { ChangeFinding, ChangeRule } from './rule.ts';

const results = (changes: readonly Change[]) =>
  changes.filter(({ file, from }) => file !== README && (isResult(file) || isResult(from ?? '')));

const appendOnly: ChangeRule = {
  id: 'append-only',
  demands:
    'Results and trust records are added. One that is there is not modified, deleted, renamed or replaced by a link.',
  severity: 'refused',
  *check(changes) {
    const done: Readonly<Record<string, string>> = {
      M: 'modified',
      D: 'deleted',
      T: 'replaced by something else than a file',
      U: 'not merged',
      X: 'unknown to git',
    };
    const kept = changes.filter(({ file, from }) => file !== README && (isKept(file) || isKept(from ?? '')));
    for (const { status, file, from } of kept) {
      if (status === 'R' && isKept(from ?? '')) yield finding(from!, `renamed to ${inert(file)}`);
      else if (done[status] !== undefined) yield finding(file, done[status]);
    }
  },
};

function finding(file: string, found: string): ChangeFinding {
  const fix = 'Restore the file. What is wrong is withdrawn or disputed by one more record in data/trust/.';
  return { file, path: [], found, fix };
}

const oneHandle: ChangeRule = {
  id: 'handle',
  demands: 'A pull request brings results of one handle, and it is that of whoever sends them.',
  severity: 'refused',
  *check(changes, handle) {
    const added = results(changes).filter(({ status }) => status !== 'D');
    const byHandle = Map.groupBy(added, ({ file }) => placeOf(file)?.handle ?? null);
    byHandle.delete(null);
    if (byHandle.size > 1)
      yield {
        file: added[0]!.file,
        path: [],
        found: `results of ${[...byHandle.keys()].join(', ')}`,
        fix: 'Send one pull request for each handle.',
      };
    for (const [folder, [first]] of byHandle)
      if (handle !== null && folder !== handle.toLowerCase())
        yield {
          file: first!.file,
          path: [],
          found: `the folder ${folder} from ${inert(handle)}`,
          fix: `Send results below ${RESULTS}/${inertText(handle.toLowerCase())}/.`,
        };
  },
};

const elsewhere: ChangeRule = {
  id: 'elsewhere',
  demands:
    'What a branch with results changes outside of data/results/ and data/trust/ is shown to a person.',
  severity: 'flagged',
  *check(changes) {
    const others = changes.filter(({ file }) => !isKept(file));
    if (results(changes).length === 0 || others.length === 0) return;
    yield {
      file: others[0]!.file,
      path: [],
      found: `${others.length} changed files that are no results`,
      fix: 'Send code and catalogues by a pull request of their own, unless the results need them.',
    };
  },
};

export const changeRules: readonly ChangeRule[] = [appendOnly, oneHandle, elsewhere];
