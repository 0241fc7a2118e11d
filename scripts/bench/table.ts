/** Measured rows as a table for people: in the terminal and in docs/benchmarks.md. */
import type { BenchFile, BenchRow } from '../../data/bench-schema.ts';
import { valuesOf } from './values.ts';

const HEADER = ['work', 'ours', 'compared with', '', 'ratio', 'of the limit', 'required', 'met'];

export function benchTable(files: readonly Pick<BenchFile, 'rows'>[]): readonly (readonly string[])[] {
  return [HEADER, ...files.flatMap(({ rows }) => rows.map(tableRow))];
}

function tableRow(row: BenchRow): string[] {
  const { ours, compared, ratio, fractionOfLimit, isMet } = valuesOf(row);
  return [
    row.case,
    ours === null ? 'not measured' : shown(ours, row.unit),
    comparedWith(row),
    compared === null ? (row.compared === null ? '' : 'not measured') : shown(compared, row.unit),
    ratio === null ? '' : `${ratio.toFixed(2)}×`,
    fractionOfLimit === null ? '' : `${(100 * fractionOfLimit).toFixed(0)} %`,
    requirement(row),
    isMet === null ? '' : isMet ? 'yes' : 'no',
  ];
}

function comparedWith({ compared }: BenchRow): string {
  return compared === null || 'not_measured' in compared ? '' : (compared.label ?? '');
}

function requirement({ required, unit }: BenchRow): string {
  if (required === null) return '';
  const bound = (value: number) => (required.of === 'ratio' ? `${value}×` : shown(value, unit));
  return required.at_least !== undefined ? `≥ ${bound(required.at_least)}` : `≤ ${bound(required.at_most!)}`;
}

/** Three digits with a prefix for large rates. */
export function shown(value: number, unit: BenchRow['unit']): string {
  switch (unit) {
    case 'bytes':
      return `${(value / 2 ** 30).toFixed(1)} GiB`;
    case 's':
      return value < 0.1 ? `${(1000 * value).toPrecision(3)} ms` : `${digits(value)} s`;
    case 'tokens/s':
      return `${value < 1000 ? digits(value) : Math.round(value).toLocaleString('en')} tokens/s`;
    default:
      return value < 1e12 ? `${digits(value / 1e9)} G${unit}` : `${digits(value / 1e12)} T${unit}`;
  }
}

const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

export function markdown(rows: readonly (readonly string[])[]): string {
  const lines = [rows[0], rows[0].map(() => '---'), ...rows.slice(1)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Columns of equal width for a terminal. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
