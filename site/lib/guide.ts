/** Documents of docs/ as parts of pages. */
import { href } from './url.ts';

/** Documents that are pages of the site too; elsewhere a link between them is one of files. */
const PAGES: Readonly<Record<string, string>> = {
  'submitting.md': '/submit/',
  'submission-checks.md': '/submit/checks/',
};

/**
 * Compiled Markdown without its title, which the page has; blocks of code and tables scroll, so they take the focus of the
 * keyboard, and links to documents lead to their pages.
 */
export function guideHtml(compiled: string): string {
  let tables = 0;
  return compiled
    .replace(/<h1[^>]*>[\s\S]*?<\/h1>/, '')
    .replaceAll(/<pre[^>]*>/g, '<pre tabindex="0">')
    .replaceAll('<table>', () => {
      tables += 1;
      return `<div class="table-scroll" tabindex="0" role="region" aria-label="Table ${tables}"><table>`;
    })
    .replaceAll('</table>', '</table></div>')
    .replaceAll(/href="([a-z-]+\.md)(#[^"]*)?"/g, (link, file: string, place: string | undefined) => {
      const page = PAGES[file];
      return page === undefined ? link : `href="${href(page)}${place ?? ''}"`;
    });
}
