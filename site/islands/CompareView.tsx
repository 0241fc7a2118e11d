/** A comparison as a page holds it: who, what differs, who keeps more, and every task behind it. Plain HTML, live or not. */
import type { ReactNode } from 'react';
import type { Comparison } from '../lib/compare.ts';
import { namesOf, type Setting, settingsOf, verdicts } from '../lib/compare-words.ts';
import { NONE } from '../lib/format.ts';
import { CompareForest } from './CompareForest.tsx';
import { CompareScores } from './CompareScores.tsx';
import { ScrollRegion } from './ScrollRegion.tsx';
import { SideHeaders, type SidesProps } from './SideHeaders.tsx';

interface Props {
  readonly comparison: Comparison;
  /** Also show tasks that some sides lack. */
  readonly all: boolean;
}

export function CompareView({ comparison, all }: Props): ReactNode {
  const names = namesOf(comparison.contenders);
  return (
    <>
      <ul className="verdicts">
        {verdicts(comparison).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <CompareForest comparison={comparison} names={names} all={all} />
      <Settings contenders={comparison.contenders} names={names} />
      <CompareScores comparison={comparison} names={names} all={all} />
    </>
  );
}

function Settings({ contenders, names }: SidesProps): ReactNode {
  const { differ, same } = settingsOf(contenders);
  return (
    <section className="section" aria-labelledby="compare-settings">
      <h2 id="compare-settings">What differs?</h2>
      {same.length > 0 && contenders.length > 1 ? (
        <p className="muted">The same for all: {same.map(sameText).join(', ')}.</p>
      ) : null}
      <ScrollRegion label="Settings that differ">
        <table className="compare-settings">
          <caption>Settings that differ</caption>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <SideHeaders contenders={contenders} names={names} />
            </tr>
          </thead>
          <tbody>
            {(contenders.length > 1 ? differ : same).map(({ name, values }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {values.map((value, place) => (
                  <td key={names[place]!.letter}>{value ?? NONE}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </section>
  );
}

function sameText({ name, values }: Setting): string {
  return `${name.toLowerCase()} ${values[0] ?? NONE}`;
}
