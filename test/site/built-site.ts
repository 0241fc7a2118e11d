/**
 * The whole site, built once for every state of the sources: from all published results and one made-up run, below a
 * base path, so that links which forget the base lead nowhere. A build of the same sources is taken again.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { claimedSubject } from '../../data/database/claimed.ts';
import { claim, claimPath } from '../data/claim-file.ts';
import { dataFolder, runFile } from '../data/data-folder.ts';
import { tensorFile } from '../data/tensor-file.ts';

const root = resolve(import.meta.dirname, '../..');
export const BASE = '/some/base/';
export const RUN_ID = 'made-up-run';

/** Page of the claimed rows. */
export const CLAIMED = `claimed/${claimedSubject(claim)}/`;

/** A failed cell whose message must not become markup. */
export const HOSTILE = 'out of <b id="injected">memory</b> & "time"';

export const run = runFile(RUN_ID, [
  { recipe: 'fp16', metrics: [{ value: 0.9 }] },
  { recipe: 'rtn-w4g128', settings: { window: 128 }, metrics: [{ value: 0.8 }] },
  {
    recipe: 'gptq-w4g128',
    metrics: [
      { value: 0.85, paired: { kept_low: 0.89, kept_high: 0.96, lost: 30, gained: 10, mcnemar_p: 0.002 } },
    ],
  },
  { recipe: 'gptq-w2g128', error: { code: 'engine/out-of-memory', message: HOSTILE } },
]);

/** Statistics of the model that has results, and of one that has none and keeps no keys and values. */
const tensors = {
  'bitloss-llama-3m': tensorFile({
    rows: [
      [0, 'layers.0.q', 'weight', 65_536, 0.45, 0.09, 3.35, 3.8],
      [0, 'layers.0.down', 'activation', 6_553_600, 103.5, 0.7, 7482.98, null],
      [0, 'layers.0.k', 'key', 655_360, 5.2, 0.84, 5.6, null],
      [0, 'layers.0.v', 'value', 655_360, 1.1, 0.14, 9.55, null],
    ],
  }),
  'no-results': tensorFile({
    model: 'no-results',
    rows: [[0, 'in', 'weight', 4, 1, 0, null, null]],
    notes: [HOSTILE],
  }),
};

export interface BuiltSite {
  /** Folder that holds the pages. */
  readonly folder: string;
  /** Data folder from which they were made. */
  readonly data: string;
}

const cache = join(root, '.cache/test-site');
const lock = `${cache}.lock`;

/**
 * Builds into `.cache`; about a minute on two cores, nothing when it is there already. Builds of older sources go. Where
 * another process builds already, its build is waited for.
 */
export async function builtSite(): Promise<BuiltSite> {
  const place = join(cache, sourcesHash());
  const site = { folder: join(place, 'site'), data: join(place, 'data') };
  while (!existsSync(place)) {
    if (takeLock()) {
      await build(place).finally(() => rmSync(lock, { force: true }));
      break;
    }
    await setTimeout(500);
  }
  return site;
}

/** False while a process that is alive has it. */
function takeLock(): boolean {
  mkdirSync(join(root, '.cache'), { recursive: true });
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!isAlive(Number(existsSync(lock) ? readFileSync(lock, 'utf8') : 0))) rmSync(lock, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 asks only whether there is someone to take it; a lock without a number is being written.
    return pid === 0 || process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function build(place: string): Promise<void> {
  if (existsSync(cache)) for (const old of readdirSync(cache)) rmSync(join(cache, old), { recursive: true });
  const making = `${place}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  const data = dataFolder({
    published: true,
    files: {
      [`results/bitloss/${RUN_ID}.json`]: JSON.stringify(run, null, 1),
      [claimPath(claim)]: JSON.stringify(claim, null, 1),
      ...Object.fromEntries(
        Object.entries(tensors).map(([model, file]) => [
          `tensors/bitloss/${model}.json`,
          JSON.stringify(file),
        ]),
      ),
    },
  });
  cpSync(data, join(making, 'data'), { recursive: true, verbatimSymlinks: true });
  // As `pnpm build`, whose place for young objects is larger than usual: pages are made of very many.
  const command = ['--max-semi-space-size=64', 'node_modules/astro/bin/astro.mjs', 'build'];
  await promisify(execFile)(process.execPath, command, {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...environment(),
      NODE_ENV: 'production',
      ASTRO_TELEMETRY_DISABLED: '1',
      BITLOSS_SITE_DATA: join(making, 'data'),
      BITLOSS_BASE: BASE,
      BITLOSS_OUT: join(making, 'site'),
    },
  });
  if (!existsSync(place)) renameSync(making, place);
}

/** Without what Vitest puts there, which Vite would take for its own. */
function environment(): NodeJS.ProcessEnv {
  const ofVitest = /^(VITEST.*|NODE_ENV|MODE|DEV|PROD|SSR|BASE_URL|TEST)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofVitest.test(name)));
}

function sourcesHash(): string {
  const hash = createHash('sha256').update(JSON.stringify([run, tensors, claim]));
  const files = globSync(
    [
      'site/**/*',
      // What the worker of a page is made of.
      'eval/{live,engines/onnx}/**/*.ts',
      'data/**/*.{ts,sql,json,csv}',
      'astro.config.mjs',
      'package.json',
      'test/site/built-site.ts',
    ],
    {
      cwd: root,
      withFileTypes: true,
      exclude: ['data/local/**', 'data/models/**', 'data/results/**', 'site/.astro/**'],
    },
  )
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}
