/** Claims: their rows for the database, and the view that puts the statements of all of them together. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Claim } from '../catalog-schema.ts';
import type { Row } from './insert.ts';

const CODE = join(import.meta.dirname, '..');
const PLACE_OF_CLAIMS = '/* CLAIMS */';

export const statementPath = (id: string) => join(CODE, 'claims', `${id}.sql`);

/** Ids of claims.json that have no file with their SQL, and files that no entry of claims.json names. */
export function unmatched(ids: readonly string[]): { withoutSql: string[]; withoutEntry: string[] } {
  const files = readdirSync(join(CODE, 'claims')).map((file) => file.replace(/\.sql$/, ''));
  return {
    withoutSql: ids.filter((id) => !existsSync(statementPath(id))),
    withoutEntry: files.filter((file) => !ids.includes(file)),
  };
}

/** Rows of `claim_statement` and `claim_paper`. */
export function claimRows(claims: readonly Claim[]): { statements: Row[]; papers: Row[] } {
  return {
    statements: claims.map(({ id, group, title, value, unit, board }, place) => {
      return { claim_id: id, place, claim_group: group, title, value, unit, board: JSON.stringify(board) };
    }),
    papers: claims.flatMap(({ id, papers }) =>
      papers.map(({ paper, where, says }) => ({ claim_id: id, paper_id: paper, locator: where, says })),
    ),
  };
}

/** The statement that makes a view; `claim_comparison` gets one branch for each claim. */
export function viewSql(view: string, claims: readonly string[]): string {
  const sql = readFileSync(join(CODE, 'views', `${view}.sql`), 'utf8');
  const branches = claims.map((id) => {
    const statement = readFileSync(statementPath(id), 'utf8').trim().replace(/;$/, '');
    return `UNION ALL BY NAME SELECT '${id}' AS claim_id, * FROM (\n${statement}\n)`;
  });
  return sql.replace(PLACE_OF_CLAIMS, () => branches.join('\n'));
}
