/** The site in a page of plain text, after llmstxt.org. */
import type { APIRoute } from 'astro';
import { dataVersion } from '../lib/db.ts';
import { DOWNLOADS } from '../lib/downloads.ts';
import { absolute } from '../lib/release/absolute.ts';
import { description, releaseDate } from '../lib/release/facts.ts';

const PAGES = [
  ['/methodology/', 'What the numbers mean', 'kept, loss, intervals, ranks, and how each is computed'],
  ['/claims/', 'Claims', 'what papers say, and what published and measured rows say to it'],
  ['/models/', 'Models', 'each model with its recipes; a model’s page as JSON at /models/<id>.json'],
  ['/methods/', 'Methods', 'each method of compression; as JSON at /methods/<id>.json'],
  ['/sql/', 'SQL', 'questions with their statements and answers, and the columns of every table'],
  ['/data/', 'Data', 'every file, and the meaning of every column'],
] as const;

export const GET: APIRoute = async () => {
  const lines = [
    '# Bitloss',
    '',
    `> ${await description()}`,
    '',
    '“Kept” is the share of the 16-bit model that is left after compression, from 0 to 1, against the baseline of the same source and protocol.',
    `Version ${await dataVersion()} of the data, ${await releaseDate()}. Name the source of a number when you use it.`,
    '',
    '## Pages',
    '',
    ...PAGES.map(([path, title, about]) => `- [${title}](${absolute(path)}): ${about}`),
    '',
    '## Data',
    '',
    `- [release.json](${absolute('/data/release.json')}): every file with its size and SHA-256`,
    ...DOWNLOADS.map(({ id, about }) => `- [${id}.csv.gz](${absolute(`/data/${id}.csv.gz`)}): ${about}`),
    '',
  ];
  return new Response(lines.join('\n'));
};
