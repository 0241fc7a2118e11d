/** What `pnpm submission check` says about records of the trust ledger. */
import { lineOfPath } from '../../../data/database/json-lines.ts';
import { byTime, type FiledRecord, trustFaults } from '../../../data/database/trust-faults.ts';
import { type TrustRecord, type TrustState, trustRecordSchema } from '../../../data/trust-schema.ts';
import { inert, inertText, type Problem, type Severity } from '../problem.ts';
import { trustPlaceOf } from '../read/places.ts';
import { readContent } from './read-submission.ts';

export const trustRules = [
  {
    id: 'trust-record',
    demands:
      'A trust record is about a result that is there, lies in its folder, is called after its day and state, and is not of the future.',
    severity: 'refused',
  },
  {
    id: 'trust-order',
    demands:
      'A state of trust may follow the one before it, from where the files of the result begin, and a new record is the latest. After withdrawn comes nothing; a dispute ends with a state that was reached, or with a new measurement.',
    severity: 'refused',
  },
  {
    id: 'trust-own',
    demands: 'Whoever vouches for a result of their own is shown to a person.',
    severity: 'flagged',
  },
] as const satisfies readonly { id: string; demands: string; severity: Severity }[];

/** A result that records may be about. */
export interface Subject {
  readonly handle: string;
  /** Where its history begins. */
  readonly begins: TrustState;
}

interface Read extends FiledRecord {
  /** Relative to the repository. */
  readonly place: string;
  readonly text: string;
  readonly isAsked: boolean;
}

/** States that somebody else has to have seen. */
const VOUCHED: readonly TrustState[] = ['spot-checked', 'reproduced'];

/**
 * @param root    absolute
 * @param present all records of the checkout, relative to it
 * @param asked   those whose problems are told; with the others they make a history
 */
export function trustProblems(
  root: string,
  present: Iterable<string>,
  asked: ReadonlySet<string>,
  subjects: ReadonlyMap<string, Subject>,
  now: Date,
): readonly Problem[] {
  const problems: Problem[] = [];
  const records: Read[] = [];
  for (const place of present) {
    if (trustPlaceOf(place) === null) continue;
    const isAsked = asked.has(place);
    const read = readContent(root, place, trustRecordSchema);
    if ('content' in read)
      records.push({
        place,
        file: place.slice('data/'.length),
        record: read.content,
        text: read.text,
        isAsked,
      });
    else if (isAsked) problems.push(...read.problems);
  }
  const beginnings = new Map([...subjects].map(([name, { begins }]) => [name, begins]));
  const faults = trustFaults(records, beginnings);
  const latest = latestOf(records);
  for (const one of records.filter(({ isAsked }) => isAsked)) {
    for (const { kind, field, fix } of faults.get(one) ?? [])
      problems.push(problem(one, kind === 'place' ? 0 : 1, field, inert(one.record[field]), fix));
    problems.push(...timeProblems(one, latest.get(one.record.subject), now), ...ownProblems(one, subjects));
  }
  return problems;
}

/** Of the records that were there before, by subject. */
function latestOf(records: readonly Read[]): ReadonlyMap<string, Read> {
  const there = records.filter(({ isAsked }) => !isAsked).toSorted(byTime);
  return new Map(there.map((one) => [one.record.subject, one]));
}

function* timeProblems(one: Read, latest: Read | undefined, now: Date): Iterable<Problem> {
  const { since } = one.record;
  if (Date.parse(since) > now.getTime())
    yield problem(one, 0, 'since', since, 'Date it when it was decided, which is not in the future.');
  if (latest !== undefined && byTime(one, latest) < 0)
    yield problem(one, 1, 'since', since, `Date it after ${latest.file}, which was there before.`);
}

function* ownProblems(one: Read, subjects: ReadonlyMap<string, Subject>): Iterable<Problem> {
  const { subject, state, who } = one.record;
  if (!VOUCHED.includes(state) || subjects.get(subject)?.handle !== who.toLowerCase()) return;
  yield problem(
    one,
    2,
    'who',
    `${state} by ${inertText(who)}, whose result it is`,
    'Somebody else measures it again.',
  );
}

function problem(
  { place, text }: Read,
  rule: 0 | 1 | 2,
  field: keyof TrustRecord,
  found: string,
  fix: string,
): Problem {
  const { id, severity } = trustRules[rule];
  return { file: place, path: field, line: lineOfPath(text, [field]), rule: id, found, fix, severity };
}
