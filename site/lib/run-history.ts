/** What a run changed, in a sentence. */
import type { RunChangeRow } from './db.ts';
import { countText, plural, valueText } from './format.ts';

export function changeWords(row: RunChangeRow): string {
  const { n_cells, n_failed, n_values, n_again, n_otherwise } = row;
  const fresh = n_values - n_again - n_otherwise;
  const parts = [
    `${plural(n_cells, 'cell')}${n_failed === 0 ? '' : `, ${countText(n_failed)} failed`}`,
    fresh === 0 ? '' : `${plural(fresh, 'value')} for the first time`,
    n_again === 0 ? '' : againWords(row),
    n_otherwise === 0
      ? ''
      : `${plural(n_otherwise, 'value')} asked for in another way than before, so that they need not agree`,
  ];
  return `${parts.filter(Boolean).join('; ')}.`;
}

function againWords(row: RunChangeRow): string {
  const { n_again, n_same, largest_task_id, largest_metric, largest_recipe_id, largest_unit } = row;
  const again = `${plural(n_again, 'value')} measured again`;
  if (n_same === n_again) return `${again}, ${n_again === 1 ? 'the same' : 'all the same to the last digit'}`;
  const [before, after] = [row.largest_before, row.largest_after].map((value) =>
    valueText(value, largest_unit ?? 'score'),
  );
  return `${again}, ${countText(n_same)} the same to the last digit; most moved ${largest_task_id} ${largest_metric} of ${largest_recipe_id}, from ${before} to ${after}`;
}

/** The first seven digits of a commit, as git shows it. */
export function commitText(commit: string | null): string {
  return commit === null ? 'an unnamed state of the code' : commit.slice(0, 7);
}
