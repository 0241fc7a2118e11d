/** Columns of the board of recipes. */
import type { ReactNode } from 'react';
import { comparePath } from '../lib/compare-state.ts';
import { bytesText, NONE, plural } from '../lib/format.ts';
import type { RecipeRow } from '../lib/row-types.ts';
import { href } from '../lib/url.ts';
import { Kept } from './cells.tsx';
import { type BoardColumn, bits, bpw, family, method, model, source, tensor } from './columns.tsx';

export const RECIPE_COLUMNS: readonly BoardColumn<RecipeRow>[] = [
  model,
  method,
  bits,
  bpw,
  {
    id: 'kept',
    header: 'Kept',
    about:
      'The share of the same source’s 16-bit model that is left: the mean over abilities of the mean over tasks.',
    numeric: true,
    wide: true,
    width: 206,
    shown: true,
    cell: (row) => <Kept kept={row.kept} low={row.low} high={row.high} />,
    text: (row) => row.kept,
  },
  {
    id: 'rank',
    header: 'Rank',
    about:
      'Place among the recipes of the model by the same source, over all abilities or in the one in view; a range where paired tests over the items tell no difference, unknown where no outcomes of single items are published.',
    numeric: true,
    label: true,
    width: 66,
    shown: true,
    cell: (row) => <Rank row={row} />,
    text: (row) => rankText(row),
  },
  {
    id: 'tasks',
    header: 'Tasks',
    about: 'How many tasks and abilities stand behind the number; the link shows each of them.',
    numeric: true,
    label: true,
    width: 100,
    shown: true,
    cell: (row) => (
      <a href={evidenceHref(row)}>
        {plural(row.n_tasks, 'task')}
        {row.ability === 'all' && row.n_abilities > 1 ? ` in ${row.n_abilities}` : ''}
      </a>
    ),
    text: (row) => row.n_tasks,
  },
  source,
  {
    id: 'compare',
    header: 'Compare',
    about: 'The recipe beside the plainest of its size by the same source, task by task.',
    isLink: true,
    width: 78,
    shown: true,
    cell: (row) => <a href={href('/compare/') + comparePath([row])}>compare</a>,
    text: (row) => comparePath([row]),
  },
  family,
  tensor,
  {
    id: 'ability',
    header: 'Ability',
    about: 'What the tasks ask for; `all` is the mean over abilities.',
    width: 130,
    shown: false,
    label: true,
    cell: (row) => row.ability,
    text: (row) => row.ability,
  },
  {
    id: 'size',
    header: 'Size',
    about: 'Bytes of the whole compressed model, where known.',
    numeric: true,
    width: 90,
    shown: false,
    label: true,
    cell: (row) => (row.size_bytes === null ? NONE : bytesText(row.size_bytes)),
    text: (row) => row.size_bytes,
  },
];

/** Where the values behind a recipe's number stand, one by one. */
export function evidenceHref(row: RecipeRow): string {
  const page = row.page === 1 ? '' : `${row.page}/`;
  return `${href(`/models/${row.model}/results/${page}`)}#${encodeURIComponent(row.key)}`;
}

function rankText({ rank, rank_worst }: RecipeRow): string | null {
  if (rank === null) return null;
  return rank === rank_worst ? String(rank) : `${rank}–${rank_worst}`;
}

function Rank({ row }: { readonly row: RecipeRow }): ReactNode {
  const known = rankText(row);
  if (known === null) return <span className="rank-unknown">unknown</span>;
  const where = row.ability === 'all' ? '' : ` in ${row.ability}`;
  const among = `of ${row.rank_of} recipes of ${row.model_name} by ${row.source_title}${where}`;
  return (
    <span title={among}>
      {known}
      <span className="hidden-text"> {among}</span>
    </span>
  );
}
