/** Collects the moments of the tensors of one block under the names that they are reported by. */
import type { TensorKind, TensorRow } from '../../data/tensor-schema.ts';
import { tensorErrors as errors } from '../errors/tensors.ts';
import { Moments } from '../math/moments.ts';

/** A matrix, row-major `[rows, columns]`. */
export interface Matrix {
  readonly values: Float32Array;
  readonly columns: number;
}

interface Entry {
  readonly linear: string;
  readonly tensor: TensorKind;
  readonly moments: Moments;
  /** Of weights, whose rows are known as a whole. */
  channelKurtosis: number | null;
}

const WORDS: Readonly<Record<TensorKind, { readonly what: string; readonly rows: string }>> = {
  weight: { what: 'the weight', rows: 'row' },
  activation: { what: 'the input', rows: 'token' },
  key: { what: 'the keys', rows: 'token' },
  value: { what: 'the values', rows: 'token' },
};

export class Tally {
  readonly #layer: number;
  readonly #entries = new Map<string, Entry>();

  constructor(layer: number) {
    this.#layer = layer;
  }

  /** Takes in a weight `[N, K]`; channels are its rows. Throws `tensors/not-finite`. */
  addWeight(linear: string, matrix: Matrix): void {
    const entry = this.#entry(linear, 'weight');
    const { values, columns } = matrix;
    for (let from = 0; from < values.length; from += columns) {
      const row = new Moments();
      row.add(values.subarray(from, from + columns));
      entry.moments.merge(row);
      const { kurtosis } = row.summary();
      if (kurtosis !== null) entry.channelKurtosis = Math.max(entry.channelKurtosis ?? 0, kurtosis);
    }
    this.#check(entry, linear, matrix, 0);
  }

  /**
   * Takes in what some tokens have of a tensor, `[tokens, columns]`; all tokens are pooled.
   * @param firstToken number of the first of them, for messages
   * @throws tensors/not-finite
   */
  addTokens(linear: string, tensor: Exclude<TensorKind, 'weight'>, matrix: Matrix, firstToken: number): void {
    const entry = this.#entry(linear, tensor);
    entry.moments.add(matrix.values);
    this.#check(entry, linear, matrix, firstToken);
  }

  /** One row a tensor, in the order of first sight; numbers to six digits. */
  rows(): readonly TensorRow[] {
    return [...this.#entries.values()].map(({ linear, tensor, moments, channelKurtosis }): TensorRow => {
      const { count, absMax, std, kurtosis } = moments.summary();
      const spread = [shorten(absMax), shorten(std)] as const;
      return [this.#layer, linear, tensor, count, ...spread, shorten(kurtosis), shorten(channelKurtosis)];
    });
  }

  #entry(linear: string, tensor: TensorKind): Entry {
    const name = pooledName(linear);
    const key = `${tensor} ${name}`;
    const entry = this.#entries.get(key) ?? {
      linear: name,
      tensor,
      moments: new Moments(),
      channelKurtosis: null,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #check({ moments, tensor }: Entry, linear: string, { values, columns }: Matrix, firstRow: number): void {
    if (Number.isFinite(moments.mean)) return;
    const at = values.findIndex((value) => !Number.isFinite(value));
    const { what, rows } = WORDS[tensor];
    const row = firstRow + Math.floor(at / columns);
    // Experts see some tokens only, so that a number among theirs says nothing.
    const place = { row, rows: linear === pooledName(linear) ? rows : 'row', column: at % columns };
    throw errors.notFinite(linear, what, { ...place, value: values[at]! });
  }
}

/**
 * Experts of a block do one job, and there may be hundreds: they share a name, in which `*` stands for their numbers.
 * The first number of a module's path is that of its block, any further one counts experts.
 */
export function pooledName(linear: string): string {
  let numbers = 0;
  return linear
    .split('.')
    .map((part) => (/^\d+$/.test(part) && numbers++ > 0 ? '*' : part))
    .join('.');
}

function shorten<Value extends number | null>(value: Value): Value {
  return (value === null ? null : Number(value.toPrecision(6))) as Value;
}
