/** Writes the tables of measured results between the markers of README.md and docs/zoo.md: `node scripts/readme-table.ts`. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseRun } from '../data/compact-run.ts';
import { parseRecipe } from '../data/recipe.ts';
import type { FinishedCell, RunFile } from '../data/schema.ts';
import { zoo } from '../eval/suites/zoo.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const MARKED = /(<!-- measured:begin -->\n)[\s\S]*?(<!-- measured:end -->)/;
const COLUMNS = [
  ['world-text', 'perplexity', 'perplexity ↓'],
  ['world-facts', 'acc', 'four-choice questions'],
  ['world-answers', 'exact_match', 'short answers'],
  ['world-arithmetic', 'exact_match', 'arithmetic'],
  ['world-reasoning', 'exact_match', 'reasoning'],
  ['world-lines', 'exact_match', 'line retrieval'],
] as const;

/** The README with the table of this run. */
export function withTable(readme: string, run: RunFile): string {
  return readme.replace(MARKED, `$1${measuredTable(run)}\n$2`);
}

/** The one committed run of the shipped model. */
export function shippedRun(): RunFile {
  const [file] = globSync('data/results/bitloss/bitloss-llama-3m-*.json', { cwd: ROOT });
  return parseRun(readFileSync(path.join(ROOT, file), 'utf8'));
}

function measuredTable(run: RunFile): string {
  const finished = run.cells.filter((cell): cell is FinishedCell => 'metrics' in cell);
  // The grid has more groups than a reader of the first page wants to see.
  const recipes = [...new Set(finished.map((cell) => cell.recipe))].filter((id) => zoo.recipes.includes(id));
  const bits = (recipe: string) => parseRecipe(recipe).weights?.bits ?? 16;
  const isBaseline = (recipe: string) => Number(recipe === 'fp16');
  recipes.sort((a, b) => isBaseline(b) - isBaseline(a) || bits(b) - bits(a) || b.localeCompare(a));
  const header = ['recipe', 'bits per weight', ...COLUMNS.map(([, , title]) => title)];
  const rows = recipes.map((recipe) => {
    const cells = finished.filter((cell) => cell.recipe === recipe);
    return [
      `\`${recipe}\``,
      cells[0].bits_per_weight.toFixed(2),
      ...COLUMNS.map((column) => shownValue(cells, column)),
    ];
  });
  return markdownTable([header, header.map(() => '---'), ...rows]);
}

/** The guide to the zoo with the 16-bit scores of all its models, a line a task. */
export function withZooTable(guide: string, runs: readonly RunFile[]): string {
  const models = runs.map((run) => run.run.models[0].id.replace('bitloss-', ''));
  const baselines = runs.map((run) =>
    run.cells.filter((cell): cell is FinishedCell => 'metrics' in cell && cell.recipe === 'fp16'),
  );
  const tasks = [...new Set(baselines.flatMap((cells) => cells.map(({ task }) => task)))].sort();
  const rows = tasks.map((task) => {
    const found = baselines.map((cells) => cells.find((cell) => cell.task === task)?.metrics[0]);
    const { metric, n } = found.find((entry) => entry !== undefined)!;
    return [`\`${task}\``, metric, `${n}`, ...found.map(shortValue)];
  });
  const header = ['task', 'metric', 'n', ...models];
  return guide.replace(MARKED, `$1${markdownTable([header, header.map(() => '---'), ...rows])}\n$2`);
}

/** Every committed run of a model of the world. */
export function zooRuns(): readonly RunFile[] {
  return globSync('data/results/bitloss/bitloss-*.json', { cwd: ROOT })
    .sort()
    .map((file) => parseRun(readFileSync(path.join(ROOT, file), 'utf8')))
    .filter((run) => run.cells.some(({ task }) => task.startsWith('world-')));
}

function shortValue(entry: FinishedCell['metrics'][number] | undefined): string {
  if (entry === undefined) return '–';
  return entry.unit === 'fraction' ? (100 * entry.value).toFixed(0) : entry.value.toFixed(2);
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function shownValue(cells: readonly FinishedCell[], [task, metric]: readonly string[]): string {
  const found = cells.find((cell) => cell.task === task)?.metrics.find((entry) => entry.metric === metric);
  if (found === undefined) return 'not measured';
  const { value, std_error: error, unit } = found;
  if (unit === 'fraction') return `${(100 * value).toFixed(1)} ± ${(100 * (error ?? 0)).toFixed(1)} %`;
  return `${value.toFixed(3)} ± ${(error ?? 0).toFixed(3)}`;
}

if (process.argv[1] === import.meta.filename) {
  const rewrite = (name: string, change: (text: string) => string) =>
    writeFileSync(path.join(ROOT, name), change(readFileSync(path.join(ROOT, name), 'utf8')));
  rewrite('README.md', (readme) => withTable(readme, shippedRun()));
  rewrite('docs/zoo.md', (guide) => withZooTable(guide, zooRuns()));
}
