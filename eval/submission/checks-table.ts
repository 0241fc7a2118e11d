/** What is checked, as the documentation tells it: written from the rules and the corruptions themselves. */
import { changeRules } from './check/change-rules.ts';
import { rules } from './check/index.ts';
import { placeRule } from './check/place-rule.ts';
import { trustRules } from './check/trust-records.ts';
import { corruptions } from './corruptions/index.ts';
import type { Severity } from './problem.ts';
import { readingRules } from './read/reading-rules.ts';

const BEGIN = '<!-- checks:begin -->';
const END = '<!-- checks:end -->';

interface Listed {
  readonly id: string;
  readonly demands: string;
  readonly severity: Severity;
}

export const allRules: readonly Listed[] = [
  placeRule,
  ...readingRules,
  ...changeRules,
  ...rules,
  ...trustRules,
];

/** A guide with its lists written anew. */
export function withChecks(guide: string): string {
  const [before, rest] = guide.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new TypeError(`the guide needs ${BEGIN} and ${END}`);
  return `${before}${BEGIN}\n${rulesTable()}\n\n${corruptionsTables()}\n${END}${after}`;
}

function rulesTable(): string {
  const lines = allRules.map(({ id, demands, severity }) => `| \`${id}\` | ${demands} | ${severity} |`);
  return ['## Rules', '', '| rule | what it demands | otherwise |', '| --- | --- | --- |', ...lines].join(
    '\n',
  );
}

function corruptionsTables(): string {
  const count = Object.values(corruptions).reduce((sum, { length }) => sum + length, 0);
  const areas = Object.entries(corruptions).map(([area, list]) => {
    const lines = list.map(
      ({ does, rule, severity = 'refused' }) => `| ${does} | \`${rule}\` | ${severity} |`,
    );
    return [
      `### ${area}`,
      '',
      '| a submission that | is caught by | and is |',
      '| --- | --- | --- |',
      ...lines,
    ].join('\n');
  });
  return [`## Corruptions\n\n${count} are planted, and each is caught.`, ...areas].join('\n\n');
}
