import type { ReactNode } from 'react';
import type { Contender } from '../lib/compare.ts';
import type { Named } from '../lib/compare-words.ts';
import { href } from '../lib/url.ts';
import { Mark } from './cells.tsx';

export interface SidesProps {
  readonly contenders: readonly Contender[];
  readonly names: readonly Named[];
}

/** Column headers that name the sides, each with a way to where its values stand. */
export function SideHeaders({ contenders, names }: SidesProps): ReactNode {
  return contenders.map(({ recipe }, place) => (
    <th key={names[place]!.letter} scope="col" className="side">
      <Mark mark={recipe.mark} origin={recipe.origin} />
      <a href={pageHref(recipe.page)}>
        {names[place]!.letter}: {names[place]!.title}
      </a>
    </th>
  ));
}

/** The anchor is no part of the path. */
function pageHref(page: string): string {
  const [path = '', anchor] = page.split('#', 2);
  return anchor === undefined ? href(path) : `${href(path)}#${anchor}`;
}
