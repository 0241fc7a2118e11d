/** Writes the tables of data/bench/ between the markers of docs/benchmarks.md: `node scripts/bench-table.ts`. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BenchFile, benchFileSchema } from '../data/bench-schema.ts';
import { benches } from './bench/benches/index.ts';
import { cardName } from './bench/gpu-state.ts';
import { benchTable, markdown } from './bench/table.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const DOCUMENT = path.join(ROOT, 'docs/benchmarks.md');
const MARKED = /(<!-- measured:begin -->\n)[\s\S]*?(<!-- measured:end -->)/;

/** Every committed file by the card that it was measured on, in the order of the benchmarks. */
export function benchFiles(): ReadonlyMap<string, readonly BenchFile[]> {
  const order = benches.map(({ name }) => name);
  const files = globSync('data/bench/*/*.json', { cwd: ROOT, exclude: ['data/bench/site/**'] }).map((file) =>
    benchFileSchema.parse(JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'))),
  );
  files.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  return Map.groupBy(files, ({ machine }) => cardName(machine.gpu ?? 'unknown'));
}

/** The document with the tables of these files. */
export function withBenchTables(document: string, files: ReadonlyMap<string, readonly BenchFile[]>): string {
  const sections = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([gpu, its]) => section(gpu, its));
  return document.replace(MARKED, (_, begin, end) => `${begin}${sections.join('\n\n')}\n${end}`);
}

function section(gpu: string, files: readonly BenchFile[]): string {
  const single = files.filter(({ machine }) => machine.gpu === gpu);
  const clocks = single.flatMap(({ clocks: { before, after } }) => [before.sm_mhz, after.sm_mhz]);
  const days = [...new Set(files.map(({ created_at }) => created_at.slice(0, 10)))].sort();
  const notes = new Set(files.flatMap(({ rows }) => rows.flatMap(({ note }) => note ?? [])));
  const facts = [
    `Driver ${files[0].machine.driver}, ${days.join(' and ')}.`,
    clocks.length === 0
      ? ''
      : `SM clock between ${Math.min(...clocks)} and ${Math.max(...clocks)} MHz before and after.`,
    oneOfSeveral(files.filter((file) => !single.includes(file))),
    rates(files),
    peers(files),
  ];
  return [
    `### ${gpu}`,
    facts.filter((fact) => fact !== '').join(' '),
    markdown(benchTable(files)),
    ...[...notes].map((note) => `- ${note}`),
    ...missing(files),
  ].join('\n\n');
}

/** Such files hold the clocks of the machine's first card, whichever worked. */
function oneOfSeveral(files: readonly BenchFile[]): string {
  if (files.length === 0) return '';
  const names = files.map(({ name, machine }) => `\`${name}\` on one of ${machine.gpu}`);
  return `Clocks of the card that worked are not known for ${names.join(', ')}.`;
}

/** What exists and was not measured on this GPU. */
function missing(files: readonly BenchFile[]): string[] {
  const names = benches
    .filter(({ name }) => files.every((file) => file.name !== name))
    .map(({ name }) => name);
  return names.length === 0
    ? []
    : [`Not measured on this GPU yet: ${names.map((name) => `\`${name}\``).join(', ')}.`];
}

function rates(files: readonly BenchFile[]): string {
  const found = files.flatMap((file) => file.rates ?? []);
  if (found.length === 0) return '';
  const copy = spread(found.map((own) => own.copy_bytes_per_second));
  const matmul = spread(found.map((own) => own.matmul_flops_per_second));
  return `Limits follow from ${copy} TB/s of a large copy and ${matmul} TFLOP/s of a bf16 product of 8192³, of the same run each.`;
}

/** Lowest and highest, in 10¹² a second. */
function spread(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) =>
    (value / 1e12).toPrecision(3),
  );
  return least === most ? least! : `${least} to ${most}`;
}

function peers(files: readonly BenchFile[]): string {
  const found = files.find((file) => file.peer !== null)?.peer;
  if (found === undefined || found === null) return '';
  return `Peers ran on ${Object.entries(found)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}.`;
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(DOCUMENT, withBenchTables(readFileSync(DOCUMENT, 'utf8'), benchFiles()));
