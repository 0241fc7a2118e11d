/** Every value behind a comparison: kept and, below it, the score with that of the 16-bit model. */
import type { CSSProperties, ReactNode } from 'react';
import type { Cell, Comparison, TaskRow } from '../lib/compare.ts';
import type { Named } from '../lib/compare-words.ts';
import { keptText, NONE, plural, valueText } from '../lib/format.ts';
import { heatProperties } from '../lib/heat.ts';
import { href } from '../lib/url.ts';
import { ScrollRegion } from './ScrollRegion.tsx';
import { SideHeaders } from './SideHeaders.tsx';

interface Props {
  readonly comparison: Comparison;
  readonly names: readonly Named[];
  readonly all: boolean;
}

export function CompareScores({ comparison, names, all }: Props): ReactNode {
  const { contenders, shared, others, overall } = comparison;
  const rows = all ? [...shared, ...others] : shared;
  return (
    <section className="section" aria-labelledby="compare-scores">
      <h2 id="compare-scores">What does each keep?</h2>
      <p className="muted">
        Kept of its own 16-bit model; below it the score, and that of the 16-bit model. Scores of different
        sources were not made alike: compare kept.
        {others.length > 0 && !all
          ? ` ${plural(others.length, 'value')} that some sides lack ${others.length === 1 ? 'is' : 'are'} left out.`
          : ''}
      </p>
      <ScrollRegion label="Kept by task">
        <table className="compare-scores">
          <caption>{plural(rows.length, 'value')} a side</caption>
          <thead>
            <tr>
              <th scope="col">Task</th>
              <SideHeaders contenders={contenders} names={names} />
            </tr>
          </thead>
          <tbody>
            {overall === null ? null : (
              <tr className="forest-all">
                <th scope="row">All abilities</th>
                {overall.kept.map((kept, place) => (
                  <td
                    key={names[place]!.letter}
                    className="num heat"
                    style={heatProperties(kept) as CSSProperties}
                  >
                    {keptText(kept)}
                  </td>
                ))}
              </tr>
            )}
            {rows.map((row) => (
              <ScoreRow key={row.key} row={row} names={names} />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </section>
  );
}

function ScoreRow({
  row: { task, cells },
  names,
}: {
  readonly row: TaskRow;
  readonly names: readonly Named[];
}): ReactNode {
  return (
    <tr>
      <th scope="row">
        <a href={href(`/tasks/${task.id}/`)}>{task.title}</a>
        <span className="note">{[task.ability, task.protocol].filter((part) => part !== '').join(', ')}</span>
      </th>
      {cells.map((cell, place) => (
        <Score key={names[place]!.letter} cell={cell} unit={task.unit} />
      ))}
    </tr>
  );
}

function Score({ cell, unit }: { readonly cell: Cell | null; readonly unit: string }): ReactNode {
  if (cell === null) return <td className="num muted">{NONE}</td>;
  return (
    <td className="num heat" style={heatProperties(cell.kept) as CSSProperties}>
      {keptText(cell.kept)}
      <span className="note">
        {valueText(cell.value, unit)} of {valueText(cell.baseline, unit)}
      </span>
    </td>
  );
}
