/** Documents of docs/ as parts of pages. */
import { href } from './url.ts';

/** Documents that are pages of the site too; elsewhere a link between them is one of files. */
const PAGES: Readonly<Record<string, string>> = {
  'submitting.md': '/submit/',
  'submission-checks.md': '/submit/checks/',
};

/**
 * Compiled Markdown without its title, which the page has. Blocks of code and tables scroll, so they take the focus of the
 * keyboard; a table is named by the heading above it; links to documents lead to their pages.
 */
export function guideHtml(compiled: string): string {
  let heading = 'Table';
  return compiled
    .replace(/<h1[^>]*>[\s\S]*?<\/h1>/, '')
    .replaceAll(/<pre[^>]*>/g, '<pre tabindex="0">')
    .replaceAll(/<h[2-6][^>]*>([\s\S]*?)<\/h[2-6]>|<table>/g, (found, title: string | undefined) => {
      if (title === undefined) return tableStart(heading);
      heading = title.replaceAll(/<[^>]*>/g, '').trim();
      return found;
    })
    .replaceAll('<th>', '<th scope="col">')
    .replaceAll('</table>', '</table></div>')
    .replaceAll(/href="([a-z-]+\.md)(#[^"]*)?"/g, (link, file: string, place: string | undefined) => {
      const page = PAGES[file];
      return page === undefined ? link : `href="${href(page)}${place ?? ''}"`;
    });
}

/** @param name as HTML */
function tableStart(name: string): string {
  return `<div class="table-scroll" tabindex="0" role="region" aria-label="${name.replaceAll('"', '&quot;')}"><table><caption class="hidden-text">${name}</caption>`;
}
