/** What the advisor's page gets of one model: every recipe with evidence, and the evidence itself, as the views have it. */
import type { Shape, StoredWeights } from './memory-model.ts';
import type { Origin } from './row-types.ts';

export interface AdviceRecipe extends StoredWeights {
  readonly id: string;
  readonly method: string;
  readonly title: string;
  readonly chips: readonly string[];
  /** Nominal bits of weights, or of the cache where only that is compressed. */
  readonly nominal: number;
  readonly basis: 'file' | 'printed' | 'counted' | 'assumed';
  readonly mark: { readonly color: string; readonly shape: string };
  /** The pipeline of this project can run it. */
  readonly runs: boolean;
}

export interface AdviceSource {
  /** `every` for all of one origin together. */
  readonly id: string;
  readonly title: string;
  readonly origin: Origin;
  /** Recipes with a result on this very model. */
  readonly same: number;
  /** The most tasks behind one of them. */
  readonly tasks: number;
}

/** One number of the view `advice`. */
export interface Evidence {
  /** Index in `sources`. */
  readonly source: number;
  readonly ability: string;
  /** Index in `recipes`. */
  readonly recipe: number;
  readonly nearness: number;
  readonly loss: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly interval: '95 %' | 'range' | null;
  readonly results: number;
  readonly sources: number;
  readonly models: number;
  readonly tasks: number;
  readonly example: string;
}

export interface AdviceData {
  readonly version: string;
  readonly model: string;
  readonly name: string;
  readonly params: number;
  readonly shape: Shape;
  readonly sources: readonly AdviceSource[];
  readonly recipes: readonly AdviceRecipe[];
  readonly evidence: readonly Evidence[];
}

type Tuple = readonly (string | number | null)[];

/** Evidence as tuples and repeated texts once, so that it travels light. */
export interface AdvicePayload extends Omit<AdviceData, 'evidence'> {
  readonly texts: readonly string[];
  readonly rows: readonly Tuple[];
}

export function packAdvice({ evidence, ...rest }: AdviceData): AdvicePayload {
  const places = new Map<string, number>();
  const place = (text: string) => {
    if (!places.has(text)) places.set(text, places.size);
    return places.get(text)!;
  };
  const rows = evidence.map((one): Tuple => {
    const { source, ability, recipe, nearness, loss, low, high, interval, example } = one;
    const counts = [one.results, one.sources, one.models, one.tasks];
    const ends = [loss, low, high].map(short);
    return [
      ...[source, place(ability), recipe, nearness],
      ...ends,
      interval === null ? null : place(interval),
      ...[...counts, place(example)],
    ];
  });
  return { ...rest, texts: [...places.keys()], rows };
}

/** Four digits after the point, a hundredth of a per cent. */
function short(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(4));
}

export function unpackAdvice({ texts, rows, ...rest }: AdvicePayload): AdviceData {
  const text = (place: Tuple[number]) => texts[place as number]!;
  const evidence = rows.map((row): Evidence => {
    const [source, ability, recipe, nearness, loss, low, high, interval] = row;
    const [results, sources, models, tasks, example] = row.slice(8);
    return {
      ...{ source, recipe, nearness, loss, low, high, results, sources, models, tasks },
      ability: text(ability!),
      interval: interval === null ? null : text(interval!),
      example: text(example!),
    } as Evidence;
  });
  return { ...rest, evidence };
}
