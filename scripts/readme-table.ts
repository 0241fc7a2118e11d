/** Writes the table of measured results between the markers of README.md: `node scripts/readme-table.ts`. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseRecipe } from '../data/recipe.ts';
import { type FinishedCell, type RunFile, runFileSchema } from '../data/schema.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const MARKED = /(<!-- measured:begin -->\n)[\s\S]*?(<!-- measured:end -->)/;
const COLUMNS = [
  ['world-text', 'perplexity', 'perplexity ↓'],
  ['world-facts', 'acc', 'four-choice questions'],
  ['world-last-word', 'acc', 'last words'],
  ['world-answers', 'exact_match', 'short answers'],
] as const;

/** The README with the table of this run. */
export function withTable(readme: string, run: RunFile): string {
  return readme.replace(MARKED, `$1${measuredTable(run)}\n$2`);
}

/** The one committed run of the shipped model. */
export function shippedRun(): RunFile {
  const [file] = globSync('data/results/bitloss/bitloss-llama-3m-*.json', { cwd: ROOT });
  return runFileSchema.parse(JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')));
}

function measuredTable(run: RunFile): string {
  const finished = run.cells.filter((cell): cell is FinishedCell => 'metrics' in cell);
  const recipes = [...new Set(finished.map((cell) => cell.recipe))];
  const bits = (recipe: string) => parseRecipe(recipe).weights?.bits ?? 16;
  recipes.sort((a, b) => bits(b) - bits(a) || b.localeCompare(a));
  const header = ['recipe', 'bits per weight', ...COLUMNS.map(([, , title]) => title)];
  const rows = recipes.map((recipe) => {
    const cells = finished.filter((cell) => cell.recipe === recipe);
    return [
      `\`${recipe}\``,
      cells[0].bits_per_weight.toFixed(2),
      ...COLUMNS.map((column) => shownValue(cells, column)),
    ];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [header, header.map(() => '---'), ...rows].map(line).join('\n');
}

function shownValue(cells: readonly FinishedCell[], [task, metric]: readonly string[]): string {
  const found = cells.find((cell) => cell.task === task)?.metrics.find((entry) => entry.metric === metric);
  if (found === undefined) return 'not measured';
  const { value, std_error: error, unit } = found;
  if (unit === 'fraction') return `${(100 * value).toFixed(1)} ± ${(100 * (error ?? 0)).toFixed(1)} %`;
  return `${value.toFixed(3)} ± ${(error ?? 0).toFixed(3)}`;
}

if (process.argv[1] === import.meta.filename) {
  const file = path.join(ROOT, 'README.md');
  writeFileSync(file, withTable(readFileSync(file, 'utf8'), shippedRun()));
}
