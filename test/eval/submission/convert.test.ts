/** Outputs of other tools, in their real formats, as claimed rows. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimedFile, formatClaimed } from '../../../eval/submission/convert/claimed-file.ts';
import { converters } from '../../../eval/submission/convert/index.ts';
import { readOptions } from '../../../eval/submission/new/options.ts';
import { byHand } from '../../../eval/submission/new/pull-request.ts';

const FIXTURES = resolve(import.meta.dirname, '../../fixtures/converters');
const file = (name: string) => ({ name, text: readFileSync(join(FIXTURES, name), 'utf8') });
const folder = (name: string) =>
  readdirSync(join(FIXTURES, name)).map((inner) => ({ ...file(`${name}/${inner}`), name: inner }));
const convert = (tool: string, recipe: string, files: ReturnType<typeof folder>) => {
  return { recipe, ...converters[tool]!.convert({ recipe, files }) };
};
const provenance = {
  tool: 'x',
  version: null,
  commit: null,
  command: null,
  url: 'https://example.org',
  date: '2026-01-01',
  machine: null,
  outputs: [{ name: 'a', sha256: '0'.repeat(64), bytes: 1 }],
  notes: [],
};

describe('converters', () => {
  it('read perplexity, bits and size of llama.cpp', () => {
    const { rows, version, commit } = convert('llama.cpp', 'gguf-w4gx', [file('llama-cpp-q4.txt')]);
    expect([version, commit]).toEqual(['4882', 'be7c3034']);
    expect(rows).toEqual([
      {
        task: 'wikitext2-llama-cpp',
        metric: 'perplexity',
        unit: 'perplexity',
        value: 6.3832,
        std_error: 0.03874,
        n: 564,
        context: 512,
        shots: null,
        bits_per_weight: 4.89,
        size_bytes: Math.round(4.58 * 2 ** 30),
        outcomes: null,
      },
    ]);
  });

  it('compare what lm-evaluation-harness logged item by item', () => {
    const recipes = [
      convert('lm-eval', 'fp16', folder('lm-eval-fp16')),
      convert('lm-eval', 'awq-w4g128', folder('lm-eval-w4')),
    ];
    expect(recipes[0]).toMatchObject({ version: '0.4.8', commit: 'a40fe42', date: '2025-02-01' });
    expect(recipes[0]!.machine).toBe('NVIDIA A100-SXM4-80GB');
    expect(recipes[0]!.skipped).toEqual(['headqa_en is no task here that asks the same; it is left out.']);
    const { rows } = claimedFile('a', 'llama-3-8b', provenance, recipes, new Map([['piqa', 0.5]]));
    expect(rows.map(({ recipe, task, metric, value }) => [recipe, task, metric, value])).toEqual([
      ['fp16', 'piqa', 'acc', 0.8],
      ['fp16', 'piqa', 'acc_norm', 0.8],
      ['fp16', 'wikitext-lm-eval', 'word_perplexity', 7.3],
      ['awq-w4g128', 'piqa', 'acc', 0.7],
      ['awq-w4g128', 'piqa', 'acc_norm', 0.7],
      ['awq-w4g128', 'wikitext-lm-eval', 'word_perplexity', 7.7],
    ]);
    // Items 1 and 8 were lost, item 7 gained: two-sided, 2 · P(X ≤ 1) of 3 is 1.
    expect(rows[3]!.paired).toMatchObject({ lost: 2, gained: 1, mcnemar_p: 1 });
    expect(rows[0]!.paired).toBe(null);
  });

  it('read speed and memory of optimum-benchmark', () => {
    const { rows } = convert('optimum-benchmark', 'fp16', folder('optimum-fp16'));
    expect(rows.map(({ task, unit, value, n }) => [task, unit, value, n])).toEqual([
      ['prefill-latency', 'seconds', 0.06, 4],
      ['decode-throughput', 'tokens/s', 25, null],
      ['decode-memory', 'megabytes', 15200, null],
    ]);
    expect(rows[0]!.std_error).toBeCloseTo(0.003, 10);
  });

  it('refuse what is no output of their tool, and samples of another call', () => {
    expect(() => convert('llama.cpp', 'x', [{ name: 'a.log', text: 'hello' }])).toThrow(/Final estimate/);
    expect(() => convert('lm-eval', 'x', [{ name: 'results_1.json', text: '{}' }])).toThrow(/results/);
    expect(() => convert('optimum-benchmark', 'x', [{ name: 'benchmark_report.json', text: '{' }])).toThrow();
    const mixed = folder('lm-eval-fp16').map((one) =>
      one.name.startsWith('samples') ? { ...one, text: one.text.split('\n')[0]! } : one,
    );
    expect(() => convert('lm-eval', 'fp16', mixed)).toThrow(/1 over 1 items, and 0.8 in the results/);
  });

  it('make the same file of the same outputs, and none without 16 bit', () => {
    const q4 = convert('llama.cpp', 'gguf-w4gx', [file('llama-cpp-q4.txt')]);
    const f16 = convert('llama.cpp', 'fp16', [file('llama-cpp-f16.txt')]);
    const make = () => formatClaimed(claimedFile('a', 'llama-3-8b', provenance, [f16, q4], new Map()));
    expect(make()).toBe(make());
    expect(JSON.parse(make()).rows).toHaveLength(2);
    expect(() => claimedFile('a', 'llama-3-8b', provenance, [q4, q4], new Map())).toThrow(/Add the fp16 row/);
  });
});

describe('pnpm submission new', () => {
  it('tells every problem of its options at once', () => {
    expect(() => readOptions(['--handle', 'A B', '--from', 'lm-evl', '--output', 'x'])).toThrow(
      /--handle[\s\S]*Did you mean "lm-eval"[\s\S]*--model[\s\S]*--url[\s\S]*fp16=FILE[\s\S]*RECIPE=FILE/,
    );
  });

  it('says by hand what it would have done, quoted for a shell', () => {
    const request = {
      branch: 'submit/a/b',
      title: "It's a title",
      body: '',
      files: ['data/results/a/b.json'],
    };
    expect(byHand(request)).toBe(`By hand, in your fork of the repository:
  git switch -c submit/a/b
  git add -- data/results/a/b.json
  git commit -m 'It'\\''s a title' -- data/results/a/b.json
  git push -u origin submit/a/b
and open the pull request on GitHub with the title "It's a title".
`);
  });
});
