/** A badge: what a recipe keeps of a model, small enough for a README, with the same words for those who hear it. */

import { bitsChips } from '../bits-chips.ts';
import type { RecipeByAbilityRow } from '../db.ts';
import { rows } from '../db.ts';
import { intervalText, keptText, NONE } from '../format.ts';
import { once } from '../once.ts';
import { escapeXml } from '../xml.ts';

export interface Badge {
  readonly model: string;
  readonly recipe: string;
  /** Of its file: the recipe, without what a path or a URL reads otherwise. */
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly kept: number;
}

/**
 * Badges of the recipes that somebody would show: what is best at its bits by a kind of origin, and everything measured
 * here. A recipe with several sources has the badge of the measured one, else of the one with the most tasks.
 */
export const badges = once(async (): Promise<readonly Badge[]> => {
  const shown = (await rows('recipe_by_ability')).filter(
    (row) =>
      row.ability === 'all' && !row.is_baseline && (row.is_best_of_origin || row.origin === 'measured'),
  );
  const groups = Map.groupBy(shown, ({ model_id, recipe_id }) => `${model_id} ${recipe_id}`);
  return [...groups.values()].map((group) =>
    badgeOf(group.reduce((best, row) => (stands(row) > stands(best) ? row : best))),
  );
});

const stands = ({ origin, n_tasks }: RecipeByAbilityRow) => (origin === 'measured' ? 1_000_000 : 0) + n_tasks;

/** `wanda-2:4` → `wanda-2-4`: what stands before a colon would be the scheme of an address, or a drive. */
export function badgeName(recipe: string): string {
  return recipe.replaceAll(':', '-');
}

/** Of a badge, below the site's base. */
export function badgePath({ model, name }: Pick<Badge, 'model' | 'name'>): string {
  return `/badges/${model}/${name}.svg`;
}

function badgeOf(row: RecipeByAbilityRow): Badge {
  const { kept, kept_half } = row;
  const interval = kept_half === null ? NONE : intervalText(kept - kept_half, kept + kept_half);
  return {
    model: row.model_id,
    recipe: row.recipe_id,
    name: badgeName(row.recipe_id),
    label: `${row.method_title ?? row.method_id} ${bitsChips(row).join(' ')}`,
    value: `${keptText(kept)}${interval === NONE ? '' : ` ${interval}`} kept, ${row.origin}`,
    kept,
  };
}

/** Colours with a contrast of at least 4.5:1 against white. */
const COLOURS: readonly (readonly [number, string])[] = [
  [0.97, '#00694c'],
  [0.9, '#005a8f'],
  [0.7, '#7a5b00'],
  [Number.NEGATIVE_INFINITY, '#a33a00'],
];

/** Mean width of a character in 11-pixel Verdana or what stands in for it; `textLength` makes the text fit exactly. */
const CHARACTER = 6.2;

export function badgeSvg({ label, value, kept }: Badge): string {
  const [left, right] = [label, value].map((text) => Math.round(text.length * CHARACTER) + 12) as [
    number,
    number,
  ];
  const colour = COLOURS.find(([least]) => kept >= least)![1];
  const title = escapeXml(`${label}: ${value} (Bitloss)`);
  const text = (x: number, width: number, words: string) =>
    `<text x="${x + 6}" y="14" textLength="${width - 12}" lengthAdjust="spacingAndGlyphs">${escapeXml(words)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    `<path d="M3 0H${left}V20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#3a3d42"/>`,
    `<path d="M${left} 0h${right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H${left}z" fill="${colour}"/>`,
    `<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${text(0, left, label)}${text(left, right, value)}</g>`,
    '</svg>\n',
  ].join('');
}
