/** The workflow that may write posts nothing but a report, in the pull request that GitHub names, once. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MARK } from '../../eval/submission/report/inert-markdown.ts';
import { previewPages } from '../../scripts/preview-pages.ts';
import { type Api, postComment, type RunEvent, textOf } from '../../scripts/submission-comment.ts';

const REPORTS = path.resolve(import.meta.dirname, '../expected/submission');
const folder = () => mkdtempSync(path.join(tmpdir(), 'bitloss-comment-'));
const event: RunEvent = {
  workflow_run: {
    head_sha: 'a'.repeat(40),
    head_branch: 'submit/x&state=closed',
    head_repository: { owner: { login: 'someone' } },
    html_url: 'https://github.com/bitloss/bitloss/actions/runs/1',
  },
};
const pulls = [
  { number: 3, head: { sha: 'b'.repeat(40) } },
  { number: 7, head: { sha: 'a'.repeat(40) } },
];
const bot = { login: 'github-actions[bot]' };

/** GitHub with these comments, and what was asked of it. */
function github(comments: readonly object[], open: readonly object[] = pulls) {
  const asked: string[] = [];
  const api: Api = (method, place, body) => {
    asked.push(`${method} ${place}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`);
    if (place.startsWith('pulls')) return Promise.resolve(open);
    const page = Number(/&page=(\d+)/.exec(place)?.[1] ?? 1);
    return Promise.resolve(comments.slice(100 * (page - 1), 100 * page));
  };
  return { api, asked };
}

describe('the comment with the report', () => {
  it('is posted in the open pull request of the commit that was checked', async () => {
    const { api, asked } = github([]);
    expect(await postComment(event, 'text', api)).toBe('Posted the report in pull request 7.');
    expect(asked).toEqual([
      'GET pulls?state=open&head=someone%3Asubmit%2Fx%26state%3Dclosed',
      'GET issues/7/comments?per_page=100&page=1',
      'POST issues/7/comments {"body":"text"}',
    ]);
  });

  it('is updated where it is, and that of somebody else with the same mark is not', async () => {
    const others = Array.from({ length: 100 }, (_, id) => ({ id, body: MARK, user: { login: 'someone' } }));
    const { api, asked } = github([
      ...others,
      { id: 900, body: 'hello', user: bot },
      { id: 901, body: `${MARK}\nold`, user: bot },
    ]);
    expect(await postComment(event, 'text', api)).toBe('Updated the report in pull request 7.');
    expect(asked.at(-1)).toBe('PATCH issues/comments/901 {"body":"text"}');
  });

  it('is not posted where the pull request has moved on', async () => {
    const { api, asked } = github([], pulls.slice(0, 1));
    expect(await postComment(event, 'text', api)).toContain('nothing to do');
    expect(asked).toHaveLength(1);
  });
});

describe('the artefact of a run', () => {
  it('is posted as it is where it is a report', () => {
    const place = folder();
    copyFileSync(path.join(REPORTS, 'good.md'), path.join(place, 'report.md'));
    expect(textOf(place, event)).toBe(readFileSync(path.join(REPORTS, 'good.md'), 'utf8'));
  });

  it.each([
    ['a mention', `${MARK}\n\nPing @maintainer\n`],
    ['a link', `${MARK}\n\n[log in](https://example.com)\n`],
    ['an element', `${MARK}\n\n<img src="https://example.com/x.png">\n`],
    ['no mark', 'Looks good.\n'],
    ['too much', `${MARK}\n${'x'.repeat(70_000)}`],
  ])('is not shown with %s', (_what, text) => {
    const place = folder();
    writeFileSync(path.join(place, 'report.md'), text);
    const shown = textOf(place, event);
    expect(shown).toMatch(
      /^<!-- bitloss submission report -->\n\nThe report of this change is not shown here: /,
    );
    expect(shown).toContain(event.workflow_run.html_url);
    expect(shown).not.toMatch(/@maintainer|example\.com|Looks good|xxx/);
  });

  it('is not shown with another file beside it', () => {
    const place = folder();
    copyFileSync(path.join(REPORTS, 'good.md'), path.join(place, 'report.md'));
    writeFileSync(path.join(place, 'pull-request-number'), '1');
    expect(textOf(place, event)).toContain('other files');
  });
});

it('a preview has the pages of the list and what every page needs', () => {
  const [site, out] = [folder(), path.join(folder(), 'preview')];
  for (const file of [
    'index.html',
    '404.html',
    '_astro/a.js',
    'models/x/index.html',
    'models/y/index.html',
    'data/big.json',
  ]) {
    mkdirSync(path.dirname(path.join(site, file)), { recursive: true });
    writeFileSync(path.join(site, file), file);
  }
  const list = '/models/x/\n/models/none/\n/../secret/\n/\n';
  expect(previewPages(site, list, out)).toEqual(['/models/x/', '/']);
  const there = (file: string) => existsSync(path.join(out, file));
  expect(['_astro/a.js', 'models/x/index.html', 'index.html'].every(there)).toBe(true);
  expect(['models/y/index.html', 'data/big.json'].some(there)).toBe(false);
});
