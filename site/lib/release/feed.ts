/** What was added, as an Atom feed (RFC 4287): one entry a run, the newest first. */
import { createHash } from 'node:crypto';
import { select } from '../db.ts';
import { plural } from '../format.ts';
import { escapeXml } from '../xml.ts';
import { absolute } from './absolute.ts';
import { description, releaseDate, TITLE } from './facts.ts';

const ENTRIES = 60;

interface RunNews {
  readonly id: string;
  readonly owner: string;
  readonly at: string;
  readonly models: string;
  readonly recipes: number;
  readonly tasks: number;
  readonly rows: number;
  readonly failed: number;
}

export async function feed(): Promise<string> {
  const runs = await newestRuns();
  const updated = runs[0]?.at ?? `${await releaseDate()}T00:00:00Z`;
  const lines = [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
    `<id>${permanentId('feed')}</id>`,
    `<title>${escapeXml(TITLE)}</title>`,
    `<subtitle>${escapeXml(await description())}</subtitle>`,
    `<updated>${updated}</updated>`,
    '<author><name>Bitloss</name></author>',
    `<link rel="self" type="application/atom+xml" href="${escapeXml(absolute('/feed.atom'))}"/>`,
    `<link rel="alternate" type="text/html" href="${escapeXml(absolute('/runs/'))}"/>`,
    ...runs.map(entry),
    '</feed>',
  ];
  return `${lines.join('\n')}\n`;
}

function entry(run: RunNews): string {
  const failed = run.failed === 0 ? '' : `; ${plural(run.failed, 'cell')} failed`;
  const title = `${run.models}: ${plural(run.recipes, 'recipe')} on ${plural(run.tasks, 'task')}`;
  return [
    '<entry>',
    `<id>${permanentId(`run ${run.id}`)}</id>`,
    `<title>${escapeXml(title)}</title>`,
    `<updated>${run.at}</updated>`,
    `<author><name>${escapeXml(run.owner)}</name></author>`,
    `<link rel="alternate" type="text/html" href="${escapeXml(absolute(`/runs/${run.id}/`))}"/>`,
    `<summary>${escapeXml(`${plural(run.rows, 'result')} measured in run ${run.id}${failed}.`)}</summary>`,
    '</entry>',
  ].join('\n');
}

function newestRuns(): Promise<readonly RunNews[]> {
  return select<RunNews>(`
    SELECT run.run_id AS id, owner, strftime(created_at, '%Y-%m-%dT%H:%M:%SZ') AS at,
      string_agg(DISTINCT model_name, ', ' ORDER BY model_name) AS models,
      count(DISTINCT board.recipe_id)::INTEGER AS recipes, count(DISTINCT task_id)::INTEGER AS tasks,
      count(value)::INTEGER AS rows, count(DISTINCT cell_key) FILTER (error_code IS NOT NULL)::INTEGER AS failed
    FROM file_run AS run JOIN board USING (run_id)
    GROUP BY run.run_id, owner, created_at ORDER BY created_at DESC, id LIMIT ${ENTRIES}`);
}

/** A name that stays when the site moves: a UUID (version 5 in form) of a text. */
export function permanentId(text: string): string {
  const hash = createHash('sha1').update(`bitloss ${text}`).digest('hex');
  const variant = ((Number.parseInt(hash[16]!, 16) & 3) | 8).toString(16);
  return `urn:uuid:${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
