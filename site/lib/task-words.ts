/** Sentences about a task, made from its catalogue entry. */
import type { Task } from './catalogue.ts';
import { percent } from './format.ts';

/** How kept is computed for it. */
export function keptRule({ kind, chance, shown_because }: Task): string {
  if (kind === 'perplexity') return 'baseline ÷ score: the share of probability kept per token';
  if (kind === 'judge') return '(score − lowest) ÷ (baseline − lowest), on the scale of the judge';
  if (kind === 'accuracy')
    return chance === null
      ? 'none: chance is not known'
      : `(score − chance) ÷ (baseline − chance), chance being ${percent(chance)}`;
  return `none, shown as printed${shown_because === null ? '' : `: ${shown_because}`}`;
}

export function unitWords({ unit }: Task): string {
  return unit === 'fraction' ? 'points of 100' : unit;
}

const ROLES: Readonly<Record<string, string>> = {
  task: 'counts in the mean of its ability',
  breakdown: 'part of another task, left out of means',
  average: 'printed average of other tasks, counts only where the source prints nothing else of its ability',
};

export function roleWords({ role }: Task): string | null {
  return role === null ? null : (ROLES[role] ?? role);
}
