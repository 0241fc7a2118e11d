/** Runs one task on one model: documents → requests → tokens → answers → items → metrics. */
import type { Metric, Paired } from '../data/schema.ts';
import type { Doc } from './datasets/dataset.ts';
import { addDivergence, type Reference, takeReference } from './divergence.ts';
import type { LoadedModel, OnProgress } from './engines/engine.ts';
import * as errors from './errors/task.ts';
import { type ItemTable, itemTable } from './items.ts';
import { prepareGeneration } from './requests/generation.ts';
import { preparePairs } from './requests/pair.ts';
import type { Prepare, Prepared } from './requests/prepared.ts';
import { resolveSettings, type SettingsRecord } from './requests/resolve-settings.ts';
import { prepareRolling } from './requests/rolling.ts';
import type { Tokenizer } from './requests/special-tokens.ts';
import { isMeasurable, measure } from './stats/measure.ts';
import { compareWithBaseline } from './stats/paired.ts';
import type { ModelLimits, RequestKind, RequestKinds, RollingAnswer, Task } from './tasks/task.ts';
import { answerTurns, type Turn } from './turns.ts';

export interface Evaluation {
  /** In the order of the task's metrics, `paired` left null. */
  readonly metrics: readonly Metric[];
  readonly items: ItemTable;
  /** What a reader of the numbers has to know. */
  readonly notes: readonly string[];
}

/** A task as token requests; depends on documents, settings and tokenizer only, so many recipes can share it. */
export interface PreparedTask {
  /** @param reference  of the 16-bit model, with which the distributions of this one are compared */
  evaluate(model: LoadedModel, onProgress?: OnProgress, reference?: Reference): Promise<Evaluation>;
  /** What compressed models are compared with; null for a task that compares no distributions. */
  reference(model: LoadedModel): Promise<Reference | null>;
}

const preparers: { readonly [Kind in RequestKind]: Prepare<Kind> } = {
  pair: preparePairs,
  rolling: prepareRolling,
  generation: prepareGeneration,
};

export interface TaskInput<D extends Doc, Kind extends RequestKind> {
  readonly task: Task<D, Kind>;
  /** As given or as resolved: `resolveSettings` is applied either way. */
  readonly settings: SettingsRecord;
  readonly docs: readonly D[];
  readonly tokenizer: Tokenizer;
  /** Of tasks whose items are windows: those that are measured; all without it. */
  readonly windows?: readonly number[] | undefined;
}

/** Prepares a task and runs it on one model. Throws the errors of `prepareTask`, and `task/not-finite`. */
export function evaluateTask<D extends Doc, Kind extends RequestKind>(
  input: TaskInput<D, Kind> & { readonly model: LoadedModel; readonly onProgress?: OnProgress },
): Promise<Evaluation> {
  return prepareTask({ ...input, limits: input.model.architecture }).evaluate(input.model, input.onProgress);
}

/**
 * Turns documents into token requests.
 * @throws task/settings, task/window, task/limit, task/no-documents, task/no-tokens, task/no-prefix-token,
 *         task/text-too-short, task/continuation-too-long, task/no-room
 */
export function prepareTask<D extends Doc, Kind extends RequestKind>({
  task,
  settings: given,
  docs: allDocs,
  tokenizer,
  limits,
  windows,
}: TaskInput<D, Kind> & { readonly limits: ModelLimits }): PreparedTask {
  const settings = resolveSettings(task, given, limits);
  const docs = task.item === 'document' ? firstDocs(task.id, allDocs, settings.limit) : allDocs;
  if (docs.length === 0) throw errors.noDocuments(task.id);
  const asked = docs.map((doc) => ({ doc, requests: task.requests(doc, settings) }));
  const prepare: Prepare<Kind> = preparers[task.kind];
  const prepareTurn = (turn: Turn<D, Kind>): Prepared<RequestKinds[Kind]['answer']> =>
    prepare(
      turn.flatMap(({ doc, requests }) => requests.map((request) => ({ item: doc.id, request }))),
      { task: task.id, settings, tokenizer, limits, windows },
    );
  const first = prepareTurn(asked);
  return {
    reference: async (model) => (first.compared.length === 0 ? null : takeReference(model, first.compared)),
    async evaluate(model, onProgress, reference) {
      const { answers, notes } = await answerTurns({
        ...{ task, asked, first, prepareTurn, onProgress },
        run: (prepared, progress) => prepared.run(model, progress, reference?.states),
      });
      const rows = asked.flatMap(({ doc }, index) => task.score(doc, answers[index]!));
      const items = itemTable(task.id, task.columns, rows);
      const measurable = task.metrics.filter((metric) => isMeasurable(task.id, metric, items));
      const metrics = measurable.map((metric) => measure(task.id, metric, items));
      const evaluation = { metrics, items, notes };
      return reference === undefined
        ? evaluation
        : addDivergence(task, evaluation, answers.flat() as readonly RollingAnswer[], reference);
    },
  };
}

/** The `paired` objects of a task's metrics, by metric id: this model's items against the 16-bit model's. */
export function pairedWithBaseline(
  items: ItemTable,
  baselineItems: ItemTable,
  task: Pick<Task, 'id' | 'chance' | 'metrics'>,
): Readonly<Record<string, Paired | null>> {
  return compareWithBaseline(task, items, baselineItems);
}

function firstDocs<D extends Doc>(task: string, docs: readonly D[], limit: number | null): readonly D[] {
  if (limit === null) return docs;
  if (limit > docs.length) throw errors.limitTooHigh(task, limit, docs.length, 'document');
  return docs.slice(0, limit);
}
