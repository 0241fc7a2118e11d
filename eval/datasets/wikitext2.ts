import { type Dataset, type Doc, defineDataset } from './dataset.ts';

export interface WikiText extends Doc {
  /** As published, one paragraph or heading a line. */
  readonly raw: string;
}

/** The test split of WikiText-2 in its raw form as one document. */
export const wikitext2 = wikitext((raw) => [{ id: 'test', raw }]);

/** The same, one document a page: 62. */
export const wikitext2Pages = wikitext((raw) =>
  splitPages(raw).map((page, index) => ({ id: `page-${index + 1}`, raw: page })),
);

function wikitext(split: (raw: string) => readonly WikiText[]): Dataset<WikiText> {
  return defineDataset<WikiText>({
    source: 'folder',
    id: 'wikitext2',
    title: 'WikiText-2 (raw), test',
    origin: 'wiki.test.raw of wikitext-2-raw-v1 (Merity et al. 2016, arXiv:1609.07843), 1,290,590 bytes',
    forms: [
      {
        files: ['wikitext2/wiki.test.raw'],
        parse([file], problems) {
          if (file!.text.trim() === '') problems.add(file!.name, null, null, 'the text is empty');
          return split(file!.text);
        },
      },
    ],
  });
}

/** A line such as ` = Robert Boulter = ` begins a page; ` = = Career = = ` is a heading inside one. */
function splitPages(raw: string): readonly string[] {
  const pages: string[][] = [[]];
  for (const line of raw.split('\n')) {
    if (/^\s*= (?!=).*[^=\s] =\s*$/u.test(line)) pages.push([]);
    pages.at(-1)!.push(line);
  }
  return pages.map((lines) => lines.join('\n')).filter((page) => page.trim() !== '');
}
