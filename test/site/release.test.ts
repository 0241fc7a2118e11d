/** Citations, badges and permanent ids, without a build. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { badgeName, badgeSvg } from '../../site/lib/release/badge.ts';
import { escapeTex, pageBibtex, paperBibtex } from '../../site/lib/release/bibtex.ts';
import { permanentId } from '../../site/lib/release/feed.ts';

describe('BibTeX', () => {
  it('of a page names the version of the data', () => {
    const entry = pageBibtex({
      title: 'LLaMA_2 & co',
      path: '/models/llama-2-7b/',
      version: 'abc123',
      day: '2026-11-26',
    });
    expect(entry).toMatchInlineSnapshot(`
      "@misc{bitloss-models-llama-2-7b,
        title = {{LLaMA\\_2 \\& co}},
        author = {{Bitloss}},
        year = {2026},
        url = {/models/llama-2-7b/},
        note = {Version abc123 of the data, 2026-11-26},
      }
      "
    `);
  });

  it('of a paper on arXiv says so', () => {
    const paper = {
      id: 'gptq',
      title: 'GPTQ',
      authors: 'Frantar et al.',
      year: 2022,
      url: 'https://arxiv.org/abs/2210.17323',
    };
    expect(paperBibtex(paper)).toMatchInlineSnapshot(`
      "@article{gptq,
        title = {{GPTQ}},
        author = {Frantar and others},
        year = {2022},
        journal = {arXiv preprint arXiv:2210.17323},
        eprint = {2210.17323},
        archivePrefix = {arXiv},
        url = {https://arxiv.org/abs/2210.17323},
      }
      "
    `);
  });

  it('escapes what LaTeX would run', () => {
    expect(escapeTex('a\\b{c}%')).toBe('a\\textbackslash{}b\\{c\\}\\%');
  });
});

describe('a badge', () => {
  const badge = {
    model: 'm',
    recipe: 'r',
    name: 'awq-w4g128',
    label: 'AWQ <W4> & "g128"',
    value: '99.1 % ±0.6 kept, measured',
    kept: 0.991,
  };

  it('says the same in words, and holds text of the data as text', () => {
    const svg = badgeSvg(badge);
    expect(svg).toContain(
      'role="img" aria-label="AWQ &lt;W4&gt; &amp; &quot;g128&quot;: 99.1 % ±0.6 kept, measured (Bitloss)"',
    );
    expect(svg).not.toContain('<W4>');
    expect(svg.length).toBeLessThan(1200);
  });

  it.each([0.99, 0.95, 0.8, 0.1, -0.5])('at %d has a contrast of at least 4.5 against white', (kept) => {
    const colour = [...badgeSvg({ ...badge, kept }).matchAll(/fill="#([0-9a-f]{6})"/g)].map(
      ([, hex]) => hex!,
    );
    expect(colour).toHaveLength(2);
    for (const hex of colour) expect(1.05 / (luminance(hex) + 0.05)).toBeGreaterThanOrEqual(4.5);
  });
});

/** Relative luminance of WCAG 2. */
function luminance(hex: string): number {
  const [r, g, b] = [0, 2, 4]
    .map((place) => Number.parseInt(hex.slice(place, place + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

it('an id is a UUID, the same for the same text', () => {
  expect(permanentId('run a')).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(permanentId('run a')).toBe(permanentId('run a'));
  expect(permanentId('run a')).not.toBe(permanentId('run b'));
});

it('badges of all recipes of the suites have names that are files and addresses anywhere, and their own', () => {
  const text = readFileSync(join(import.meta.dirname, '../../data/suites.json'), 'utf8');
  const suites = JSON.parse(text) as readonly { readonly recipes: readonly string[] }[];
  const recipes = [...new Set(suites.flatMap((suite) => suite.recipes))];
  const names = recipes.map(badgeName);
  expect(names.filter((name) => !/^[a-z][\w.@-]*$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(recipes.length);
  expect(badgeName('wanda-2:4')).toBe('wanda-2-4');
});
