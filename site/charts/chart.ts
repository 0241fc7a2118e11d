/** What a chart is. Copy `kept-by-bits.ts` for a new one and list it in `index.ts`; the chart tests then find it. */
import type { ViewName, ViewRow } from '../lib/db.ts';
import type { Mark } from '../lib/marks.ts';
import type { TopLevelSpec } from '../lib/vega.ts';

/** Wide for a desk, narrow for a phone: two drawings of the same data. */
export type Size = 'wide' | 'narrow';

export type MarkOf = (method: string) => Mark;

export interface ChartColumn<Row> {
  readonly header: string;
  readonly numeric?: boolean;
  readonly text: (row: Row) => string;
}

export interface Chart<View extends ViewName> {
  /** The file's stem: part of addresses, permanent. */
  readonly id: string;
  /** The view whose rows it draws. */
  readonly view: View;
  /** What it looks like, for those who cannot see it. */
  readonly form: string;
  readonly sizes: readonly Size[];
  /** The question that it answers. */
  readonly title: (rows: readonly ViewRow<View>[]) => string;
  /** One sentence, computed from the rows. */
  readonly finding: (rows: readonly ViewRow<View>[]) => string;
  /** What to know before believing it. */
  readonly caution: string;
  /** Which rows of the view are drawn when nothing more is asked. */
  readonly select: (rows: readonly ViewRow<View>[]) => readonly ViewRow<View>[];
  /**
   * Rows of its data have a `group`, the method or whatever a reader may follow through it; those that can be pointed at
   * have their numbers in words as `tip`, which is the description of their mark. What stands for a reader's use of it
   * is added elsewhere, to all charts alike.
   */
  readonly spec: (rows: readonly ViewRow<View>[], size: Size, markOf: MarkOf) => TopLevelSpec;
  /** Methods to name in a legend, where names are not in the drawing. */
  readonly legend: (
    rows: readonly ViewRow<View>[],
  ) => readonly { readonly method: string; readonly title: string }[];
  readonly columns: readonly ChartColumn<ViewRow<View>>[];
}

export function defineChart<View extends ViewName>(chart: Chart<View>): Chart<View> {
  return chart;
}

/** Labels of an axis of shares kept, in panels that have no room for a line of text: what 100 % is, below it. */
export const WHOLE_IS_16_BIT = "datum.value === 1 ? [datum.label, '16 bit'] : datum.label";

/** The schema that every specification names. */
export const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';
