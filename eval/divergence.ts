/**
 * How far the next-token distributions of a compressed model are from those of the 16-bit model, on the texts of rolling
 * tasks. Both come from one head, which no recipe compresses: what is kept of the 16-bit model are the states that its
 * head reads, K floats a token, and never its distributions.
 */
import type { Metric as MetricRow } from '../data/schema.ts';
import type { FinalStates, LoadedModel, OnProgress, ScoreRequest } from './engines/engine.ts';
import { type ItemColumn, type ItemTable, numbersOf } from './items.ts';
import { klNats } from './metrics/kl-nats.ts';
import { top1Agreement } from './metrics/top1-agreement.ts';
import { measure } from './stats/measure.ts';
import type { RollingAnswer, Task } from './tasks/task.ts';

/** Metrics that a cell of a compressed model has besides those of its task. */
export const divergenceMetrics = [klNats, top1Agreement] as const;

/** Of one window; null where the reference does not reach. */
export interface WindowDivergence {
  readonly klNats: number;
  /** Tokens for which both models have the same first choice. */
  readonly sameTop: number;
}

/** Of the 16-bit model, for the first windows of a task. */
export interface Reference {
  readonly states: FinalStates;
  readonly windows: number;
}

/** Bytes of states that are kept of a task; windows beyond are not compared, and the cell says so. */
const LIMIT_BYTES = 512 * 2 ** 20;

/** The states of as many windows as fit, from the first on. */
export async function takeReference(
  model: LoadedModel,
  windows: readonly ScoreRequest[],
  onProgress?: OnProgress,
  limitBytes = LIMIT_BYTES,
): Promise<Reference> {
  const bytes = Float32Array.BYTES_PER_ELEMENT * model.architecture.head.inFeatures;
  let room = limitBytes;
  const isBeyond = ({ continuations }: ScoreRequest) =>
    continuations.some(({ length }) => (room -= length * bytes) < 0);
  const end = windows.findIndex(isBeyond);
  const fitting = end === -1 ? windows : windows.slice(0, end);
  const states = fitting.length === 0 ? [] : await model.finalStates(fitting, onProgress);
  return { states, windows: windows.length };
}

export interface Compared {
  readonly metrics: readonly MetricRow[];
  readonly items: ItemTable;
  readonly notes: readonly string[];
}

/**
 * Adds the columns `kl_nats` and `top1_same` to the items, NaN for items that are not compared in full, and the metrics
 * over those that are.
 * @param answers  by document, each with its windows
 */
export function addDivergence(
  task: Pick<Task, 'id' | 'item'>,
  { metrics, items, notes }: Compared,
  answers: readonly RollingAnswer[],
  { states, windows }: Reference,
): Compared {
  const perDocument = answers.map((answer) => answer.windows.map(({ divergence }) => divergence));
  const perItem = task.item === 'window' ? perDocument.flat().map((window) => [window]) : perDocument;
  const column = (name: string, of: (window: WindowDivergence) => number): ItemColumn => ({
    name,
    type: 'double',
    values: Float64Array.from(perItem, (item) => sumOf(item, of)),
  });
  const columns = [
    ...items.columns,
    column('kl_nats', (window) => window.klNats),
    column('top1_same', ({ sameTop }) => sameTop),
  ];
  const compared = comparedRows(task.id, { rows: items.rows, columns });
  const part = `KL divergence and first choices are of the first ${states.length} of ${windows} windows; the states of all of them would take more than ${LIMIT_BYTES / 2 ** 20} MiB.`;
  return {
    metrics:
      compared.rows === 0
        ? metrics
        : [...metrics, ...divergenceMetrics.map((metric) => measure(task.id, metric, compared))],
    items: { rows: items.rows, columns },
    notes: states.length === windows ? notes : [...notes, part],
  };
}

function sumOf(item: readonly (WindowDivergence | null)[], of: (window: WindowDivergence) => number): number {
  return item.reduce((sum, window) => sum + (window === null ? Number.NaN : of(window)), 0);
}

/** What the metrics add up, of the items that are compared. */
function comparedRows(task: string, items: ItemTable): ItemTable {
  const isKnown = numbersOf(task, items, 'kl_nats').map((value) => Number(Number.isFinite(value)));
  const columns = ['kl_nats', 'top1_same', 'tokens'].map((name): ItemColumn => {
    const values = numbersOf(task, items, name).filter((_, row) => isKnown[row] === 1);
    return { name, type: 'double', values };
  });
  return { rows: columns[0]!.values.length, columns };
}
