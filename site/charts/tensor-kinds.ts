/** The kinds of tensors as charts and tables show them: one colour and one shape each. */
import type { TensorProfileRow } from '../lib/db.ts';
import { countText, NONE } from '../lib/format.ts';
import type { Mark } from '../lib/marks.ts';

export type TensorKind = TensorProfileRow['tensor'];

export interface TensorKindLook extends Mark {
  /** Many of them. */
  readonly title: string;
  /** Before the name of a linear: `the input of …`. */
  readonly of: string;
  /** What is rounded when this kind gets 4 bits. */
  readonly fourBits: string;
}

export const TENSOR_KIND_LOOKS: Readonly<Record<TensorKind, TensorKindLook>> = {
  weight: {
    title: 'Weights',
    of: 'the weight of',
    fourBits: 'W4',
    color: 'var(--family-blue)',
    shape: 'circle',
  },
  activation: {
    title: 'Activations',
    of: 'the input of',
    fourBits: 'W4A4 after W4A8',
    color: 'var(--family-vermilion)',
    shape: 'triangle-up',
  },
  key: {
    title: 'Keys',
    of: 'the keys of',
    fourBits: 'KV4',
    color: 'var(--family-green)',
    shape: 'square',
  },
  value: {
    title: 'Values',
    of: 'the values of',
    fourBits: 'KV4',
    color: 'var(--family-purple)',
    shape: 'diamond',
  },
};

export const TENSOR_KINDS = Object.keys(TENSOR_KIND_LOOKS) as TensorKind[];

/** A kurtosis, or a number of standard deviations: 3.4, 147, 7,483. */
export function spreadText(value: number | null): string {
  if (value === null) return NONE;
  return value < 100 ? value.toFixed(1) : countText(Math.round(value));
}

/** A size in the units of the tensor itself: three digits. */
export function sizeText(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** A linear by its block and what follows the block's number: `layer 3, mlp.down_proj`. */
export function placeText(layer: number, linear: string): string {
  return `layer ${layer}, ${linear.replace(/^.*?\.\d+\./, '')}`;
}
