/** What axe-core objects to on a page, in a line each. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/**
 * The rows of a long table are made by one component, so that its first rows and groups stand for all; each cell that axe
 * looks at costs it a millisecond. Pages have no frames of other sites, for which alone axe would collect in a page of
 * its own.
 */
const REPEATED = 'tbody tr:nth-child(n + 30), tbody:nth-of-type(n + 15)';

export async function axeFindings(page: Page): Promise<readonly string[]> {
  const builder = new AxeBuilder({ page }).setLegacyMode(true).exclude(REPEATED);
  const { violations } = await builder.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)}`);
}
