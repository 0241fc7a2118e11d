/** Gives a test run one temporary folder and removes it at the end, so that no test has to clean up after itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Every tier calls this; they share the folder of the first, whose path stays short enough for Chromium's socket. */
export default function setup(): (() => void) | undefined {
  const before = tmpdir();
  if (before.includes('bitloss-test-')) return undefined;
  const root = mkdtempSync(join(before, 'bitloss-test-'));
  process.env.TMPDIR = root;
  return () => {
    process.env.TMPDIR = before;
    rmSync(root, { recursive: true, force: true });
  };
}
