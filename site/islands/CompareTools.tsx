/** What to show of a comparison, and how to take it away. */
import type { ReactNode } from 'react';
import type { Comparison } from '../lib/compare.ts';
import type { CompareState } from '../lib/compare-state.ts';
import { namesOf } from '../lib/compare-words.ts';
import { type CsvCell, toCsv } from '../lib/csv.ts';
import { saveCsv } from '../lib/save-file.ts';
import { CopyLink } from './CopyLink.tsx';

interface Props {
  readonly state: CompareState;
  readonly setState: (state: CompareState) => void;
  readonly comparison: Comparison;
}

export function CompareTools({ state, setState, comparison }: Props): ReactNode {
  return (
    <div className="toolbar">
      <label className="option">
        <input type="checkbox" checked={state.all} onChange={() => setState({ ...state, all: !state.all })} />
        <span>Show tasks that some sides lack ({comparison.others.length})</span>
      </label>
      <CopyLink before={() => setState(state)} />
      <button
        type="button"
        className="button"
        onClick={() => saveCsv('bitloss-comparison.csv', comparisonCsv(comparison))}
      >
        CSV
      </button>
    </div>
  );
}

const HEADER = [
  ...['ability', 'task', 'metric', 'protocol', 'model', 'recipe', 'source', 'value', 'baseline', 'kept'],
  ...['difference', 'low', 'high', 'interval', 'lost', 'gained', 'items'],
];

/** One line a task and side. */
function comparisonCsv(comparison: Comparison): string {
  const names = namesOf(comparison.contenders);
  const rows = [...comparison.shared, ...comparison.others].flatMap(({ task, cells, differences }) =>
    names.flatMap((_, place): CsvCell[][] => {
      const [cell, difference] = [cells[place], differences[place]];
      if (cell == null) return [];
      const { model, recipe } = comparison.contenders[place]!;
      const flips = difference?.flips;
      return [
        [
          ...[task.ability, task.id, task.metric, task.protocol, model.id, recipe.recipe, recipe.source],
          ...[cell.value, cell.baseline, cell.kept, difference?.value ?? null, difference?.low ?? null],
          ...[difference?.high ?? null, difference?.basis ?? null],
          ...[flips?.lost ?? null, flips?.gained ?? null, flips?.n ?? null],
        ],
      ];
    }),
  );
  return toCsv(HEADER, rows);
}
