/** Columns that both boards have: what a cell shows and what the CSV holds. */
import type { ReactNode } from 'react';
import { bitsText } from '../lib/format.ts';
import type { Row } from '../lib/row-types.ts';
import { href } from '../lib/url.ts';
import { Chips, Mark, Trust } from './cells.tsx';

export interface BoardColumn<R extends Row> {
  /** Name in the address and in the CSV. */
  readonly id: string;
  readonly header: string;
  /** One sentence on what it is. */
  readonly about: string;
  readonly numeric?: boolean;
  /** Takes a line of its own on a card. */
  readonly wide?: boolean;
  /** Says its name on a card, where no header is seen. */
  readonly label?: boolean;
  /** Compares only within one task: sorting by it needs one task chosen. */
  readonly ofOneTask?: boolean;
  /** Only leads to another page, and is no part of the CSV. */
  readonly isLink?: boolean;
  /** Pixels in the live table. */
  readonly width: number;
  /** Shown unless the reader says otherwise. */
  readonly shown: boolean;
  readonly cell: (row: R) => ReactNode;
  readonly text: (row: R) => string | number | null;
}

export const model: BoardColumn<Row> = {
  id: 'model',
  header: 'Model',
  about: 'Who is compressed. Base and chat models are different models.',
  width: 104,
  shown: true,
  cell: (row) => <a href={href(`/models/${row.model}/`)}>{row.model_name}</a>,
  text: (row) => row.model,
};

export const method: BoardColumn<Row> = {
  id: 'method',
  header: 'Method',
  about:
    'The algorithm. Colour is its family, shape the method; filled is measured here, hollow is reported.',
  width: 124,
  shown: true,
  cell: (row) => (
    <>
      <Mark mark={row.mark} origin={row.origin} />
      <a href={href(`/methods/${row.method}/`)}>{row.method_title}</a>
    </>
  ),
  text: (row) => row.method,
};

export const bits: BoardColumn<Row> = {
  id: 'bits',
  header: 'Bits',
  about: 'Bits of weights (W), activations (A) and cache (KV), values that share a scale (g), sparsity.',
  width: 104,
  shown: true,
  cell: (row) => <Chips chips={row.chips} />,
  text: (row) => row.recipe,
};

export const bpw: BoardColumn<Row> = {
  id: 'bpw',
  header: 'True bits',
  about:
    'True bits per weight: stored bytes × 8 ÷ weights, scales and zero points included; a dash where the source does not say.',
  numeric: true,
  label: true,
  width: 54,
  shown: true,
  cell: (row) => bitsText(row.bpw),
  text: (row) => row.bpw,
};

export const family: BoardColumn<Row> = {
  id: 'family',
  header: 'Family',
  about: 'The architecture.',
  width: 100,
  shown: false,
  label: true,
  cell: (row) => row.family,
  text: (row) => row.family,
};

export const tensor: BoardColumn<Row> = {
  id: 'tensor',
  header: 'Compressed',
  about: 'What is compressed: weights (W), activations too (WA), the cache (KV), or weights removed (prune).',
  width: 100,
  shown: false,
  label: true,
  cell: (row) => row.tensor,
  text: (row) => row.tensor,
};

export const source: BoardColumn<Row> = {
  id: 'source',
  header: 'Source',
  about:
    'Who says so: reported in a publication, measured by this project, or submitted; and its state of trust where it is not the usual one.',
  width: 132,
  shown: true,
  cell: (row) => (
    <>
      <span className="origin">{row.origin} · </span>
      <a href={href(`/sources/${row.source}/`)}>{row.source_title}</a>
      <Trust state={row.trust} />
    </>
  ),
  text: (row) => row.source,
};
