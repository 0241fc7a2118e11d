/** The pages as a visitor meets them: no dead link, every result readable without a script, nothing that axe objects to. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../data/db.ts';
import { decodeTable } from '../../site/lib/payload.ts';
import { expectAccessible } from './axe.ts';
import { BASE, CLAIMED, HOSTILE, RUN_ID, run } from './built-site.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';
import { fileOf, siteForTests } from './served-site.ts';

const site = siteForTests();
let database: Database;

const ask = async <T>(sql: string) => (await database.connection.runAndReadAll(sql)).getRowObjectsJS() as T[];
const read = (path: string) => readFileSync(join(site.folder, path), 'utf8');

beforeAll(async () => {
  database = await openDatabase(join(site.data, 'bitloss.duckdb'), { readOnly: true });
});

afterAll(() => database?.close());

describe('links', () => {
  it('lead to a page, file or place that is there', () => {
    const dead = new Set<string>();
    const anchors = new Map<string, Set<string>>();
    const pages = globSync('**/*.html', { cwd: site.folder });
    for (const page of pages) {
      const here = `${BASE}${page.replace(/index\.html$/, '')}`;
      for (const link of linksOf(read(page))) {
        if (/^(https?|mailto|data):/.test(link)) continue;
        const target = new URL(link, `http://localhost${here}`);
        const file = fileOf(site.folder, decodeURIComponent(target.pathname));
        if (file === null) dead.add(`${page} → ${link}`);
        else if (
          target.hash !== '' &&
          !anchorsOf(file, anchors).has(decodeURIComponent(target.hash.slice(1)))
        )
          dead.add(`${page} → ${link} (no such place)`);
      }
    }
    expect(pages.length).toBeGreaterThan(500);
    expect([...dead].slice(0, 20)).toEqual([]);
  }, 120_000);

  it('of the header all work', () => {
    const header = /<nav class="site-nav"[\s\S]*?<\/nav>/.exec(read('404.html'))![0];
    const paths = linksOf(header);
    expect(paths.length).toBeGreaterThanOrEqual(8);
    for (const path of paths) expect(fileOf(site.folder, path), path).not.toBeNull();
  });
});

function linksOf(html: string): string[] {
  const links = html.matchAll(/<(?:a|link|script|img)\b[^>]*?\s(?:href|src)="([^"]*)"/g);
  return [...new Set([...links].map(([, link]) => link!.replaceAll('&amp;', '&').replaceAll('&#38;', '&')))];
}

function anchorsOf(file: string, known: Map<string, Set<string>>): Set<string> {
  const found =
    known.get(file) ??
    new Set(
      [...readFileSync(file, 'utf8').matchAll(/\sid="([^"]*)"/g)].map(([, id]) =>
        id!.replaceAll('&amp;', '&'),
      ),
    );
  known.set(file, found);
  return found;
}

describe('without a script', () => {
  it('every row of the board stands once on the pages of its model, and once on those of its method', async () => {
    const rows = await ask<{ row_id: string; model_id: string; method_id: string }>(
      'SELECT row_id, model_id, method_id FROM board',
    );
    const wanted = (column: 'model_id' | 'method_id') =>
      rows.map((row) => `${row[column]} ${row.row_id}`).sort();
    expect(rowsOn('models/*/results/**/index.html')).toEqual(wanted('model_id'));
    expect(rowsOn('methods/*/**/index.html')).toEqual(wanted('method_id'));
  }, 60_000);

  it('the first screen ranks the recipes of one source, and the board those of each on their own', () => {
    const best = /<section class="best"[\s\S]*?<\/section>/.exec(read('index.html'))![0];
    expect(best.match(/\/sources\//g)).toHaveLength(1);
    expect(best.match(/<li>/g)!.length).toBeGreaterThan(1);
    const [file] = globSync('board/recipes.*.json', { cwd: site.folder });
    const table = decodeTable(JSON.parse(read(file!)));
    const blocks = new Set<string>();
    let last = '';
    for (let index = 0; index < table.length; index++) {
      const { model, tensor, bits, origin, source } = table.row(index);
      const block = [model, tensor, bits, origin, source].join(' ');
      if (block !== last) expect(blocks, block).not.toContain(block);
      blocks.add(block);
      last = block;
    }
    expect(blocks.size).toBeGreaterThan(100);
  });

  it('methods and tasks say when they were measured', () => {
    for (const page of ['methods/rtn', 'tasks/wikitext2']) {
      const html = read(`${page}/index.html`);
      const twin = JSON.parse(read(`${page}.json`)) as { runs: { run_id: string; n_cells: number }[] };
      expect(html.includes('What changed when'), page).toBe(twin.runs.length > 0);
      for (const { run_id } of twin.runs.slice(0, 6)) expect(html).toContain(`/runs/${run_id}/`);
    }
    const measured = JSON.parse(read('methods/rtn.json')) as { runs: { run_id: string; n_cells: number }[] };
    expect(measured.runs.find(({ run_id }) => run_id === RUN_ID)!.n_cells).toBeGreaterThan(0);
  });

  it('every number of a row links to its origin', () => {
    const page = read('models/llama-2-7b/results/index.html');
    const scores = [...page.matchAll(/<td role="cell" class="c-value[^>]*>(.*?)<\/td>/g)].map(
      ([, cell]) => cell!,
    );
    expect(scores).toHaveLength(250);
    for (const score of scores) expect(score).toMatch(/^<a [^>]*href="(https:\/\/|\/some\/base\/)/);
  });

  it('a run shows its command, manifest, and failed cells with the error as text', () => {
    const page = read(`runs/${RUN_ID}/index.html`);
    expect(page).toContain(`pnpm eval --run ${RUN_ID}`);
    expect(page).toContain(run.run.models[0]!.config_sha256);
    expect(page).toContain('engine/out-of-memory');
    expect(page).toContain('out of &lt;b id=');
    expect(page).not.toContain('<b id="injected">');
    expect(page).toContain('window 128');
    expect(page).toContain('30 lost, 10 gained, p 0.002');
  });

  it('the tensors of a model stand on its page, and those of a model without results have one too', () => {
    const page = read('models/bitloss-llama-3m/index.html');
    expect(page).toContain('the input of layers.0.down: kurtosis 7,483, the largest number 148 standard');
    expect(page).toContain('/tensors/bitloss-llama-3m/');
    const other = read('tensors/no-results/index.html');
    expect(other).toContain('out of &lt;b id=');
    expect(other).toContain('pnpm eval --stats --model no-results');
    expect(read('tensors/index.html')).not.toContain('models/no-results');
  });

  it('gives the run file away byte for byte', () => {
    const given = JSON.parse(read(`data/runs/${RUN_ID}/${RUN_ID}.json`)) as typeof run;
    expect(given).toEqual(run);
    expect(given.cells.at(-1)).toMatchObject({ error: { message: HOSTILE } });
  });
});

/** `subject row` for every row of the pages that match, sorted; a row that stands twice is there twice. */
function rowsOn(pattern: string): string[] {
  return globSync(pattern, { cwd: site.folder })
    .flatMap((page) =>
      [...read(page).matchAll(/<tr role="row" id="([0-9a-f]{16})"/g)].map(
        ([, id]) => `${page.split('/')[1]} ${id}`,
      ),
    )
    .sort();
}

describe('downloads', () => {
  it.each(['csv.gz', 'json.gz', 'parquet'])('results.%s holds every row of the board', async (format) => {
    const file = join(site.folder, `data/results.${format}`);
    const reader = { 'csv.gz': 'read_csv', 'json.gz': 'read_json', parquet: 'read_parquet' }[format];
    const options = format === 'json.gz' ? ', sample_size = -1' : '';
    const sum = 'count(*)::INTEGER AS n, count(DISTINCT row_id)::INTEGER AS ids, round(sum(kept), 6) AS kept';
    expect(await ask(`SELECT ${sum} FROM ${reader}('${file}'${options})`)).toEqual(
      await ask(`SELECT ${sum} FROM board`),
    );
  });

  it('have the stated hashes', async () => {
    const { createHash } = await import('node:crypto');
    const lines = read('data/sha256sums.txt').trim().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(21);
    for (const line of lines) {
      const [hash, name] = line.split('  ') as [string, string];
      const bytes = readFileSync(join(site.folder, 'data', name));
      expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(hash);
    }
  });
});

const PAGES = [
  'models/',
  'models/llama-3-70b-instruct/',
  'models/llama-3-70b-instruct/results/',
  'models/bitloss-llama-3m/',
  'tensors/',
  'tensors/bitloss-llama-3m/',
  'tensors/no-results/',
  'methods/',
  'methods/decoupleq/',
  'tasks/',
  'tasks/world-facts/',
  'sources/',
  'sources/bitloss/',
  'runs/',
  `runs/${RUN_ID}/`,
  'advisor/',
  'coverage/',
  'coverage/kv/',
  'claims/',
  'claims/w4-under-2-percent/',
  'claims/low-bits-repeat/',
  'data/',
  'sql/',
  'papers/',
  'papers/llm-kick/',
  'families/llama/',
  'methodology/',
  CLAIMED,
  'compare/',
  'compare/pairs/',
  'submit/',
  'submit/checks/',
  'no-such-page/',
];

describe.skipIf(!hasChromium)(`in Chromium (${WHERE})`, () => {
  const browser = browserForTests();

  it.each(PAGES)('%s: axe finds nothing, nothing is wider than the screen', async (path) => {
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 320],
    ] as const) {
      const context = await browser.newContext({
        serviceWorkers: 'block',
        colorScheme,
        viewport: { width, height: 800 },
      });
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('requestfailed', (request) => faults.push(request.url()));
      await page.goto(site.url + path);
      const where = `${path} ${colorScheme} ${width}`;
      await expectAccessible(page, where);
      expect(faults, where).toEqual([]);
      await context.close();
    }
  });

  it('reads the same with scripts off', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${site.url}models/llama-2-7b/results/`);
    expect(await page.locator('tbody tr[id]').count()).toBe(250);
    await page.goto(`${site.url}runs/${RUN_ID}/`);
    expect(await page.locator('tbody').first().textContent()).toContain(HOSTILE);
    await context.close();
  });
});
