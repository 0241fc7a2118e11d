/** Gives a test run one temporary folder and removes it at the end, so that no test has to clean up after itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setup(): () => void {
  const before = tmpdir();
  const root = mkdtempSync(join(before, 'bitloss-test-'));
  process.env.TMPDIR = root;
  return () => {
    process.env.TMPDIR = before;
    rmSync(root, { recursive: true, force: true });
  };
}
