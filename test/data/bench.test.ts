import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { benchFileSchema, benchRowSchema } from '../../data/bench-schema.ts';
import { benches } from '../../scripts/bench/benches/index.ts';
import { cardName, gpuSlug } from '../../scripts/bench/gpu-state.ts';
import { benchFiles, withBenchTables } from '../../scripts/bench-table.ts';

const root = path.resolve(import.meta.dirname, '../..');

describe('data/bench', () => {
  it('every file parses and stands where its GPU and name say', () => {
    for (const file of globSync('data/bench/**/*.json', { cwd: root, exclude: ['data/bench/site/**'] })) {
      const parsed = benchFileSchema.parse(JSON.parse(readFileSync(path.join(root, file), 'utf8')));
      expect(file).toBe(
        path.join('data/bench', gpuSlug(cardName(parsed.machine.gpu ?? '')), `${parsed.name}.json`),
      );
    }
  });

  it('benchmarks without a file are shown as not measured yet, cards of larger machines under their own name', () => {
    const [[gpu, files]] = benchFiles();
    const [file] = files;
    const several = { ...file, machine: { ...file.machine, gpu: `4 × ${gpu}` } };
    const shown = withBenchTables(
      '<!-- measured:begin -->\n<!-- measured:end -->',
      new Map([[gpu, [several]]]),
    );
    expect(shown).toContain(`### ${gpu}\n`);
    expect(shown).toContain(`\`${file.name}\` on one of 4 × ${gpu}.`);
    expect(shown).not.toContain('SM clock');
    const others = benches.filter(({ name }) => name !== file.name).map(({ name }) => `\`${name}\``);
    expect(shown).toContain(`Not measured on this GPU yet: ${others.join(', ')}.`);
  });

  it('docs/benchmarks.md shows all of it (node scripts/bench-table.ts)', () => {
    const document = readFileSync(path.join(root, 'docs/benchmarks.md'), 'utf8');
    expect(withBenchTables(document, benchFiles())).toBe(document);
  });

  it('a requirement is a lower or an upper bound, and a measurement one of three', () => {
    const row = {
      case: 'c',
      unit: 's',
      clock: 'wall',
      ours: { not_measured: 'No GPU.' },
      compared: null,
      limit: null,
      note: null,
    };
    const parse = (required: object | null, ours: object = row.ours) =>
      benchRowSchema.safeParse({ ...row, required, ours }).success;
    expect(parse({ of: 'value', at_least: 1 })).toBe(true);
    expect(parse({ of: 'value' })).toBe(false);
    expect(parse({ of: 'value', at_least: 1, at_most: 2 })).toBe(false);
    expect(parse(null, { label: null, count: 5 })).toBe(true);
    expect(parse(null, { label: null, amount: 1, device_ms: null, wall_ms: [], warm_ups: 1 })).toBe(false);
    expect(parse(null, {})).toBe(false);
  });
});
