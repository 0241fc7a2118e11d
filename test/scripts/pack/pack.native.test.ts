import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ARCHIVE, packForGpu } from '../../../scripts/pack/pack.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const MODEL = 'bitloss-llama-0.5m';
const isSupported = process.platform === 'linux' && process.arch === 'x64';

it.skipIf(!isSupported)(
  'the archive runs where there is nothing but a shell, tar and xz',
  async () => {
    const out = mkdtempSync(path.join(tmpdir(), 'bitloss-pack-'));
    const packed = await packForGpu({ root, out, node: process.execPath, models: [MODEL], level: 0 });
    expect(packed.packedBytes).toBe(statSync(path.join(out, ARCHIVE)).size);
    expect(packed.unpackedBytes).toBeLessThan(300 * 2 ** 20);

    const environment = { PATH: '/usr/bin:/bin', HOME: out };
    const run = (...parameters: string[]) =>
      execFileSync(packed.starter, parameters, { cwd: out, env: environment, encoding: 'utf8' });
    expect(run('eval', '--list')).toContain(MODEL);
    expect(run('bench', '--help')).toContain('pnpm bench gpu');
    run('eval', '--model', MODEL, '--recipe', 'fp16', '--task', 'world-facts', '--limit', '4');
    expect(statSync(path.join(out, 'bitloss/data/bitloss.duckdb')).size).toBeGreaterThan(0);

    // Only what this system runs, and licences of what is packed.
    const files = globSync('bitloss/**', { cwd: out });
    expect(files.filter((file) => /darwin|win32|arm64|\.d\.ts$|\.map$/.test(file))).toEqual([]);
    expect(files).toContain('bitloss/node_modules/zod/LICENSE');
    expect(files).toContain('bitloss/kernels/bl.h');
    expect(files.filter((file) => file.startsWith('bitloss/data/models/'))).toContain(
      `bitloss/data/models/${MODEL}`,
    );
    expect(readFileSync(path.join(out, 'bitloss/package.json'), 'utf8')).toContain('"bitloss"');
  },
  300_000,
);

it.skipIf(isSupported)('is packed on linux/x64 only: Node and packages are taken from the machine', () => {
  expect(isSupported).toBe(false);
});
