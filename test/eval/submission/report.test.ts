/** The report of a good submission and of a tampered one, as the reviewer reads them, and that nothing in it has an effect. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatCompactRun } from '../../../data/compact-run.ts';
import { submissionCommand } from '../../../eval/submission/commands.ts';
import { numbers } from '../../../eval/submission/corruptions/numbers.ts';
import { verdictChanges } from '../../../eval/submission/report/changes.ts';
import { activeFault, code, LONGEST, MARK, table } from '../../../eval/submission/report/inert-markdown.ts';
import { reportMarkdown } from '../../../eval/submission/report/markdown.ts';
import type { BoardState, ChangedRow } from '../../../eval/submission/report/states.ts';
import { HANDLE, validSubmission } from './valid-submission.ts';

const DATA = path.resolve(import.meta.dirname, '../../../data');
const EXPECTED = path.resolve(import.meta.dirname, '../../expected/submission');

let root: string;
let sent: string;

/** A checkout with one run of somebody, and beside it another one of the same model, which is sent now. */
beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'bitloss-report-test-'));
  mkdirSync(path.join(root, `data/results/${HANDLE}`), { recursive: true });
  for (const name of readdirSync(DATA))
    if (name.endsWith('.json') || name === 'labels')
      cpSync(path.join(DATA, name), path.join(root, 'data', name), { recursive: true });
  // Each takes its time, and the verdict of all is the same here.
  const claims = JSON.parse(readFileSync(path.join(root, 'data/claims.json'), 'utf8')) as object[];
  writeFileSync(path.join(root, 'data/claims.json'), JSON.stringify(claims.slice(0, 4)));
  await submit(['fp16', 'rtn-w4g64', 'rtn-w2g64']);
  sent = await submit(['fp16', 'gptq-w4g64', 'gptq-w2g64']);
});

async function submit(recipes: readonly string[]): Promise<string> {
  const valid = await validSubmission(recipes);
  const file = `data/results/${HANDLE}/${valid.stem}.json`;
  writeFileSync(path.join(root, file), valid.text);
  writeFileSync(path.join(root, file.replace(/json$/, 'parquet')), valid.parquet);
  valid.close();
  return file;
}

async function report(
  ...args: readonly string[]
): Promise<{ readonly status: number; readonly text: string }> {
  let text = '';
  const status = await submissionCommand(['report', ...args], {
    root,
    cwd: root,
    write: (more) => {
      text += more;
    },
    now: () => new Date('2026-12-01T00:00:00Z'),
    ask: () => Promise.resolve(false),
  });
  return { status, text };
}

describe('pnpm submission report', () => {
  it('shows what a good submission changes', async () => {
    const pages = path.join(root, 'pages.txt');
    const { status, text } = await report(sent, '--pages', pages);
    expect(status).toBe(0);
    await expect(text).toMatchFileSnapshot(path.join(EXPECTED, 'good.md'));
    expect(activeFault(text)).toBeNull();
    expect(readFileSync(pages, 'utf8').split('\n')).toContain('/models/bitloss-llama-0.5m/');
  }, 60_000);

  it('shows why a tampered one is refused, and nothing of what it would change', async () => {
    const run = JSON.parse(readFileSync(path.join(root, sent), 'utf8'));
    const good = readFileSync(path.join(root, sent));
    numbers(run, (list) => list[0]!, 'world-facts', 'gptq-w2g64')[0]! += 0.05;
    writeFileSync(path.join(root, sent), formatCompactRun(run));
    const { status, text } = await report(sent);
    writeFileSync(path.join(root, sent), good);
    expect(status).toBe(1);
    await expect(text).toMatchFileSnapshot(path.join(EXPECTED, 'tampered.md'));
    expect(activeFault(text)).toBeNull();
  });

  it('asks for files or a commit', async () => {
    await expect(report()).rejects.toThrow(/Name the files, or give --changed-since REF/);
    await expect(report(sent, '--changed-since', 'main')).rejects.toThrow(/not both/);
  });
});

describe('what changes', () => {
  const claim = {
    claim_id: 'w4',
    title: 'Four bits are enough',
    side: 'measured' as const,
    verdict: 'holds' as const,
    n: 10,
    n_holds: 9,
  };
  const state = (...claims: readonly object[]) => ({ ranks: [], kept: [], claims }) as unknown as BoardState;

  it('has the claims with another verdict', () => {
    const [before, after] = [state(claim), state({ ...claim, verdict: 'fails', n: 12 })];
    expect(verdictChanges({ before, after, changed: [] })).toEqual([
      {
        claim: 'w4',
        title: claim.title,
        side: 'measured',
        before: 'holds (9 of 10)',
        after: 'fails (9 of 12)',
      },
    ]);
    expect(verdictChanges({ before, after: state({ ...claim, n: 11, n_holds: 10 }), changed: [] })).toEqual(
      [],
    );
    const text = reportMarkdown({ files: [], cells: 0, problems: [] }, { before, after, changed: [] });
    expect(text).toContain('| `Four bits are enough` | measured | holds (9 of 10) | fails (9 of 12) |');
    expect(text).toContain('`/claims/w4/`');
  });

  it('has values whose trust is another one, with the reason', () => {
    const row = {
      ...{
        is_new: false,
        row_id: 'a',
        model_id: 'm',
        recipe_id: 'rtn-w4',
        task_id: 'piqa',
        metric: 'acc',
        unit: 'fraction',
      },
      ...{
        value: 0.5,
        value_before: 0.5,
        kept: 0.4,
        kept_before: 0.4,
        trust: 'disputed',
        trust_before: 'recomputed',
      },
      ...{ suspect_reason: 'disputed: @you', run_id: 'r', source_id: 'someone', method_id: 'rtn' },
    } as unknown as ChangedRow;
    const states = { before: state(), after: state(), changed: [row] };
    const text = reportMarkdown({ files: [], cells: 0, problems: [] }, states);
    expect(text).toContain(
      '| `m` | `rtn-w4` | `piqa` | `acc` | 50.0 % | 40.0 % | recomputed → disputed | `disputed: @you` |',
    );
    expect(activeFault(text)).toBeNull();
  });
});

describe('text that somebody sent', () => {
  const hostile = [
    '@maintainer and @org/team',
    '[click](https://example.com) ![x](//example.com/x.png)',
    '<img src=x onerror=alert(1)> &lt;b&gt;',
    '` | ``` | `@you',
    'fixes #12, GH-12 and www.example.com',
    '\u202eright to left\u0000\n\n# a heading',
    '',
  ];

  it('has no effect in a report', () => {
    const problems = hostile.map((text) => ({
      file: `data/results/someone/${text}.json`,
      path: text,
      line: 3,
      rule: text,
      found: text,
      fix: text,
      severity: 'refused' as const,
    }));
    const text = reportMarkdown({ files: ['a'], cells: 1, problems }, null);
    expect(activeFault(text)).toBeNull();
    expect(text.split('\n').filter((line) => line.startsWith('| refused'))).toHaveLength(hostile.length);
    for (const line of text.split('\n').filter((one) => one.startsWith('|')))
      expect(line.split(' | '), line).toHaveLength(5);
  });

  it('is found in a comment that no report wrote', () => {
    for (const text of hostile.filter((one) => one !== ''))
      expect(activeFault(`${MARK}\n\n${text}\n`), text).not.toBeNull();
    expect(activeFault('no mark')).toContain('begin');
    expect(activeFault(`${MARK}\n\n\`\`\`sh\n@you`)).toContain('no end');
    expect(activeFault(`${MARK}\n${'x'.repeat(LONGEST)}`)).toContain('bytes');
    expect(
      activeFault(`${MARK}\n\n<details>\n<summary>2 new values</summary>\n\n${code('<b>')}\n`),
    ).toBeNull();
  });

  it('is cut with a count where there is too much of it', () => {
    expect(table(['a'], [['1'], ['2'], ['3']], 2)).toBe('| a |\n| --- |\n| 1 |\n| 2 |\n\n… and 1 more.');
    const problem = { path: 'file', line: null, rule: 'schema', severity: 'refused' as const };
    const problems = Array.from({ length: 5000 }, (_, index) => ({
      ...problem,
      file: `data/results/someone/${index}.json`,
      found: 'x'.repeat(150),
      fix: 'y'.repeat(150),
    }));
    const text = reportMarkdown({ files: [], cells: 0, problems }, null);
    expect(text.length).toBeLessThan(LONGEST);
    expect(text).toContain('… and 4900 more.');
    expect(activeFault(text)).toBeNull();
  });
});
