/** The claims with their verdicts, papers and comparisons, as the pages show them. */

import { bitsChips } from './bits-chips.ts';
import { resultPages } from './board-rows.ts';
import { type BoardState, DEFAULT_STATE, encodeState, type Facet } from './board-state.ts';
import { byId, models, type Paper, papers, sources } from './catalogue.ts';
import { reading } from './claim-words.ts';
import { type ClaimComparisonRow, type ClaimRow, rows, select } from './db.ts';
import { once } from './once.ts';
import { sqlProse } from './view-prose.ts';

export type Side = ClaimRow['side'];
export const SIDES: readonly Side[] = ['reported', 'measured'];
export const SIDE_TITLES = { reported: 'Published rows', measured: 'Measured here' } as const;

export interface Citation {
  readonly paper: Paper;
  readonly where: string;
  readonly says: string;
}

export interface Claim {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  /** What a comparison is measured by. */
  readonly value: string;
  readonly unit: ClaimRow['unit'];
  readonly citations: readonly Citation[];
  readonly sides: Readonly<Record<Side, ClaimRow>>;
  readonly reading: string;
  /** Filters of the board that show the rows behind it. */
  readonly filters: BoardState['filters'];
}

/** A comparison with the names that its ids stand for. */
export interface Comparison extends ClaimComparisonRow {
  readonly model_name: string;
  readonly task_title: string | null;
  /** null where the source has no page. */
  readonly source_title: string | null;
  /** null where several recipes stand on one side. */
  readonly method: string | null;
  readonly chips: readonly string[];
  /** The static page on which its row stands, and the place on it. */
  readonly path: string;
  readonly anchor: string;
}

interface Statement {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly value: string;
  readonly unit: ClaimRow['unit'];
  readonly board: string;
}

const FILES = import.meta.glob<string>('../../data/claims/*.sql', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** The SQL of a claim and the rule above it. */
export function statementOf(id: string) {
  const sql = FILES[`../../data/claims/${id}.sql`];
  if (sql === undefined) throw new Error(`[site] data/claims has no ${id}.sql.`);
  return { sql: sql.replace(/^(--.*\n)+\n?/, '').trim(), rule: sqlProse(sql) };
}

/** All claims, in the order of the catalogue. */
export const claims = once(async (): Promise<readonly Claim[]> => {
  const statements = await select<Statement>(
    'SELECT claim_id AS id, claim_group AS "group", title, value, unit, board FROM claim_statement ORDER BY place',
  );
  const verdicts = new Map((await rows('claim')).map((row) => [`${row.claim_id} ${row.side}`, row]));
  const cited = await citations();
  return statements.map(({ board, ...statement }) => {
    const sides = {
      reported: verdicts.get(`${statement.id} reported`)!,
      measured: verdicts.get(`${statement.id} measured`)!,
    };
    return {
      ...statement,
      citations: cited.get(statement.id) ?? [],
      sides,
      reading: reading(sides.reported, sides.measured),
      filters: JSON.parse(board) as BoardState['filters'],
    };
  });
});

async function citations(): Promise<ReadonlyMap<string, readonly Citation[]>> {
  const known = byId(await papers());
  const found = await select<{ claim_id: string; paper_id: string; locator: string; says: string }>(
    'SELECT claim_id, paper_id, locator, says FROM claim_paper ORDER BY rowid',
  );
  const byClaim = Map.groupBy(found, ({ claim_id }) => claim_id);
  const cite = ({ paper_id, locator, says }: (typeof found)[number]) => {
    return { paper: known.get(paper_id)!, where: locator, says };
  };
  return new Map([...byClaim].map(([id, list]) => [id, list.map(cite)]));
}

/** Comparisons of every claim by `claim side`. */
export const comparisons = once(async (): Promise<ReadonlyMap<string, readonly Comparison[]>> => {
  const pages = await resultPages();
  const origins = new Map((await rows('board')).map((row) => [row.row_id, row]));
  const names = new Map((await models()).map(({ id, name }) => [id, name]));
  const sourceTitles = new Map((await sources()).map(({ id, title }) => [id, title]));
  const titles = new Map((await rows('board')).map((row) => [row.task_id, row.task_title]));
  const named = (await rows('claim_comparison')).map((row) => {
    const origin = row.recipe_id === null ? undefined : origins.get(row.row_id ?? '');
    return {
      ...row,
      model_name: names.get(row.model_id) ?? row.model_id,
      source_title: sourceTitles.get(row.source_id) ?? null,
      task_title: row.task_id === null ? null : (titles.get(row.task_id) ?? row.task_id),
      method: origin?.method_id ?? null,
      chips: origin === undefined ? [] : bitsChips(origin),
      path: pages.get(row.row_id ?? '') ?? `/models/${row.model_id}/`,
      anchor: row.row_id === null ? '' : `#${row.row_id}`,
    };
  });
  return Map.groupBy(named, ({ claim_id, side }) => `${claim_id} ${side}`);
});

/** The clearest comparisons against and for a claim, at most `each` of both, against first; the farthest first. */
export function clearest(all: readonly Comparison[], each: number): readonly Comparison[] {
  const distance = ({ value, threshold }: Comparison) => Math.abs(value - threshold);
  const sorted = [...all].sort((a, b) => distance(b) - distance(a));
  const part = (holds: boolean) => sorted.filter((row) => row.holds === holds).slice(0, each);
  return [...part(false), ...part(true)];
}

/** Query string of the board with the rows behind a claim, of one side. */
export function boardQuery({ filters }: Pick<Claim, 'filters'>, side: Side): string {
  const facets: Partial<Record<Facet, readonly string[]>> = { ...filters, origin: [side] };
  return encodeState({ ...DEFAULT_STATE, view: 'results', filters: facets });
}
