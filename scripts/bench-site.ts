/**
 * `node scripts/bench-site.ts`: builds the site of the real data and that of 100,000 made-up rows (twice, to compare),
 * measures both in Chromium, prints what is required beside it, and writes data/bench/site/speed.json. Fails where a
 * budget is missed. `--built` takes the sites that an earlier call built, `--rows N` makes another number of rows.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isMissed, type Line, linesOf, type SiteMeasurement } from './bench/site/budgets.ts';
import { bytesOf, differences, timedBuild } from './bench/site/build.ts';
import { filterTimes, firstView, launch } from './bench/site/measure-page.ts';
import { served } from './bench/site/serve.ts';
import { heaviestPages } from './bench/site/weight.ts';
import { writeSyntheticData } from './synthetic-data.ts';

const ROOT = resolve(import.meta.dirname, '..');
const WORK = join(ROOT, '.cache/bench-site');
const PATHS = [
  '',
  'curves/',
  'models/llama-2-7b/',
  'models/llama-2-7b/results/',
  'methods/gptq/',
  'tasks/wikitext2/',
];

async function measure(
  data: SiteMeasurement['data'],
  folder: string,
  isBuilt: boolean,
): Promise<SiteMeasurement> {
  const out = join(WORK, data);
  const again = `${out}-again`;
  const build = isBuilt ? null : await timedBuild(folder, out);
  const twice = !isBuilt && data === 'synthetic';
  if (twice) await timedBuild(folder, again);
  const differing = twice ? differences(out, again) : null;
  rmSync(again, { recursive: true, force: true });
  return served(out, async (url) => {
    const browser = await launch();
    try {
      const views: Record<string, Awaited<ReturnType<typeof firstView>>> = {};
      for (const path of PATHS)
        if (existsSync(join(out, path, 'index.html'))) views[path] = await firstView(browser, url + path, 4);
      const filters = await filterTimes(browser, url, 1);
      const slowFilters = await filterTimes(browser, url, 4);
      const weights = Object.fromEntries(heaviestPages(out));
      return { data, build, differing, bytes: bytesOf(out), weights, views, filters, slowFilters };
    } finally {
      await browser.close();
    }
  });
}

function table(lines: readonly Line[]): string {
  return lines
    .map((line) => {
      const { what, measured, unit, at_most, clickbench } = line;
      const digits = unit === '' && Number.isInteger(measured) ? 0 : measured < 10 ? 3 : 1;
      const verdict = at_most === null ? '' : `${isMissed(line) ? 'MISSED' : 'ok'}, at most ${at_most}`;
      const peer = clickbench === null ? '' : `ClickBench ${clickbench}`;
      return `${what.padEnd(72)} ${measured.toFixed(digits).padStart(10)} ${unit.padEnd(4)} ${verdict.padEnd(22)} ${peer}`;
    })
    .join('\n');
}

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, built: { type: 'boolean', default: false } },
});
const synthetic = join(WORK, 'data');
if (!values.built) {
  rmSync(WORK, { recursive: true, force: true });
  writeSyntheticData(synthetic, Number(values.rows), 1);
}
const sites = [
  await measure('real', join(ROOT, 'data'), values.built),
  await measure('synthetic', synthetic, values.built),
];
const lines = sites.flatMap(linesOf);
console.log(table(lines));
const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
mkdirSync(join(ROOT, 'data/bench/site'), { recursive: true });
const file = { schema: 1, created_at: new Date().toISOString(), machine, lines, sites };
writeFileSync(join(ROOT, 'data/bench/site/speed.json'), `${JSON.stringify(file, null, 1)}\n`);
process.exitCode = lines.some(isMissed) ? 1 : 0;
