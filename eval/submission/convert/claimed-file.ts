/** Puts the converted outputs of several recipes together as one file of claimed rows. */
import { type ClaimedFile, claimedFileSchema, type Provenance } from '../../../data/claimed-schema.ts';
import { formatPath } from '../../../data/database/read-json.ts';
import type { Paired } from '../../../data/schema.ts';
import { submissionErrors } from '../../errors/submission.ts';
import type { ItemTable } from '../../items.ts';
import { acc } from '../../metrics/acc.ts';
import { compareWithBaseline } from '../../stats/paired.ts';
import type { Converted, ConvertedRow, ItemOutcomes } from './converter.ts';

export interface ConvertedRecipe extends Converted {
  readonly recipe: string;
}

const BASELINE = 'fp16';

/**
 * @param chances of tasks, by id; null where there is none
 * @throws submission/claimed with every problem where the rows are no such file, as without 16-bit rows
 */
export function claimedFile(
  name: string,
  model: string,
  provenance: Provenance,
  recipes: readonly ConvertedRecipe[],
  chances: ReadonlyMap<string, number | null>,
): ClaimedFile {
  const baseline = recipes.find(({ recipe }) => recipe === BASELINE);
  const rows = recipes.flatMap(({ recipe, rows: own }) =>
    own.map(({ outcomes, ...row }) => {
      const before = recipe === BASELINE ? undefined : baseline?.rows.find((other) => isSame(row, other));
      const paired = compare(row.task, outcomes, before?.outcomes ?? null, chances.get(row.task) ?? null);
      return { model, recipe, ...row, paired };
    }),
  );
  const parsed = claimedFileSchema.safeParse({ schema: 1, name, provenance, rows });
  if (parsed.success) return parsed.data;
  throw submissionErrors.claimed(
    parsed.error.issues.map(({ path, message }) => `${formatPath(path)}: ${message}.`),
  );
}

/** One line a row, so that a change of one row is a change of one line. */
export function formatClaimed({ schema, name, provenance, rows }: ClaimedFile): string {
  const lines = rows.map((row) => JSON.stringify(row)).join(',\n');
  return `{\n"schema": ${schema},\n"name": ${JSON.stringify(name)},\n"provenance": ${JSON.stringify(provenance, null, 1)},\n"rows": [\n${lines}\n]\n}\n`;
}

function isSame(a: Omit<ConvertedRow, 'outcomes'>, b: ConvertedRow): boolean {
  return a.task === b.task && a.metric === b.metric && a.shots === b.shots && a.context === b.context;
}

/** Null where one of the two does not say how each item ended, or they are not the same items. */
function compare(
  task: string,
  after: ItemOutcomes | null,
  before: ItemOutcomes | null,
  chance: number | null,
): Paired | null {
  if (after === null || before === null) return null;
  const ids = [...after.keys()];
  if (ids.length !== before.size || ids.some((id) => !before.has(id))) return null;
  const table = (outcomes: ItemOutcomes): ItemTable => ({
    rows: ids.length,
    columns: [
      { name: 'item', type: 'text', values: ids },
      { name: 'acc', type: 'bool', values: Uint8Array.from(ids, (id) => Number(outcomes.get(id))) },
    ],
  });
  return (
    compareWithBaseline({ id: task, chance, metrics: [acc] }, table(after), table(before))['acc'] ?? null
  );
}
