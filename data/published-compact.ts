/** Turns rows of the original tidy tables into the compact form of one source, and back without loss. */
import { formatCsv } from './csv.ts';
import { COMPACT_COLUMNS, type Header, type OriginalRow } from './published-schema.ts';

/** Makes header and CSV text of one source. All rows must have the same `source_id`. */
export function compactSource(rows: readonly OriginalRow[]): { header: Header; csv: string } {
  const noteKeys = chooseNoteKeys(rows);
  const tables = new Dictionary<Header['tables'][string]>();
  const models = new Dictionary<Header['models'][string]>();
  const configs = new Dictionary<Header['configs'][string]>();
  const columns = new Dictionary<Header['columns'][string]>();
  const records: string[][] = [[...COMPACT_COLUMNS]];
  for (const row of rows) {
    const [locator, cell] = splitLocator(row.locator);
    records.push([
      tables.key(tableName(locator), { paper: row.paper, arxiv: row.arxiv, locator, commit: row.commit }),
      models.key(row.model, { family: row.family, model: row.model, params_b: row.params_b }),
      configs.key(configName(row), configOf(row)),
      columns.key(columnName(row), columnOf(row)),
      cell,
      row.position,
      row.value,
      noteParts(row.note)
        .map((part) => noteKeys.get(part) ?? part)
        .join('; '),
    ]);
  }
  const header: Header = {
    source_id: rows[0].source_id,
    rows: rows.length,
    tables: tables.entries(),
    models: models.entries(),
    configs: configs.entries(),
    columns: columns.entries(),
    notes: Object.fromEntries([...noteKeys].map(([part, key]) => [key.slice(1), part])),
  };
  return { header, csv: formatCsv(records) };
}

/** The original row that a compact record stands for. The record's keys must exist in the header. */
export function expandRow(header: Header, record: readonly string[]): OriginalRow {
  const [table, model, config, column, cell, position, value, note] = record;
  const { locator, ...origin } = header.tables[table];
  return {
    source_id: header.source_id,
    ...origin,
    locator: cell === '' ? locator : `${locator}#${cell}`,
    ...header.models[model],
    ...header.configs[config],
    ...header.columns[column],
    position,
    value,
    note: expandNote(header, note),
  };
}

/** Note keys of a compact note that the header lacks. */
export function unknownNoteKeys(header: Header, note: string): string[] {
  return noteParts(note).filter(
    (part) => part.startsWith('~') && !Object.hasOwn(header.notes, part.slice(1)),
  );
}

function expandNote(header: Header, note: string): string {
  return noteParts(note)
    .map((part) => (part.startsWith('~') ? header.notes[part.slice(1)] : part))
    .join('; ');
}

function noteParts(note: string): string[] {
  return note.split('; ');
}

/** A part of a note gets a key when it recurs and is long enough for the key to save room. */
function chooseNoteKeys(rows: readonly OriginalRow[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const row of rows)
    for (const part of noteParts(row.note)) counts.set(part, (counts.get(part) ?? 0) + 1);
  const names = new Dictionary<string>();
  const keys = new Map<string, string>();
  for (const [part, uses] of counts) {
    if (part.startsWith('~'))
      throw new Error(`[published] a note starts with "~", which marks keys: ${part}`);
    if (uses < 2 || part.length < 14) continue;
    const words = part.toLowerCase().match(/[a-z0-9]+/g) ?? ['note'];
    keys.set(part, `~${names.key(words.slice(0, 2).join('-'), part)}`);
  }
  return keys;
}

/** The part after `#` differs from row to row (a cell of a file); what comes before is a table. */
function splitLocator(locator: string): [table: string, cell: string] {
  const hash = locator.indexOf('#');
  return hash === -1 || hash === locator.length - 1
    ? [locator, '']
    : [locator.slice(0, hash), locator.slice(hash + 1)];
}

function tableName(locator: string): string {
  const named = locator.replace(/^https:\/\/huggingface\.co\/ISTA-DASLab\//, '');
  const path = /^[^\s]+\//.exec(named)?.[0] ?? '';
  const last = named.slice(path.length).replaceAll(/[,()]/g, '').replaceAll(' ', '-');
  const folder = path.split('/').at(-2) ?? '';
  return /^(?:README|w|wa|kv|\d|length|[a-z]+_(?:result|length_result))/.test(last) && folder !== ''
    ? `${folder}/${last}`
    : last;
}

function configName(row: OriginalRow): string {
  const bits = [
    row.w_bits && `w${row.w_bits}`,
    row.a_bits && `a${row.a_bits}`,
    row.kv_bits && `kv${row.kv_bits}`,
    row.group_size && `g${row.group_size}`,
  ].join('');
  const parts = [
    row.method,
    row.tensor === '' ? '' : bits,
    row.sparsity && `s${row.sparsity}`,
    row.sparsity_pattern,
  ];
  return plainKey(parts.filter((part) => part !== '').join(' '));
}

function columnName(row: OriginalRow): string {
  const metric = /^(?:accuracy|perplexity|accuracy_pct|accuracy_frac)$/.test(row.metric) ? '' : row.metric;
  const shots = row.shots === '' ? '' : `${row.shots}-shot`;
  return plainKey([row.task, metric, shots, row.context_length].filter((part) => part !== '').join(' '));
}

function plainKey(text: string): string {
  return text.replaceAll(',', '+').replaceAll('"', "'");
}

function configOf(row: OriginalRow): Header['configs'][string] {
  return {
    method: row.method,
    tensor: row.tensor as Header['configs'][string]['tensor'],
    w_bits: row.w_bits,
    a_bits: row.a_bits,
    kv_bits: row.kv_bits,
    group_size: row.group_size,
    sparsity: row.sparsity,
    sparsity_pattern: row.sparsity_pattern,
    is_baseline: row.is_baseline as Header['configs'][string]['is_baseline'],
  };
}

function columnOf(row: OriginalRow): Header['columns'][string] {
  return {
    task: row.task,
    category: row.category,
    metric: row.metric,
    higher_is_better: row.higher_is_better as Header['columns'][string]['higher_is_better'],
    shots: row.shots,
    context_length: row.context_length,
  };
}

/** Gives equal values the same readable key, and different values different ones. */
class Dictionary<Value> {
  readonly #keys = new Map<string, string>();
  readonly #values = new Map<string, Value>();

  key(wanted: string, value: Value): string {
    const identity = JSON.stringify(value);
    const known = this.#keys.get(identity);
    if (known !== undefined) return known;
    let key = wanted;
    for (let n = 2; this.#values.has(key); n++) key = `${wanted}~${n}`;
    this.#keys.set(identity, key);
    this.#values.set(key, value);
    return key;
  }

  entries(): Record<string, Value> {
    return Object.fromEntries(this.#values);
  }
}
