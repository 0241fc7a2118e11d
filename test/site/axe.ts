/**
 * What axe-core objects to on a page, in a line each, sizes of what is pressed included, and whether all of it is as wide as
 * the screen at most, also with the spacing of letters, words and lines that a reader may ask for (WCAG 2.2, 1.4.12).
 */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

export async function expectAccessible(page: Page, where: string): Promise<void> {
  expect(await axeFindings(page), where).toEqual([]);
  const screen = page.viewportSize()!.width;
  const [width, spaced] = await page.evaluate(widths, SPACING);
  expect(width, `${where}: wider than the screen`).toBeLessThanOrEqual(screen);
  expect(spaced, `${where}: wider than the screen once letters are spaced`).toBeLessThanOrEqual(screen);
}

const SPACING =
  '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }';

/** Of the page as it is and with more space. Runs in the page, and leaves it as it was. */
function widths(spacing: string): readonly [number, number] {
  const width = document.documentElement.scrollWidth;
  const style = document.head.appendChild(document.createElement('style'));
  style.textContent = spacing;
  const spaced = document.documentElement.scrollWidth;
  style.remove();
  return [width, spaced];
}

/**
 * Each cell that axe looks at costs it a millisecond, and tables have thousands, so that rows in which nothing is new are
 * left out. Pages have no frames of other sites, for which alone axe would collect in a page of its own.
 */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  await page.addStyleTag({ content: LAID_OUT });
  await page.evaluate(markRepeated, MARK);
  const builder = new AxeBuilder({ page })
    .setLegacyMode(true)
    .exclude(`[${MARK}]`)
    .options({ rules: { 'target-size': { enabled: true } } });
  const { violations } = await builder.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)}`);
}

/** What waits for the reader to come near has no sizes yet, and is as wide as it is told to be. */
const LAID_OUT = '* { content-visibility: visible !important }';

const MARK = 'data-repeated';

/**
 * Marks the rows all of whose elements have a like in a row above them in the table: the same tags with the same attributes
 * at the same place, whatever their texts and numbers, but empty only where that is. Runs in the page.
 */
function markRepeated(mark: string): void {
  const told = ['class', 'role', 'scope', 'colspan', 'tabindex'];
  const attribute = (element: Element, name: string) => {
    const value = element.getAttribute(name)!.trim();
    if (told.includes(name)) return `${name}=${value}`;
    // A colour of the style sheet has its number after a dash, and is told; a place or a width is not.
    if (name === 'style') return `style=${value.replaceAll(/(?<![-\w])[\d.]+/g, '')}`;
    return value === '' ? `${name}=` : name;
  };
  const shapesOf = (element: Element, above: string): readonly string[] => {
    const names = element.getAttributeNames().filter((name) => name !== mark);
    const attributes = names.map((name) => attribute(element, name)).join(' ');
    const isEmpty = element.textContent!.trim() === '';
    const own = `${above}/${element.localName} ${attributes}${isEmpty ? ' empty' : ''}`;
    return [own, ...[...element.children].flatMap((child) => shapesOf(child, own))];
  };
  for (const table of document.querySelectorAll('table')) {
    const seen = new Set<string>();
    for (const row of table.querySelectorAll('tbody tr')) {
      const shapes = shapesOf(row, '');
      row.toggleAttribute(
        mark,
        shapes.every((shape) => seen.has(shape)),
      );
      for (const shape of shapes) seen.add(shape);
    }
  }
}
