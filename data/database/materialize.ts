import { VIEWS } from '../views.ts';
import { viewSql } from './claims.ts';
import type { Database } from './open.ts';
import { fillPairs } from './ranks.ts';

/**
 * Computes every view once, each from those before it, and puts its rows in its place for this connection, at a fraction
 * of the time for whoever reads more than one. Ranks need the items of all runs below `root`, which takes longer than all
 * else, so only here they are compared: elsewhere the view recipe_rank is empty. Means may differ from those of the view in their last bit, as the order of
 * adding up does; from one call to the next nothing differs.
 * @param wanted with what they read; default: all
 */
export async function materializeViews(
  { connection }: Database,
  root: string,
  wanted: readonly (typeof VIEWS)[number][] = VIEWS,
): Promise<void> {
  const claims = await connection.runAndReadAll('SELECT claim_id FROM claim_statement ORDER BY place');
  const ids = claims.getRows().map(([id]) => String(id));
  for (const view of VIEWS.filter((one) => wanted.includes(one))) {
    if (view === 'recipe_rank') await fillPairs(connection, root);
    // A view that says `main` means another view, not a part of its own statement of the same name.
    const sql = viewSql(view, ids).replaceAll('main.', 'temp.');
    await connection.run(sql.replace(/^CREATE VIEW/m, 'CREATE TEMP TABLE'));
  }
}
