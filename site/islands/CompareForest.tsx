/**
 * The forest plot: for the mean, every ability and every task, how much more or less than the first each side keeps,
 * with its interval, and how many items flipped. A row of HTML each, so it reads without a script and at any width.
 */
import type { CSSProperties, ReactNode } from 'react';
import type { Comparison, Difference, MeanRow, TaskRow } from '../lib/compare.ts';
import { ticksOf } from '../lib/compare-axis.ts';
import { differenceText, isSure, littleToLose, type Named } from '../lib/compare-words.ts';
import { NONE, plural, signed } from '../lib/format.ts';
import { Mark } from './cells.tsx';
import { ScrollRegion } from './ScrollRegion.tsx';

interface Props {
  readonly comparison: Comparison;
  readonly names: readonly Named[];
  readonly all: boolean;
}

interface Line {
  readonly key: string;
  readonly title: string;
  readonly note: string;
  readonly level: 'all' | 'ability' | 'task';
  readonly differences: readonly (Difference | null)[];
}

export function CompareForest({ comparison, names, all }: Props): ReactNode {
  const lines = linesOf(comparison, all);
  if (names.length < 2 || lines.length === 0) return null;
  const { ticks, reach } = ticksOf(lines.flatMap(({ differences }) => differences));
  return (
    <section className="section" aria-labelledby="compare-forest">
      <h2 id="compare-forest">Who keeps more, and where?</h2>
      <p className="muted">
        Points of kept against {names[0]!.letter} ({names[0]!.title}), with 95 % intervals; to the right keeps
        more. Lost and gained are items that {names[0]!.letter} answered right and the other wrong, and the
        reverse.
      </p>
      <ul className="chart-legend" aria-label="Sides">
        {names.slice(1).map(({ letter, title }, place) => (
          <li key={letter}>
            <Mark {...markOf(comparison, place + 1)} />
            {letter}: {title}
          </li>
        ))}
      </ul>
      <ScrollRegion label="Differences by task">
        <table className="forest">
          <caption>
            Difference in points of kept, {plural(comparison.shared.length, 'value')} that all sides have
          </caption>
          <thead>
            <tr>
              <th scope="col">Task</th>
              <th scope="col" className="forest-plot">
                <span className="forest-ticks" aria-hidden="true">
                  {ticks.map((tick) => (
                    <span key={tick} style={{ '--x': position(tick, reach) } as CSSProperties}>
                      {tick === 0 ? '0' : signed(tick, 0)}
                    </span>
                  ))}
                </span>
                <span className="hidden-text">Plot</span>
              </th>
              <th scope="col">Points (95 % interval)</th>
              <th scope="col">Flips</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <ForestRow key={line.key} line={line} comparison={comparison} names={names} reach={reach} />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </section>
  );
}

interface RowProps extends Omit<Props, 'all'> {
  readonly line: Line;
  readonly reach: number;
}

function ForestRow({ line, comparison, names, reach }: RowProps): ReactNode {
  const places = names.map((_, place) => place).slice(1);
  return (
    <tr className={`forest-${line.level}`}>
      <th scope="row">
        {line.title}
        {line.note === '' ? null : <span className="note">{line.note}</span>}
      </th>
      <td className="forest-plot" aria-hidden="true">
        {places.map((place) => (
          <Whisker
            key={place}
            difference={line.differences[place]!}
            mark={markOf(comparison, place)}
            reach={reach}
          />
        ))}
      </td>
      <td className="forest-text">
        {places.map((place) => (
          <span key={place}>
            {names.length > 2 ? <b>{names[place]!.letter} </b> : null}
            <DifferenceText difference={line.differences[place]!} />
          </span>
        ))}
      </td>
      <td className="forest-text">
        {places.map((place) => (
          <span key={place}>
            {names.length > 2 ? <b>{names[place]!.letter} </b> : null}
            {flipText(line.differences[place]!)}
          </span>
        ))}
      </td>
    </tr>
  );
}

function DifferenceText({ difference }: { readonly difference: Difference | null }): ReactNode {
  if (difference === null) return NONE;
  const { basis } = difference;
  const from = basis === 'paired' ? 'from the same items' : basis === null ? 'no interval known' : basis;
  return (
    <span className={isSure(difference) ? 'sure' : undefined} title={from}>
      {differenceText(difference)}
    </span>
  );
}

function flipText(difference: Difference | null): string {
  if (difference?.flips == null) return NONE;
  const { lost, gained, n } = difference.flips;
  return `${lost} lost, ${gained} gained of ${n}`;
}

interface WhiskerProps {
  readonly difference: Difference | null;
  readonly mark: Parameters<typeof Mark>[0];
  readonly reach: number;
}

function Whisker({ difference, mark, reach }: WhiskerProps): ReactNode {
  if (difference === null) return <span className="whisker" />;
  const { value, low, high } = difference;
  const style = {
    '--x': position(100 * value, reach),
    '--lo': position(100 * (low ?? value), reach),
    '--hi': position(100 * (high ?? value), reach),
    color: mark.mark.color,
  } as CSSProperties;
  const beyond = Math.abs(100 * value) <= reach ? '' : value > 0 ? ' above' : ' below';
  return (
    <span className={`whisker${beyond}`} style={style}>
      {low === null ? null : <i />}
      <Mark {...mark} />
    </span>
  );
}

/** Share of the width; what is beyond the axis is drawn at its end. */
function position(points: number, reach: number): number {
  return Number(Math.min(1, Math.max(0, 0.5 + points / (2 * reach))).toFixed(4));
}

function markOf({ contenders }: Comparison, place: number): Parameters<typeof Mark>[0] {
  const { mark, origin } = contenders[place]!.recipe;
  const shapes = new Set(contenders.slice(1).map(({ recipe }) => recipe.mark.shape));
  // Where several sides are one method their shapes cannot tell them apart: then they go by their place.
  const isTold = shapes.size === contenders.length - 1;
  return { mark: isTold ? mark : { ...mark, shape: BY_PLACE[place % BY_PLACE.length]! }, origin };
}

const BY_PLACE = [
  'circle',
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'triangle-down',
  'star',
  'cross',
] as const;

function linesOf({ overall, abilities, shared, others }: Comparison, all: boolean): readonly Line[] {
  const tasks = all ? [...shared, ...others] : shared;
  const byAbility = Map.groupBy(tasks, ({ task }) => task.ability);
  const means = new Map(abilities.map((row) => [row.ability, row]));
  return [
    ...(overall === null
      ? []
      : [meanLine(overall, 'all', `mean of ${plural(overall.n_abilities, 'ability')}`)]),
    ...[...byAbility].flatMap(([ability, rows]) => {
      const mean = means.get(ability);
      // A mean of one value would only repeat it.
      const own =
        mean === undefined || rows.length === 1
          ? []
          : [meanLine(mean, 'ability', `mean of ${plural(mean.n_tasks, 'task')}`)];
      return [...own, ...rows.map((row) => taskLine(row, own.length === 0))];
    }),
  ];
}

function meanLine({ ability, differences }: MeanRow, level: 'all' | 'ability', note: string): Line {
  return {
    key: `mean ${ability}`,
    title: ability === 'all' ? 'All abilities' : ability,
    note,
    level,
    differences,
  };
}

/** A task alone in its ability stands for both. */
function taskLine(row: TaskRow, isAlone: boolean): Line {
  const { key, task, differences } = row;
  const { title, protocol, ability } = task;
  const note = [isAlone ? title : '', protocol, littleToLose(row)].filter((part) => part !== '').join(', ');
  return isAlone
    ? { key, title: ability, note, level: 'ability', differences }
    : { key, title, note, level: 'task', differences };
}
