/** BibTeX entries: of a page of this site, and of a paper. */
import type { Paper } from '../catalogue.ts';
import { absolute } from './absolute.ts';

/** Characters with a meaning in LaTeX, as text. */
const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '&': '\\&',
  '%': '\\%',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
};

export function escapeTex(text: string): string {
  return text.replace(/[\\{}&%$#_~^]/g, (character) => SPECIAL[character]!);
}

/** A page as it stood at a version of the data. `day` is `2026-11-26`. */
export function pageBibtex(page: {
  readonly title: string;
  readonly path: string;
  readonly version: string;
  readonly day: string;
}): string {
  const key = ['bitloss', ...page.path.split('/').filter((part) => part !== '')].join('-');
  return entry('misc', key.replaceAll(/[^a-zA-Z0-9-]/g, '-'), {
    title: `{${escapeTex(page.title)}}`,
    author: '{Bitloss}',
    year: page.day.slice(0, 4),
    url: absolute(page.path),
    note: escapeTex(`Version ${page.version} of the data, ${page.day}`),
  });
}

export function paperBibtex(paper: Paper): string {
  const authors = /^(.*) et al\.$/.exec(paper.authors);
  const names = authors === null ? paper.authors.replaceAll(', ', ' and ') : `${authors[1]} and others`;
  const arxiv = /arxiv\.org\/abs\/([\d.]+)/.exec(paper.url ?? '')?.[1];
  return entry(arxiv === undefined ? 'misc' : 'article', paper.id.replaceAll(/[^a-zA-Z0-9-]/g, '-'), {
    title: `{${escapeTex(paper.title)}}`,
    author: escapeTex(names),
    year: String(paper.year),
    ...(arxiv === undefined
      ? {}
      : { journal: `arXiv preprint arXiv:${arxiv}`, eprint: arxiv, archivePrefix: 'arXiv' }),
    ...(paper.url === null ? {} : { url: paper.url }),
  });
}

function entry(kind: string, key: string, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `  ${name} = {${value}},`);
  return `@${kind}{${key},\n${lines.join('\n')}\n}\n`;
}
