/** Who may import whom, that every plug-in is registered, and how large files may grow. Guards here, not in review. */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const sources = globSync('{site,eval,data,scripts,test}/**/*.{ts,tsx,astro,mjs}', {
  cwd: root,
  exclude: ['site/.astro/**'],
}).sort();
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

interface Import {
  readonly from: string;
  /** A path from the root for files of this repository, else the package name. */
  readonly to: string;
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"\n]+)['"]/g;

function importsOf(file: string): Import[] {
  const resolveTarget = (target: string) =>
    target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target;
  return [...textOf(file).matchAll(IMPORT)].map((match) => ({ from: file, to: resolveTarget(match[1]!) }));
}

const imports = sources.flatMap(importsOf);
const show = (found: readonly Import[]) => found.map(({ from, to }) => `${from} imports ${to}`);
const within = (folder: string) => (path: string) => path.startsWith(`${folder}/`);

/** One page runs the pipeline itself, in the reader's browser: a copy of it there would measure something else. */
const isLive = ({ from, to }: Import) => within('site/live')(from) && within('eval/live')(to);

describe('the direction of imports', () => {
  const forbidden: readonly [string, readonly string[]][] = [
    ['site', ['eval', 'kernels', 'scripts', 'test']],
    ['eval', ['site', 'scripts', 'test', 'kernels']],
    ['data', ['eval', 'site', 'scripts', 'test', 'kernels']],
    ['scripts', ['test', 'site']],
  ];
  for (const [folder, others] of forbidden) {
    it(`${folder}/ imports nothing from ${others.join(', ')}`, () => {
      const wrong = imports.filter(
        ({ from, to }) =>
          within(folder)(from) && others.some((other) => within(other)(to)) && !isLive({ from, to }),
      );
      expect(show(wrong)).toEqual([]);
    });
  }

  it.each(['methods', 'tasks', 'families', 'formats', 'metrics', 'math', 'stats', 'world'])(
    'plug-ins of eval/%s never import a seam',
    (folder) => {
      const seams = ['eval/engines/onnx', 'eval/engines/cuda', 'eval/store', 'eval/checkpoint', 'eval/cli'];
      const isSeam = (to: string) => seams.some((seam) => to === `${seam}.ts` || within(seam)(to));
      expect(show(imports.filter(({ from, to }) => within(`eval/${folder}`)(from) && isSeam(to)))).toEqual(
        [],
      );
    },
  );
});

describe('native libraries and the outside world have one importer each', () => {
  const owners: readonly [string, RegExp, (file: string) => boolean][] = [
    ['onnxruntime', /^(onnxruntime-(node|web)(\/.*)?|onnx-proto)$/, within('eval/engines/onnx')],
    ['the CUDA library', /^koffi$/, within('eval/engines/cuda')],
    [
      'DuckDB',
      /^@duckdb\//,
      (file) =>
        ['data', 'eval/store', 'site/lib/db.ts', 'site/lib/sql/engine.ts'].some((owner) =>
          file.startsWith(owner),
        ),
    ],
    ['Vega', /^vega(-lite|-embed)?(\/|$)/, (file) => file === 'site/lib/vega.ts'],
    ['the Hugging Face hub', /^@huggingface\/hub/, within('eval/checkpoint')],
    ['tokenizers', /^@huggingface\/tokenizers/, within('eval/checkpoint')],
  ];
  it.each(owners)('%s', (_name, pattern, mayImport) => {
    const wrong = imports.filter(
      ({ from, to }) => pattern.test(to) && !within('test')(from) && !mayImport(from),
    );
    expect(show(wrong)).toEqual([]);
  });

  it('only eval/cli.ts, eval/cli/ and eval/submission/cli.ts read arguments, environment and exit', () => {
    const wrong = sources.filter(
      (file) =>
        within('eval')(file) &&
        !file.startsWith('eval/cli') &&
        file !== 'eval/submission/cli.ts' &&
        /process\.(argv|env|exit\b)/.test(textOf(file)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('every plug-in is registered', () => {
  const folders = [
    'eval/methods',
    'eval/tasks',
    'eval/families',
    'eval/formats',
    'eval/metrics',
    'site/charts',
  ];
  it.each(folders)('%s', (folder) => {
    const index = textOf(`${folder}/index.ts`);
    const definesPlugIn = (file: string) =>
      /\bdefine[A-Z]\w*\(/.test(textOf(file)) && !/export (function|const) define[A-Z]/.test(textOf(file));
    const plugIns = sources.filter(
      (file) =>
        dirname(file) === folder &&
        extname(file) === '.ts' &&
        basename(file) !== 'index.ts' &&
        definesPlugIn(file),
    );
    expect(plugIns.length).toBeGreaterThan(0);
    for (const file of plugIns) {
      const stem = basename(file, '.ts');
      // Metric ids are column values, which are snake_case; family ids are those of Hugging Face configs.
      const isSnake = ['eval/metrics', 'eval/families'].includes(folder);
      const id = (isSnake ? stem.replaceAll('-', '_') : stem).replaceAll('.', '\\.');
      expect(
        index,
        `${folder}/index.ts lacks: import { … } from './${stem}.ts'; and its line in the record`,
      ).toContain(`'./${stem}.ts'`);
      expect(textOf(file), `${file}: the id must be the file stem`).toMatch(new RegExp(`\\bid: '${id}'`));
    }
  });
});

describe('the house budget', () => {
  const LIMITS: readonly [string, (file: string) => boolean, number][] = [
    ['a test file has at most 400 lines', within('test'), 400],
    ['an Astro component has at most 120 lines', (file) => file.endsWith('.astro'), 120],
    [
      'a TypeScript file has at most 250 lines',
      (file) => !within('test')(file) && !file.endsWith('.astro'),
      250,
    ],
  ];
  it.each(LIMITS)('%s, or says why not', (_name, applies, limit) => {
    const over = sources.filter(
      (file) =>
        applies(file) &&
        textOf(file).split('\n').length - 1 > limit &&
        !textOf(file).includes('Over budget:'),
    );
    expect(over).toEqual([]);
  });
});

it('every source file is found by these rules', () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(imports.length).toBeGreaterThan(300);
});
