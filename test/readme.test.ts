import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { shippedRuns, withTable, withZooTable, zooRuns } from '../scripts/readme-table.ts';

const root = path.resolve(import.meta.dirname, '..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

describe('the README', () => {
  it('shows the committed run of the shipped model', () => {
    expect(withTable(readme, shippedRuns())).toBe(readme);
    expect(readme).toContain('`gptq-w3g64`');
  });

  it('and the guide to the zoo the 16-bit scores of every committed run', () => {
    const guide = readFileSync(path.join(root, 'docs/zoo.md'), 'utf8');
    const runs = zooRuns();
    expect(runs.length).toBeGreaterThan(10);
    expect(withZooTable(guide, runs)).toBe(guide);
    for (const { run } of runs) expect(guide).toContain(run.models[0].id.replace('bitloss-', ''));
  });

  it.each(['README.md', 'CONTRIBUTING.md'])('%s names only files that exist', (file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    const named = [...text.matchAll(/`((?:data|eval|site|scripts|test)\/[\w./-]*)`|\]\(([\w./-]+)\)/g)].map(
      (match) => match[1] ?? match[2]!,
    );
    // Made by running the pipeline.
    const made = new Set(['data/bitloss.duckdb']);
    expect(named.filter((name) => !made.has(name) && !existsSync(path.join(root, name)))).toEqual([]);
    expect(named.length).toBeGreaterThan(3);
  });
});
