/** Every kind of corruption of a valid submission is reported by the rule that is there for it. */
import { mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandRun, formatCompactRun } from '../../../data/compact-run.ts';
import type { TrustRecord } from '../../../data/trust-schema.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { OutcomeReader } from '../../../eval/store/outcome-file.ts';
import { cataloguesOf } from '../../../eval/submission/check/check-files.ts';
import { placeProblems } from '../../../eval/submission/check/place-rule.ts';
import { Published } from '../../../eval/submission/check/published.ts';
import { readRunSubmission } from '../../../eval/submission/check/read-submission.ts';
import type { Around } from '../../../eval/submission/check/rule.ts';
import { checkBatch, problemsOfChanges } from '../../../eval/submission/check/run-rules.ts';
import { trustProblems } from '../../../eval/submission/check/trust-records.ts';
import { allRules, withChecks } from '../../../eval/submission/checks-table.ts';
import type { Corruption, TrustCorruption } from '../../../eval/submission/corruptions/corruption.ts';
import { corruptions } from '../../../eval/submission/corruptions/index.ts';
import { numbers } from '../../../eval/submission/corruptions/numbers.ts';
import type { Problem } from '../../../eval/submission/problem.ts';
import { placeOf } from '../../../eval/submission/read/places.ts';
import { checkout, folderWith, HANDLE, type ValidSubmission, validSubmission } from './valid-submission.ts';

const SEED = 20261126;
const NOW = new Date('2026-12-01T00:00:00Z');
let valid: ValidSubmission;
let catalogues: Around['catalogues'];
let home: string;
let reader: OutcomeReader;

beforeAll(async () => {
  valid = await validSubmission();
  home = folderWith({});
  reader = await OutcomeReader.open(home);
  catalogues = cataloguesOf(checkout());
});
afterAll(() => {
  reader.close();
  valid.close();
});

interface Sent {
  readonly file?: string;
  readonly text?: string | Uint8Array;
  readonly parquet?: Uint8Array | null;
  readonly published?: Published;
  readonly prepare?: (root: string, file: string) => void;
}

async function problemsOf(
  sent: Sent,
  intervals: Around['intervals'] = 'bounded',
): Promise<readonly Problem[]> {
  const { file = fileOf(), text = valid.text, parquet = valid.parquet, published = new Published() } = sent;
  const misplaced = placeProblems([file], new Set([file]));
  if (misplaced.length > 0 || placeOf(file)?.kind !== 'run') return misplaced;
  const outcomes = parquet === null ? {} : { [file.replace(/json$/, 'parquet')]: parquet };
  const root = folderWith({ [file]: text, ...outcomes }, home);
  sent.prepare?.(root, file);
  const read = readRunSubmission(root, file);
  if ('problems' in read) return read.problems;
  published.add(file, read.submission.run);
  const around: Around = { catalogues, published, intervals, now: NOW };
  return checkBatch(root, [read.submission], around, reader);
}

const fileOf = () => `data/results/${HANDLE}/${valid.stem}.json`;

async function problemsAfter(corruption: Corruption): Promise<readonly Problem[]> {
  const rng = createRng(SEED);
  const pick = <T>(list: readonly T[]) => list[rng.int(list.length)]!;
  if ('changes' in corruption) return problemsOfChanges(corruption.changes, HANDLE);
  if ('file' in corruption) return problemsOf({ file: corruption.file(fileOf()) });
  if ('text' in corruption) return problemsOf({ text: corruption.text(valid.text, pick) });
  if ('parquet' in corruption) return problemsOf({ parquet: corruption.parquet(valid.parquet) });
  if ('outcomes' in corruption)
    return problemsOf({
      parquet: await valid.parquetOf(corruption.outcomes.replaceAll('{recipe}', 'rtn-w4g64')),
    });
  if ('trust' in corruption) return problemsOfTrust(corruption);
  if ('link' in corruption) return problemsOf({ prepare: linkOf(corruption.link) });
  const run = structuredClone(valid.run);
  if ('json' in corruption) {
    corruption.json(run, pick);
    return problemsOf({ text: formatCompactRun(run) }, corruption.rule === 'interval' ? 'exact' : 'bounded');
  }
  corruption.published(run);
  const published = new Published();
  published.add('data/results/other/there.json', expandRun(run));
  return problemsOf({ published });
}

/** A record that may be added to the valid submission. */
const goodRecord = (): TrustRecord => ({
  schema: 1,
  subject: valid.stem,
  row_id: null,
  state: 'spot-checked',
  since: '2026-11-20T10:00:00Z',
  who: 'another',
  reason: 'Forty items came out again.',
  evidence: null,
});

function problemsOfTrust({ trust, present = () => ({}) }: Pick<TrustCorruption, 'trust' | 'present'>) {
  const filesOf = (make: typeof trust) =>
    Object.entries(make(goodRecord())).map(([file, record]) => [
      `data/trust/${file}`,
      JSON.stringify(record),
    ]);
  const [there, sent] = [filesOf(present), filesOf(trust)];
  const files = Object.fromEntries([...there, ...sent]);
  const asked = new Set(sent.map(([file]) => file!));
  const subjects = new Map([[valid.stem, { handle: HANDLE, begins: 'recomputed' as const }]]);
  return [
    ...placeProblems(asked, new Set()),
    ...trustProblems(folderWith(files, home), Object.keys(files), asked, subjects, NOW),
  ];
}

/** Replaces the file or its folder by a link to the same content outside of the checkout. */
function linkOf(what: 'file' | 'folder') {
  return (root: string, file: string) => {
    const place = path.join(root, what === 'file' ? file : path.dirname(file));
    const outside = path.join(root, 'outside');
    mkdirSync(outside);
    renameSync(place, path.join(outside, 'x'));
    symlinkSync(path.join(outside, 'x'), place);
  };
}

it('a valid submission has no problems, its intervals drawn again included', async () => {
  expect(await problemsOf({}, 'exact')).toEqual([]);
  expect(await problemsOf({})).toEqual([]);
});

describe.each(Object.entries(corruptions))('%s', (_area, list) => {
  it.each(list.map((corruption) => [corruption.does, corruption] as const))(
    '%s',
    async (_does, corruption) => {
      const problems = await problemsAfter(corruption);
      const { rule, severity = 'refused' } = corruption;
      expect(problems.map((problem) => `${problem.rule} ${problem.severity}`)).toContain(
        `${rule} ${severity}`,
      );
      for (const { found, fix, file, path: at } of problems) {
        expect(`${found}${fix}${at}`).not.toMatch(/[\p{Cc}\u202a-\u202e\u200b]/u);
        expect(found.length).toBeLessThan(700);
        expect(file).toMatch(/./);
      }
    },
  );
});

it('records that follow one another have no problems', () => {
  const after = (since: string, changes: Partial<TrustRecord>) => ({
    [`${valid.stem}/${since}-${changes.state}.json`]: {
      ...goodRecord(),
      since: `${since}T10:00:00Z`,
      ...changes,
    },
  });
  const trust = () => ({
    ...after('2026-11-20', { state: 'disputed' }),
    ...after('2026-11-21', { state: 'recomputed' }),
    ...after('2026-11-22', { state: 'disputed', row_id: '0123456789abcdef' }),
    ...after('2026-11-23', { state: 'reproduced' }),
    ...after('2026-11-24', { state: 'withdrawn' }),
  });
  expect(problemsOfTrust({ trust })).toEqual([]);
});

describe('a run whose outcomes have three digits, checked alone', () => {
  const stem = 'bitloss-english-3m-6c0e676da71a';
  const results = path.resolve(import.meta.dirname, '../../../data/results/bitloss');
  const text = readFileSync(path.join(results, `${stem}.json`), 'utf8');
  const told = async (sent: string) => {
    const parquet = readFileSync(path.join(results, `${stem}.parquet`));
    const file = `data/results/bitloss/${stem}.json`;
    return (await problemsOf({ file, text: sent, parquet }, 'exact')).map(
      ({ rule, severity }) => `${rule} ${severity}`,
    );
  };

  it('is shown to a person and not refused', async () => {
    const problems = await told(text);
    expect(problems).toContain('interval flagged');
    expect(problems.filter((problem) => problem.endsWith('refused'))).toEqual([]);
  });

  it('is refused with an interval that does not fit its outcomes', async () => {
    const run = JSON.parse(text) as typeof valid.run;
    numbers(run, (list) => list[0]!, 'wikitext2', 'rtn-w4g64')[2]! -= 0.1;
    expect(await told(formatCompactRun(run))).toContain('interval refused');
  });
});

it('there are at least sixty kinds, each told apart', () => {
  const all = Object.values(corruptions).flat();
  expect(all.length).toBeGreaterThanOrEqual(60);
  expect(new Set(all.map(({ does }) => does)).size).toBe(all.length);
});

it('no object has got a new property from a hostile file', () => {
  expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
});

it('docs/submission-checks.md lists them, and every rule, and every rule catches one', () => {
  const guide = readFileSync(path.resolve(import.meta.dirname, '../../../docs/submission-checks.md'), 'utf8');
  expect(withChecks(guide)).toBe(guide);
  const caught = new Set(
    Object.values(corruptions)
      .flat()
      .map(({ rule }) => rule),
  );
  expect(allRules.map(({ id }) => id).filter((id) => !caught.has(id))).toEqual([]);
});
