/** From a question and the evidence on a model to the recipes that fit, nearest evidence first. Computes memory, no scores. */
import type { AdviceData, AdviceRecipe, AdviceSource, Evidence } from './advisor-data.ts';
import { EVERY } from './advisor-state.ts';
import { type Load, type Memory, memoryOf, SIXTEEN_BIT } from './memory-model.ts';

/** Share of the memory that stays free: for the driver, a display, and gaps between blocks. */
export const SPARE = 0.05;

export interface Task extends Load {
  /** Bytes of memory in all. */
  readonly memory: number;
  /** Parameters of the model itself, which may be another than the one whose evidence is used. */
  readonly params: number;
  /** 1 where the evidence is on the model itself; 3 where that is another one of its family, 4 of any family. */
  readonly nearest: number;
  readonly needs: readonly string[];
  readonly from: string;
}

export interface Option {
  readonly recipe: AdviceRecipe;
  readonly memory: Memory;
  readonly nearness: number;
  /** Evidence on each ability that matters, in the order asked; null where there is none. */
  readonly by: readonly (Evidence | null)[];
  /** Of those known, the one that loses most: options are sorted by it. */
  readonly worst: Evidence;
  /** Not told apart from the first of its group: both intervals are known, and they meet. */
  readonly isTied: boolean;
}

export interface Answer {
  readonly source: AdviceSource;
  readonly uncompressed: Memory;
  readonly fitsUncompressed: boolean;
  /** Bits a weight that there is room for, embeddings at 16; below zero where not even the rest fits. */
  readonly roomBits: number;
  /** Options that fit, by nearness of their evidence. */
  readonly groups: readonly { readonly nearness: number; readonly options: readonly Option[] }[];
  readonly tooLarge: number;
  /** What each other source with results on the model would choose. */
  readonly others: readonly { readonly source: AdviceSource; readonly option: Option }[];
  /** Usual sizes that fit and of which nothing is known about this very model, from any source. */
  readonly unknownBits: readonly number[];
  /** Abilities that matter and that no result from this source tells of. */
  readonly unknownNeeds: readonly string[];
}

const USUAL_BITS = [8, 6, 5, 4, 3, 2];

/** The asked source; else the first that tested the model in what matters, a single one before all together. */
export function sourceOf(data: AdviceData, from: string, needs: readonly string[]): AdviceSource | null {
  const asked = data.sources.find(({ id }) => id === from);
  const wanted = wantedOf(needs);
  const tested = new Set(
    data.evidence
      .filter(({ nearness, ability }) => nearness === 1 && wanted.includes(ability))
      .map(({ source }) => data.sources[source]),
  );
  const first = data.sources.find((source) => tested.has(source));
  return asked ?? first ?? data.sources.find(({ id }) => id === EVERY) ?? null;
}

/** Without an ability that matters, the mean over all. */
function wantedOf(needs: readonly string[]): readonly string[] {
  return needs.length === 0 ? ['all'] : needs;
}

export function answer(data: AdviceData, task: Task): Answer | null {
  const source = sourceOf(data, task.from, task.needs);
  if (source === null) return null;
  const uncompressed = memoryOf(task.params, data.shape, SIXTEEN_BIT, task);
  const all = optionsOf(data, task, source);
  const fitting = all.filter(({ memory }) => fits(memory, task));
  const groups = [...Map.groupBy(fitting, ({ nearness }) => nearness)]
    .sort(([a], [b]) => a - b)
    .map(([nearness, options]) => ({ nearness, options: ranked(options) }));
  const told = new Set(fitting.flatMap(({ by }) => by.map((one) => one?.ability)));
  return {
    source,
    uncompressed,
    fitsUncompressed: fits(uncompressed, task),
    roomBits: roomBits(data, task),
    groups,
    tooLarge: all.length - fitting.length,
    others: otherChoices(data, task, source),
    unknownBits: unknownBits(data, task),
    unknownNeeds: task.needs.filter((need) => !told.has(need)),
  };
}

export function fits(memory: Memory, { memory: available }: Task): boolean {
  return memory.total <= available * (1 - SPARE);
}

function roomBits({ shape }: AdviceData, task: Task): number {
  const empty = memoryOf(task.params, shape, { bits_per_weight: 0, is_whole: false, kv_bits: 16 }, task);
  const embeddings = empty.weights / 2;
  return ((task.memory * (1 - SPARE) - empty.total) * 8) / (task.params - embeddings);
}

function optionsOf(data: AdviceData, task: Task, source: AdviceSource): readonly Option[] {
  const wanted = wantedOf(task.needs);
  const place = data.sources.indexOf(source);
  const mine = data.evidence.filter((one) => one.source === place && wanted.includes(one.ability));
  return [...Map.groupBy(mine, ({ recipe }) => recipe)].map(([index, evidence]) => {
    const by = wanted.map((need) => evidence.find(({ ability }) => ability === need) ?? null);
    const worst = evidence.reduce((a, b) => (b.loss > a.loss ? b : a));
    const nearness = Math.max(task.nearest, ...evidence.map((one) => one.nearness));
    const recipe = data.recipes[index]!;
    const memory = memoryOf(task.params, data.shape, recipe, task);
    return { recipe, memory, nearness, by, worst, isTied: false };
  });
}

/** Known in every ability that matters before known in some; two tasks before one; then the smallest loss. */
function ranked(options: readonly Option[]): readonly Option[] {
  const gaps = ({ by }: Option) => by.filter((one) => one === null).length;
  const sorted = options.toSorted(
    (a, b) =>
      gaps(a) - gaps(b) ||
      Number(b.worst.tasks >= 2) - Number(a.worst.tasks >= 2) ||
      a.worst.loss - b.worst.loss ||
      a.memory.total - b.memory.total,
  );
  const first = sorted[0]!.worst;
  return sorted.map((option, index) => ({ ...option, isTied: index > 0 && overlap(first, option.worst) }));
}

function overlap(first: Evidence, other: Evidence): boolean {
  return first.high !== null && other.low !== null && other.low <= first.high;
}

function otherChoices(data: AdviceData, task: Task, source: AdviceSource): Answer['others'] {
  if (task.nearest > 1) return [];
  return data.sources
    .filter((one) => one !== source && one.id !== EVERY && one.same > 0)
    .flatMap((one) => {
      const options = optionsOf(data, task, one).filter(
        (option) => option.worst.nearness === 1 && fits(option.memory, task),
      );
      return options.length === 0 ? [] : [{ source: one, option: ranked(options)[0]! }];
    });
}

function unknownBits(data: AdviceData, task: Task): readonly number[] {
  const known = new Set(
    data.evidence
      .filter(({ nearness }) => nearness === 1 && task.nearest === 1)
      .map(({ recipe }) => data.recipes[recipe]!)
      .map(({ nominal }) => nominal),
  );
  return USUAL_BITS.filter((bits) => bits <= roomBits(data, task) && !known.has(bits));
}
