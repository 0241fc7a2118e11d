/** What every description of the data set says of it, each once. */
import { summary } from '../catalogue.ts';
import { select } from '../db.ts';
import { countText } from '../format.ts';
import { once } from '../once.ts';

export const NAME = 'bitloss';
export const TITLE = 'Bitloss: what compression costs a language model';
/** Of the rows that this project measured and of the collection; published numbers stay the work of their sources. */
export const LICENCE = 'https://www.apache.org/licenses/LICENSE-2.0';

/** One sentence with today's counts. */
export const description = once(async () => {
  const { reported, measured, submitted, models, methods } = await summary();
  const counts = [
    `${countText(reported)} reported`,
    `${countText(measured)} measured`,
    ...(submitted > 0 ? [`${countText(submitted)} submitted`] : []),
  ];
  return `${counts.join(' and ')} results of ${methods} methods of compression on ${models} language models, each with its 16-bit baseline and its origin.`;
});

/** Day of the newest run, `2026-11-26`: a build of the same files says the same, whenever it is made. */
export const releaseDate = once(async () => {
  const [row] = await select<{ day: string | null }>(
    "SELECT strftime(max(created_at), '%Y-%m-%d') AS day FROM file_run",
  );
  if (row?.day != null) return row.day;
  const [paper] = await select<{ year: number }>(
    'SELECT coalesce(max(year), 1970)::INTEGER AS year FROM paper',
  );
  return `${paper!.year}-01-01`;
});
