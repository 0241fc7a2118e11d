/**
 * What the reader asks the advisor, and its one form in the address: short, versioned, the same after a round trip.
 *
 *     ?v=1&model=llama-3-70b&gpu=rtx-4090&ctx=8192&batch=4&need=reasoning,knowledge&from=huang2024-llama3
 *     ?v=1&params=9.2&family=gemma2&gib=16
 *
 * What is at its default is left out. An address is untrusted: what is unknown or out of range stays at its default.
 */

/** Version of the address; a later one must still read this. */
const STATE_VERSION = 1;

/** All sources of one origin together. */
export const EVERY = 'every';

export interface Question {
  /** A model of the catalogue; '' for another one, of which only size and family are known. */
  readonly model: string;
  /** Parameters in billions; counts only where `model` is ''. */
  readonly params: number;
  /** Family of another model; '' for any. */
  readonly family: string;
  /** A GPU of the table; '' where the memory is given as a number. */
  readonly gpu: string;
  /** Memory in GiB; counts only where `gpu` is ''. */
  readonly gib: number;
  readonly context: number;
  readonly batch: number;
  /** Abilities that matter: sorted, without repeats; none for the mean over all. */
  readonly needs: readonly string[];
  /** One source, `every`, or '' for the one with most results on the model. */
  readonly from: string;
}

export const DEFAULT_QUESTION: Question = {
  model: 'llama-3-8b',
  params: 8,
  family: '',
  gpu: '',
  gib: 8,
  context: 4096,
  batch: 1,
  needs: [],
  from: '',
};

export const LIMITS = {
  params: { least: 0.1, most: 2000 },
  gib: { least: 1, most: 4096 },
  context: { least: 1, most: 10_000_000 },
  batch: { least: 1, most: 10_000 },
} as const;

const SLUG = /^[a-z0-9][a-z0-9.+_-]{0,79}$/;
const MAX_NEEDS = 20;
const MAX_QUERY = 2000;

/** Writes a question as a query string: `''` for the default, else starting with `?`. */
export function encodeQuestion(question: Question): string {
  const { model, gpu, needs, from } = question;
  const start = DEFAULT_QUESTION;
  const parts: string[] = [];
  const add = (name: string, value: string | number, usual: string | number) => {
    if (value !== usual) parts.push(`${name}=${encodeURIComponent(value)}`);
  };
  if (model !== '') add('model', model, start.model);
  else {
    parts.push(`params=${question.params}`);
    add('family', question.family, '');
  }
  if (gpu !== '') add('gpu', gpu, '');
  else add('gib', question.gib, start.gib);
  add('ctx', question.context, start.context);
  add('batch', question.batch, start.batch);
  if (needs.length > 0) parts.push(`need=${needs.map((need) => need.replaceAll(' ', '-')).join(',')}`);
  add('from', from, start.from);
  return parts.length === 0 ? '' : `?v=${STATE_VERSION}&${parts.join('&')}`;
}

/** Reads a query string (with or without `?`). Never throws. */
export function decodeQuestion(query: string, abilities: readonly string[]): Question {
  const raw = new URLSearchParams(query.slice(0, MAX_QUERY));
  const start = DEFAULT_QUESTION;
  const slug = (name: string) => {
    const text = raw.get(name) ?? '';
    return SLUG.test(text) ? text : '';
  };
  const isOther = slug('model') === '' && raw.has('params');
  const wanted = (raw.get('need') ?? '').split(',', MAX_NEEDS).map((need) => need.replaceAll('-', ' '));
  const byDash = new Map(abilities.map((ability) => [ability.replaceAll('-', ' '), ability]));
  const needs = wanted.map((need) => byDash.get(need)).filter((need) => need !== undefined);
  const gpu = slug('gpu');
  return {
    model: isOther ? '' : slug('model') || start.model,
    params: isOther ? number(raw.get('params'), 'params', start.params) : start.params,
    family: isOther ? slug('family') : '',
    gpu,
    gib: gpu === '' ? number(raw.get('gib'), 'gib', start.gib) : start.gib,
    context: Math.round(number(raw.get('ctx'), 'context', start.context)),
    batch: Math.round(number(raw.get('batch'), 'batch', start.batch)),
    needs: [...new Set(needs)].sort(),
    from: slug('from'),
  };
}

/** A number in the range of its field, to three digits after the point; else what it was. */
export function number(text: string | null, field: keyof typeof LIMITS, otherwise: number): number {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  const { least, most } = LIMITS[field];
  if (!(value >= least && value <= most)) return otherwise;
  return Math.max(least, Math.round(value * 1000) / 1000);
}
