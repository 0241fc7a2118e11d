import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CompareState,
  decodeCompare,
  encodeCompare,
  MAX_SIDES,
  NOTHING,
  sideKey,
} from '../../site/lib/compare-state.ts';

const id = fc.stringMatching(/^[a-z0-9][a-z0-9._:@+-]{0,20}$/);
const side = fc.record({
  model: fc.oneof(fc.constantFrom('llama-2-7b', 'opt-1.3b'), id),
  recipe: fc.oneof(fc.constantFrom('fp16', 'wanda-2:4', 'slim-llm+-w2gx', 'gguf-w4gx-@q4_k_m'), id),
  source: fc.oneof(fc.constantFrom('bitloss', 'awq'), id),
});

/** Every state that the page can be in. */
const states: fc.Arbitrary<CompareState> = fc.record({
  sides: fc.uniqueArray(side, { minLength: 1, maxLength: MAX_SIDES, selector: sideKey }),
  all: fc.boolean(),
});

describe('a comparison in the address', () => {
  it('comes back as it was, through a URL too', () => {
    fc.assert(
      fc.property(states, (state) => {
        const query = encodeCompare(state);
        expect(decodeCompare(query)).toEqual(state);
        expect(decodeCompare(new URL(query, 'https://example.org/compare/').search)).toEqual(state);
      }),
      { numRuns: 500 },
    );
  });

  it('reads anything at all, and what it read comes back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9~,&=%+@:.-]{0,80}$/)), (query) => {
        for (const text of [query, `?v=1&c=${query}`]) {
          const state = decodeCompare(text);
          expect(decodeCompare(encodeCompare(state))).toEqual(state);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is nothing for nothing', () => {
    expect(encodeCompare(NOTHING)).toBe('');
    expect(decodeCompare('')).toEqual(NOTHING);
  });

  it('is short: eight recipes of a model, and models under one recipe, fit in 200 characters', () => {
    const recipes = ['rtn', 'gptq', 'awq', 'hqq', 'quip', 'omniquant', 'smoothquant', 'slim-llm'];
    const eight = recipes.map((name) => ({
      model: 'bitloss-mistral-1.5m',
      recipe: `${name}-w4g128`,
      source: 'bitloss',
    }));
    expect(encodeCompare({ sides: eight, all: true }).length).toBeLessThanOrEqual(200);
    const models = ['llama-1-7b', 'llama-2-7b', 'llama-3-8b', 'mistral-7b'];
    const query = encodeCompare({
      sides: models.map((model) => ({ model, recipe: 'gptq-w4g128', source: 'huang2024-llama3' })),
      all: false,
    });
    expect(query).toBe(
      '?v=1&c=llama-1-7b~gptq-w4g128~huang2024-llama3,llama-2-7b~gptq-w4g128,llama-3-8b~gptq-w4g128,mistral-7b~gptq-w4g128',
    );
  });

  it('drops what is no side, what is there twice, and what is too much', () => {
    expect(decodeCompare('?v=1&c=~rtn-w4,m~rtn-w4,m~rtn-w4~s,~RTN,~<b>~s,~rtn-w4,~fp16').sides).toEqual([
      { model: 'm', recipe: 'rtn-w4', source: 's' },
      { model: 'm', recipe: 'fp16', source: 's' },
    ]);
    const many = Array.from({ length: 50 }, (_, place) => `m~rtn-w${place}~s`).join(',');
    expect(decodeCompare(`?v=1&c=${many}`).sides).toHaveLength(MAX_SIDES);
    expect(decodeCompare('?v=2&c=m~fp16~s')).toEqual(NOTHING);
  });

  const links = JSON.parse(
    readFileSync(new URL('../fixtures/compare-links.json', import.meta.url), 'utf8'),
  ) as Record<string, CompareState>;
  it.each(Object.entries(links))('still reads the old link %s', (query, state) => {
    expect(decodeCompare(query)).toEqual(state);
  });
});
