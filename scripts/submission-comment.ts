/**
 * `node scripts/submission-comment.ts <folder>`: posts or updates the one comment with the report of a pull request. The
 * folder is the artefact of a run that may be of a hostile workflow: it counts only as a text without any effect.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { activeFault, LONGEST, MARK } from '../eval/submission/report/inert-markdown.ts';

/** Of the event `workflow_run`, what GitHub itself knows about the run. */
export interface RunEvent {
  readonly workflow_run: {
    readonly head_sha: string;
    readonly head_branch: string;
    readonly head_repository: { readonly owner: { readonly login: string } };
    readonly html_url: string;
  };
}

/** Calls GitHub's interface. @param place below the repository */
export type Api = (method: 'GET' | 'POST' | 'PATCH', place: string, body?: object) => Promise<unknown>;

/** The text to post: the report, or why it is not shown. */
export function textOf(folder: string, { workflow_run: { html_url } }: RunEvent): string {
  const fault = reportFault(folder);
  if (fault === null) return readFileSync(path.join(folder, 'report.md'), 'utf8');
  return `${MARK}\n\nThe report of this change is not shown here: ${fault}. It is with its run: ${html_url}\n`;
}

function reportFault(folder: string): string | null {
  const files = readdirSync(folder);
  if (files.join() !== 'report.md') return 'the run has other files than one report';
  const stat = lstatSync(path.join(folder, 'report.md'));
  if (!stat.isFile() || stat.size > LONGEST) return 'it is no file of the size of a report';
  return activeFault(readFileSync(path.join(folder, 'report.md'), 'utf8'));
}

/**
 * @returns what was done
 * @throws what the interface throws
 */
export async function postComment(event: RunEvent, text: string, api: Api): Promise<string> {
  const { head_sha, head_branch, head_repository } = event.workflow_run;
  const head = encodeURIComponent(`${head_repository.owner.login}:${head_branch}`);
  // For a run of a fork the event names no pull request, so it is looked up by what GitHub says of the run.
  const open = (await api('GET', `pulls?state=open&head=${head}`)) as Pull[];
  const pull = open.find((one) => one.head.sha === head_sha);
  if (pull === undefined) return `No open pull request is at ${head_sha}; nothing to do.`;
  const before = await ownComment(pull.number, api);
  if (before === null) await api('POST', `issues/${pull.number}/comments`, { body: text });
  else await api('PATCH', `issues/comments/${before}`, { body: text });
  return `${before === null ? 'Posted' : 'Updated'} the report in pull request ${pull.number}.`;
}

interface Pull {
  readonly number: number;
  readonly head: { readonly sha: string };
}

interface Comment {
  readonly id: number;
  readonly body?: string;
  readonly user: { readonly login: string } | null;
}

const BOT = 'github-actions[bot]';
const A_PAGE = 100;

/** Anybody can begin a comment with the mark; only that of the workflow counts. */
async function ownComment(number: number, api: Api): Promise<number | null> {
  for (let page = 1; ; page++) {
    const place = `issues/${number}/comments?per_page=${A_PAGE}&page=${page}`;
    const comments = (await api('GET', place)) as Comment[];
    const own = comments.find(({ user, body }) => user?.login === BOT && body?.startsWith(MARK));
    if (own !== undefined) return own.id;
    if (comments.length < A_PAGE) return null;
  }
}

function github(repository: string, token: string): Api {
  return async (method, place, body) => {
    const response = await fetch(`https://api.github.com/repos/${repository}/${place}`, {
      method,
      headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${place}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}

if (import.meta.main) {
  const { GITHUB_EVENT_PATH, GITHUB_REPOSITORY, GITHUB_TOKEN } = process.env;
  const [folder] = process.argv.slice(2);
  if (!GITHUB_EVENT_PATH || !GITHUB_REPOSITORY || !GITHUB_TOKEN || folder === undefined)
    throw new Error(
      'It runs in the workflow submission-comment: GITHUB_EVENT_PATH, GITHUB_REPOSITORY, GITHUB_TOKEN and the folder are needed.',
    );
  const event = JSON.parse(readFileSync(GITHUB_EVENT_PATH, 'utf8')) as RunEvent;
  console.log(await postComment(event, textOf(folder, event), github(GITHUB_REPOSITORY, GITHUB_TOKEN)));
}
