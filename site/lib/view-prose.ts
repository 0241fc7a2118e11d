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
  const blocks: Block[] = [];
  let open: { kind: Block['kind']; lines: string[] } | null = null;
  const close = () => {
    if (open !== null)
      blocks.push(
        open.kind === 'text'
          ? { kind: 'text', text: open.lines.join(' ') }
          : { kind: 'formulas', lines: open.lines },
      );
    open = null;
  };
  for (const line of comment) {
    if (line.trim() === '') {
      close();
      continue;
    }
    const kind = line.startsWith('  ') ? 'formulas' : 'text';
    if (open?.kind !== kind) close();
    open ??= { kind, lines: [] };
    open.lines.push(line.trim());
  }
  close();
  return blocks;
}
