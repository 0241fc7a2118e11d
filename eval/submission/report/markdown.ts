/** The report as the reviewer reads it. */

import type { Report } from '../check/check-files.ts';
import type { Problem } from '../problem.ts';
import {
  type KeptChange,
  keptChanges,
  pagesOf,
  type RankChange,
  rankChanges,
  type VerdictChange,
  verdictChanges,
} from './changes.ts';
import { code, folded, LONGEST, MARK, table } from './inert-markdown.ts';
import type { ChangedRow, States } from './states.ts';

/** Rows of a table, tried until the report is short enough. */
const ROWS = [400, 100, 30, 10, 3];
/** Longer tables are folded. */
const UNFOLDED = 12;

/** Of a rank that is in no single ability. */
const OVER_ALL = 'all';

/** @param states null where something is refused */
export function reportMarkdown(checked: Report, states: States | null): string {
  for (const most of ROWS) {
    const report = withRows(checked, states, most);
    if (Buffer.byteLength(report) <= LONGEST) return report;
  }
  return `${[MARK, '## What this would change', verdict(checked), 'The rest is too long to show.'].join('\n\n')}\n`;
}

function withRows(checked: Report, states: States | null, most: number): string {
  const parts = [MARK, '## What this would change', verdict(checked), problemsPart(checked.problems, most)];
  if (states === null) parts.push('What it changes on the board is shown when nothing is refused.');
  else parts.push(...boardParts(states, most));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function verdict({ files, cells, problems }: Report): string {
  const refused = problems.filter(({ severity }) => severity === 'refused').length;
  const flagged = `${problems.length - refused} for a person to look at`;
  const counts = `${count(files.length, 'file')} with ${count(cells, 'cell')}, ${count(refused, 'problem')}, ${flagged}.`;
  return refused > 0 ? `**Refused**: ${counts}` : `**Accepted by the check**: ${counts}`;
}

function problemsPart(problems: readonly Problem[], most: number): string {
  if (problems.length === 0) return '';
  const rows = problems.map(({ severity, rule, file, line, path, found, fix }) => [
    severity,
    code(rule),
    code(`${file}${line === null ? '' : `:${line}`} ${path}`),
    code(found),
    code(fix),
  ]);
  return `### Problems\n\n${foldedTable('problems', ['', 'rule', 'where', 'found', 'what to do'], rows, most)}`;
}

function boardParts(states: States, most: number): readonly string[] {
  const { changed } = states;
  const verdicts = verdictChanges(states);
  return [
    ...keptParts(keptChanges(states), most),
    ...valueParts(changed, most),
    ...rankParts(rankChanges(states), most),
    `### Claims\n\n${verdictsPart(verdicts, states.after.claims.length, most)}`,
    `### Pages\n\n${pagesPart(pagesOf(changed, verdicts), most)}`,
    reproducePart(changed),
  ];
}

function keptParts(changes: readonly KeptChange[], most: number): readonly string[] {
  if (changes.length === 0) return [];
  const head = ['model', 'recipe', 'source', 'tasks', 'kept before', 'kept after'];
  const rows = changes.map(({ recipe, before }) => [
    ...[recipe.model_id, recipe.recipe_id, recipe.source_id].map(code),
    String(recipe.n_tasks),
    share(before),
    `${percent(recipe.kept)}${recipe.kept_half === null ? '' : ` ± ${percent(recipe.kept_half)}`}`,
  ]);
  return ['### Recipes', foldedTable('recipes of which something else is kept', head, rows, most)];
}

function valueParts(changed: readonly ChangedRow[], most: number): readonly string[] {
  const added = changed.filter(({ is_new }) => is_new);
  const others = changed.filter((row) => !row.is_new && !isAsBefore(row));
  const kept = changed.length - added.length - others.length;
  const parts = ['### Values'];
  if (changed.length === 0) parts.push('No value changes.');
  const head = ['model', 'recipe', 'bits', 'task', 'metric', 'value', '16 bit', 'kept (95 %)', 'trust'];
  if (added.length > 0) parts.push(foldedTable('new values', head, added.map(valueCells), most));
  const changedHead = ['model', 'recipe', 'task', 'metric', 'value', 'kept', 'trust', 'doubt'];
  if (others.length > 0)
    parts.push(foldedTable('values that change', changedHead, others.map(changeCells), most));
  if (kept > 0) parts.push(`${count(kept, 'value')} as before, from a newer run.`);
  return parts;
}

/** The newest run of somebody counts, also where it measured the same again. */
const isAsBefore = (row: ChangedRow) =>
  row.value === row.value_before && row.kept === row.kept_before && row.trust === row.trust_before;

function changeCells(row: ChangedRow): readonly string[] {
  const arrow = (before: string, after: string) => (before === after ? after : `${before} → ${after}`);
  return [
    code(row.model_id),
    code(row.recipe_id),
    code(row.task_id),
    code(row.metric ?? ''),
    arrow(number(row.value_before, row), number(row.value, row)),
    arrow(share(row.kept_before), share(row.kept)),
    arrow(row.trust_before ?? 'none', row.trust ?? 'none'),
    row.suspect_reason === null ? '' : code(row.suspect_reason),
  ];
}

function valueCells(row: ChangedRow): readonly string[] {
  const error = row.std_error === null ? '' : ` ± ${number(row.std_error, row)}`;
  const interval =
    row.kept_low === null || row.kept_high === null
      ? ''
      : ` (${percent(row.kept_low)} to ${percent(row.kept_high)})`;
  return [
    code(row.model_id),
    code(row.recipe_id),
    row.bits === null ? '' : row.bits.toFixed(2),
    code(row.task_id),
    code(row.metric ?? ''),
    row.error_code === null ? `${number(row.value, row)}${error}` : `failed: ${code(row.error_code)}`,
    row.is_baseline ? 'itself' : number(row.baseline_value, row),
    row.kept === null || row.is_baseline ? (row.kept_note ?? '') : `${percent(row.kept)}${interval}`,
    row.trust ?? '',
  ];
}

function rankParts(changes: readonly RankChange[], most: number): readonly string[] {
  const head = ['model', 'recipe', 'source', 'ability', 'rank before', 'rank after'];
  const cells = ({ model, recipe, source, ability, before, after }: RankChange) => [
    ...[model, recipe, source].map(code),
    ability === OVER_ALL ? ability : code(ability),
    before ?? 'none',
    after ?? 'none',
  ];
  const [over, within] = [true, false].map((isOverAll) =>
    changes.filter(({ ability }) => (ability === OVER_ALL) === isOverAll).map(cells),
  ) as [string[][], string[][]];
  const parts = ['### Ranks and ties'];
  if (changes.length === 0) parts.push('No rank changes.');
  if (over.length > 0) parts.push(foldedTable('ranks that change', head, over, most));
  if (within.length > 0)
    parts.push(folded(`${count(within.length, 'rank')} in single abilities`, table(head, within, most)));
  return parts;
}

function verdictsPart(verdicts: readonly VerdictChange[], all: number, most: number): string {
  if (verdicts.length === 0)
    return `None of the ${all} verdicts changes. Results of others than the project are not counted in them.`;
  const rows = verdicts.map(({ title, side, before, after }) => [code(title), side, before, after]);
  return table(['claim', 'side', 'before', 'after'], rows, most);
}

function pagesPart(pages: readonly string[], most: number): string {
  if (pages.length === 0) return 'No page changes.';
  const list = pages.slice(0, most).map(code).join(', ');
  return pages.length > most ? `${list}, and ${pages.length - most} more.` : `${list}.`;
}

/** The new value of a run that loses most: where a mistake would matter. */
function reproducePart(changed: readonly ChangedRow[]): string {
  const runs = changed.filter(({ run_id, value }) => run_id !== null && value !== null);
  const compared = runs.filter(({ kept }) => kept !== null).sort((a, b) => a.kept! - b.kept!);
  const row = compared[0] ?? runs[0];
  if (row === undefined) return '';
  const what = `${code(row.recipe_id)} of ${code(row.model_id)} on ${code(row.task_id)}`;
  return `### Measure one cell again\n\n${what}:\n\n\`\`\`sh\npnpm eval reproduce ${row.row_id}\n\`\`\``;
}

function foldedTable(
  what: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  most: number,
): string {
  const whole = table(head, rows, most);
  return rows.length > UNFOLDED ? folded(`${rows.length} ${what}`, whole) : whole;
}

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const share = (value: number | null) => (value === null ? 'none' : percent(value));
const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;

function number(value: number | null, { unit }: ChangedRow): string {
  if (value === null) return 'none';
  return unit === 'fraction' ? percent(value) : String(Number(value.toPrecision(5)));
}
