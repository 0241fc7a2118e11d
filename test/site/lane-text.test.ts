/** What the page of the live models says of four texts. */
import { describe, expect, it } from 'vitest';
import { boardText, findingText, laneFacts, leadOf, lineOf } from '../../site/live/lane-text.ts';
import { lanesOf, type OfferedLane, type OfferedModel } from '../../site/live/offer-types.ts';

const lane = (recipe: string, title: string, kept: number | null): OfferedLane => ({
  ...{ recipe, title, kept, keptHalf: kept === null ? null : 0.013, perplexity: null },
  ...{ board: '/', packed: null },
});
const offered = [
  lane('fp16', '16 bit', null),
  lane('rtn-w3g64', 'RTN 3 bit', 0.702),
  lane('gptq-w3g64', 'GPTQ 3 bit', 0.811),
  lane('rtn-w2g64', 'RTN 2 bit', -0.01),
];
const differs = [
  [false, false, false],
  [false, true, true],
  [false, false, false],
  [true, true, true],
];

describe('the finding', () => {
  it('counts changed tokens, and says what is kept where all of it was measured', () => {
    expect(findingText(offered, differs)).toBe(
      'Of 3 tokens, RTN 3 bit changes 2, GPTQ 3 bit changes none and RTN 2 bit changes all. Over whole tasks they keep 70 %, 81 % and 0 % of the model.',
    );
    const unknown = offered.with(2, lane('gptq-w3g64', 'GPTQ 3 bit', null));
    expect(findingText(unknown, differs)).toMatch(/changes all\.$/);
    expect(offered.map(boardText)).toEqual(['the baseline', '70.2 % ±1.3', '81.1 % ±1.3', '0 % ±1.3']);
    expect(boardText(unknown[2])).toBe('not measured');
  });

  it('compares nothing with itself', () => {
    const measured = {
      bitsPerWeight: 3.296875,
      sizeBytes: 923_328,
      sameChoice: 0.5,
      klNats: 0.18,
      repetition: 0,
    };
    const facts = laneFacts({ ...measured, perplexity: null, differs: [false, true] }, false);
    expect(facts).toMatchObject({ departs: 'at token 2', differs: '1 of 2', bits: '3.3', size: '0.9 MB' });
    expect(laneFacts({ ...measured, perplexity: 4, differs: [] }, true)).toMatchObject({
      departs: '–',
      kl: '–',
    });
  });
});

it('a text is joined to the end of its prompt', () => {
  expect(leadOf('A: Who is it?\nB:')).toBe('B:');
  expect(leadOf('x'.repeat(50))).toBe(`…${'x'.repeat(40)}`);
  expect(leadOf('A line.\n')).toBe('');
  expect(lineOf('A: Who is it?\nB:')).toBe('A: Who is it? ↵ B:');
});

it('a model that lacks one of the recipes does not offer their comparison', () => {
  const model = {
    lanes: Object.fromEntries(offered.map((one) => [one.recipe, one])),
  } as unknown as OfferedModel;
  const comparison = { id: 'x', group: '', title: '', recipes: ['fp16', 'gptq-w3g64'] };
  expect(lanesOf(model, comparison)).toEqual([offered[0], offered[2]]);
  expect(lanesOf(model, { ...comparison, recipes: ['fp16', 'hqq-w3g64'] })).toBeNull();
});
