/** `pnpm sanitize`: runs the GPU tests under compute-sanitizer, file by file and tool by tool, and says what is clean. */
import { globSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { $, chalk, echo } from 'zx';
import { deviceCount } from '../eval/engines/cuda/device.ts';
import { kernelNames, readSanitizerReport } from './sanitizer-report.ts';

const HELP = `pnpm sanitize [--tool LIST] [FILTER …]

Runs the GPU tests of the kernel library under compute-sanitizer (part of the CUDA toolkit); needs a GPU and that library.
  --tool LIST  memcheck,racecheck by default; initcheck and synccheck are known too
  --test NAME  only tests whose name contains this; racecheck of a whole file of attention takes minutes
  FILTER       only test files whose path contains one of these`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tool: { type: 'string', default: 'memcheck,racecheck' },
    test: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** Tests make calls fail on purpose, out of memory for one; the library reports them, and tests look at what it reports. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = { memcheck: ['--report-api-errors', 'no'] };
/** Reports beyond this would be counted by nobody. */
const LIMIT = 10_000;

const kernels = kernelNames(globSync('kernels/**/*.{cu,cuh}').map((file) => readFileSync(file, 'utf8')));
const only = values.test === undefined ? [] : ['-t', values.test];

/** Prints one line, and what was found; true where the tests passed and the tool found nothing. */
async function isClean(tool: string, file: string): Promise<boolean> {
  const run =
    await $`compute-sanitizer --tool ${tool} --print-limit ${LIMIT} ${OPTIONS[tool] ?? []} --target-processes all vitest run --project gpu ${file} ${only}`;
  const text = run.stdout + run.stderr;
  const { processes, found, inLibraries } = readSanitizerReport(text, kernels);
  // A sanitizer that watched nothing has found nothing, and neither have tests that were skipped.
  const clean = run.exitCode === 0 && processes > 0 && found === 0 && /\d+ passed/.test(text);
  const failed = run.exitCode === 0 ? '' : `, exit code ${run.exitCode}`;
  const theirs = inLibraries === 0 ? '' : ` (${inLibraries} races inside kernels of CUDA's libraries)`;
  echo(
    clean
      ? chalk.green(`${tool} ${file}: clean${theirs}`)
      : chalk.red(`${tool} ${file}: ${found} reports${theirs}${failed}`),
  );
  if (!clean) echo(reports(text));
  return clean;
}

function reports(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('=========') || /FAIL|Error/.test(line));
  return lines.slice(0, 40).join('\n');
}

if (values.help) {
  echo(HELP);
} else {
  // Throws where there is no GPU or no library, and says which.
  deviceCount();
  $.nothrow = true;
  $.preferLocal = true;
  // Tests of onnxruntime on a GPU run none of our kernels.
  const files = globSync('test/**/*.gpu.test.ts', { exclude: ['**/onnx-*'] }).sort();
  const wanted = files.filter(
    (file) => positionals.length === 0 || positionals.some((part) => file.includes(part)),
  );
  const results: boolean[] = [];
  for (const tool of values.tool.split(','))
    for (const file of wanted) results.push(await isClean(tool, file));
  const clean = results.filter(Boolean).length;
  echo(`${clean} of ${results.length} clean`);
  process.exitCode = clean === results.length && clean > 0 ? 0 : 1;
}
