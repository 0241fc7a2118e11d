/** The definitions that stand above each view in data/views, as paragraphs: what the page says is what the SQL does. */

const FILES = import.meta.glob<string>('../../data/views/*.sql', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'formulas'; readonly lines: readonly string[] };

/** @throws where there is no such view */
export function viewProse(view: string): readonly Block[] {
  const sql = FILES[`../../data/views/${view}.sql`];
  if (sql === undefined) throw new Error(`[site] data/views has no ${view}.sql.`);
  return sqlProse(sql);
}

/** The leading comment of an SQL file. An empty line parts paragraphs; indented lines are formulas. */
export function sqlProse(sql: string): readonly Block[] {
  const lines = sql.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  const comment = lines.slice(0, end === -1 ? undefined : end).map((line) => line.replace(/^-- ?/, ''));
  return runsOf(comment).flatMap(({ kind, lines }): Block[] => {
    if (kind === 'empty') return [];
    const trimmed = lines.map((line) => line.trim());
    return [kind === 'text' ? { kind, text: trimmed.join(' ') } : { kind, lines: trimmed }];
  });
}

type Kind = Block['kind'] | 'empty';

function kindOf(line: string): Kind {
  if (line.trim() === '') return 'empty';
  return line.startsWith('  ') ? 'formulas' : 'text';
}

/** Neighbouring lines of one kind. */
function runsOf(lines: readonly string[]): { kind: Kind; lines: string[] }[] {
  const runs: { kind: Kind; lines: string[] }[] = [];
  for (const line of lines) {
    const kind = kindOf(line);
    if (runs.at(-1)?.kind === kind) runs.at(-1)!.lines.push(line);
    else runs.push({ kind, lines: [line] });
  }
  return runs;
}
