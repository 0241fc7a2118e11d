/** Writes the tables of measured results between the markers of README.md and docs/zoo.md: `node scripts/readme-table.ts`. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseRun } from '../data/compact-run.ts';
import type { FinishedCell, RunFile } from '../data/schema.ts';

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

/** What a reader of the first page sees of all that was measured. */
const RECIPES = [
  ...['fp16', 'rtn-kv4', 'rtn-kv2', 'rtn-w8a8', 'rtn-w4a4', 'quarot-w4a4', 'rtn-w8g64'],
  ...[4, 3, 2].flatMap((bits) => ['rtn', 'gptq', 'awq', 'hqq'].map((method) => `${method}-w${bits}g64`)),
  ...['quip-w4', 'quip-w3', 'quip-w2', 'pb-llm-w1.7', 'billm-w1.1g64'],
  ...['magnitude-2:4', 'wanda-2:4', 'sparsegpt-2:4'],
];

/** The README with the table of these runs of one model. */
export function withTable(readme: string, runs: readonly RunFile[]): string {
  return readme.replace(MARKED, `$1${measuredTable(runs)}\n$2`);
}

/** The committed runs of the shipped model. */
export function shippedRuns(): readonly RunFile[] {
  return zooRuns('bitloss-llama-3m');
}

function measuredTable(runs: readonly RunFile[]): string {
  const finished = runs.flatMap(({ cells }) =>
    cells.filter((cell): cell is FinishedCell => 'metrics' in cell),
  );
  const recipes = [...new Set(finished.map((cell) => cell.recipe))].filter((id) => RECIPES.includes(id));
  const bits = (recipe: string) => finished.find((cell) => cell.recipe === recipe)!.bits_per_weight;
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
export function withZooTable(guide: string, all: readonly RunFile[]): string {
  const byModel = Map.groupBy(all, ({ run }) => run.models[0].id);
  const runs = [...byModel.values()].map(([run]) => run!);
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

/** Every committed run of a model of the world, by model; those of one model in the order of their ids. */
export function zooRuns(model = 'bitloss'): readonly RunFile[] {
  return globSync(`data/results/bitloss/${model}-*.json`, { cwd: ROOT })
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
  rewrite('README.md', (readme) => withTable(readme, shippedRuns()));
  rewrite('docs/zoo.md', (guide) => withZooTable(guide, zooRuns()));
}
