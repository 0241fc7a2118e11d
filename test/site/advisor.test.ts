/** The advisor: its address, its choice among made-up evidence, its words, and what travels to the browser. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer, sourceOf, type Task } from '../../site/lib/advisor-answer.ts';
import { type AdviceData, type Evidence, packAdvice, unpackAdvice } from '../../site/lib/advisor-data.ts';
import { answerHtml } from '../../site/lib/advisor-html.ts';
import {
  DEFAULT_QUESTION,
  decodeQuestion,
  encodeQuestion,
  type Question,
} from '../../site/lib/advisor-state.ts';

const ABILITIES = [
  'in-context learning',
  'knowledge',
  'long context',
  'reasoning',
  'retrieval and summaries',
  'trust',
];
const GIB = 1024 ** 3;

const slug = fc.stringMatching(/^[a-z0-9][a-z0-9.+_-]{0,30}$/);
const decimal = (least: number, most: number) =>
  fc.integer({ min: least * 1000, max: most * 1000 }).map((value) => value / 1000);
const common = {
  context: fc.integer({ min: 1, max: 10_000_000 }),
  batch: fc.integer({ min: 1, max: 10_000 }),
  needs: fc.subarray(ABILITIES),
  from: fc.oneof(fc.constant(''), fc.constant('every'), slug),
};
const memory = fc.oneof(
  fc.record({ gpu: fc.constant(''), gib: decimal(1, 4096) }),
  fc.record({ gpu: slug, gib: fc.constant(DEFAULT_QUESTION.gib) }),
);
const model = fc.oneof(
  fc.record({ model: slug, params: fc.constant(DEFAULT_QUESTION.params), family: fc.constant('') }),
  fc.record({ model: fc.constant(''), params: decimal(0.1, 2000), family: fc.oneof(fc.constant(''), slug) }),
);
const questions: fc.Arbitrary<Question> = fc
  .tuple(fc.record(common), memory, model)
  .map(([rest, has, asks]) => ({ ...rest, ...has, ...asks }));

describe('the address', () => {
  it('comes back as it was, through a URL too', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const query = encodeQuestion(question);
        expect(decodeQuestion(query, ABILITIES)).toEqual(question);
        expect(decodeQuestion(new URL(query, 'https://example.org/a/').search, ABILITIES)).toEqual(question);
      }),
      { numRuns: 300 },
    );
  });

  it('is read whatever it is, to a question that can be written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const question = decodeQuestion(text, ABILITIES);
        expect(decodeQuestion(encodeQuestion(question), ABILITIES)).toEqual(question);
      }),
      { numRuns: 300 },
    );
  });

  it('is empty for the default, and short for a realistic question', () => {
    expect(encodeQuestion(DEFAULT_QUESTION)).toBe('');
    const asked = { model: 'mixtral-8x7b-instruct-v0.1', gpu: 'rx-7900-xtx', context: 131_072, batch: 16 };
    const long = { ...DEFAULT_QUESTION, ...asked, needs: ABILITIES.slice(0, 3), from: 'huang2024-llama3' };
    expect(encodeQuestion(long).length).toBeLessThanOrEqual(200);
  });

  /** Links that have been given out; lines are added, never changed. */
  it.each([
    ['?v=1&model=llama-3-70b&gpu=rtx-4090', { model: 'llama-3-70b', gpu: 'rtx-4090' }],
    ['?v=1&params=9.2&family=gemma&gib=16', { model: '', params: 9.2, family: 'gemma', gib: 16 }],
    [
      '?v=1&ctx=8192&batch=4&need=in-context-learning,trust',
      { context: 8192, batch: 4, needs: ['in-context learning', 'trust'] },
    ],
    ['?v=1&from=every&gib=12', { from: 'every', gib: 12 }],
    ['?gib=-4&ctx=much&batch=0&model=%3Cb%3E', {}],
  ])('old link %s still means the same', (link, wanted) => {
    expect(decodeQuestion(link, ABILITIES)).toEqual({ ...DEFAULT_QUESTION, ...wanted });
  });
});

const recipe = (id: string, bits: number, nominal = Math.round(bits)) => ({
  ...{ id, method: 'rtn', title: id, chips: [`W${nominal}`], nominal, basis: 'counted' as const, runs: true },
  ...{ bits_per_weight: bits, is_whole: false, kv_bits: 16, mark: { color: 'red', shape: 'circle' } },
});

const one = (source: number, index: number, loss: number, more: Partial<Evidence> = {}): Evidence => ({
  ...{ source, recipe: index, loss, ability: 'all', nearness: 1, low: null, high: null, interval: null },
  ...{ results: 1, sources: 1, models: 1, tasks: 8, example: 'm' },
  ...more,
});

/** Ten layers, no embedding to speak of, a billion weights: 1 GB at 8 bits. */
const data: AdviceData = {
  ...{ version: 'v', model: 'm', name: 'Model <M>', params: 1e9 },
  shape: {
    ...{ layers: 10, hidden_size: 100, heads: 1, vocabulary: 10, tied: true, active_inner_size: 100 },
    cache: { kind: 'heads', kv_heads: 1, head_size: 100, window: null, windowed_layers: 0 },
  },
  sources: [
    { id: 'paper-a', title: 'Paper A', origin: 'reported', same: 3, tasks: 8 },
    { id: 'paper-b', title: 'Paper B', origin: 'reported', same: 1, tasks: 2 },
    { id: 'every', title: 'all', origin: 'reported', same: 3, tasks: 8 },
  ],
  recipes: [recipe('eight', 8), recipe('four', 4), recipe('three', 3), recipe('lucky', 4)],
  evidence: [
    one(0, 0, 0.01, { low: 0, high: 0.02, interval: '95 %' }),
    one(0, 1, 0.05, { low: 0.02, high: 0.08, interval: '95 %' }),
    one(0, 2, 0.2, { low: 0.15, high: 0.25, interval: '95 %' }),
    one(0, 3, 0, { tasks: 1 }),
    one(0, 1, 0.5, { ability: 'reasoning' }),
    one(0, 1, 0.1, { ability: 'knowledge' }),
    one(0, 2, 0.3, { ability: 'knowledge' }),
    one(1, 1, 0.04, { tasks: 2 }),
    one(2, 1, 0.04, { nearness: 3 }),
  ],
};

const task = (more: Partial<Task> = {}): Task => ({
  ...{ memory: 3 * GIB, context: 100, batch: 1, params: 1e9, nearest: 1, needs: [], from: '' },
  ...more,
});
const ids = (found: ReturnType<typeof answer>) =>
  found!.groups.flatMap(({ options }) => options.map((option) => option.recipe.id));

describe('the choice', () => {
  it('takes one source by itself, the first that tested the model in what matters, unless another is asked for', () => {
    expect(sourceOf(data, '', [])!.id).toBe('paper-a');
    expect(sourceOf(data, 'every', [])!.id).toBe('every');
    expect(sourceOf(data, '', ['trust'])!.id).toBe('every');
    const later = { ...data, evidence: [...data.evidence, one(1, 1, 0.1, { ability: 'trust' })] };
    expect(sourceOf(later, '', ['trust'])!.id).toBe('paper-b');
  });

  it('puts the least lost first, a single task last, and marks what intervals do not tell apart', () => {
    const found = answer(data, task())!;
    expect(ids(found)).toEqual(['eight', 'four', 'three', 'lucky']);
    const tied = found.groups[0]!.options.map(({ isTied }) => isTied);
    expect(tied).toEqual([false, true, false, false]);
  });

  it('leaves out what does not fit: of 1.35 GiB 5 % stay free and 0.7 GiB are overhead', () => {
    // 1.2825 GiB − 0.7 GiB is 0.62 GB: room for about 5 bits of a billion weights.
    const found = answer(data, task({ memory: 1.35 * GIB }))!;
    expect(ids(found)).toEqual(['four', 'three', 'lucky']);
    expect(found.tooLarge).toBe(1);
    expect(found.roomBits).toBeCloseTo(5, 1);
    expect(found.fitsUncompressed).toBe(false);
    expect(answer(data, task({ memory: 4 * GIB }))!.fitsUncompressed).toBe(true);
  });

  it('sorts by the ability that loses most among several, and puts last what was not tested in all', () => {
    const found = answer(data, task({ needs: ['knowledge', 'reasoning'] }))!;
    expect(ids(found)).toEqual(['four', 'three']);
    expect(found.groups[0]!.options[0]!.worst).toMatchObject({ ability: 'reasoning', loss: 0.5 });
    expect(found.groups[0]!.options[1]!.by[1]).toBeNull();
    expect(answer(data, task({ needs: ['trust'] }))!.unknownNeeds).toEqual(['trust']);
  });

  it('says what other sources would choose, and which sizes nobody tested', () => {
    const found = answer(data, task())!;
    expect(found.others.map(({ source, option }) => [source.id, option.recipe.id])).toEqual([
      ['paper-b', 'four'],
    ]);
    expect(found.unknownBits).toEqual([6, 5, 2]);
  });

  it('of another model never claims to be tested on it', () => {
    const found = answer(data, task({ nearest: 4 }))!;
    expect(found.groups.map(({ nearness }) => nearness)).toEqual([4]);
  });
});

describe('the words', () => {
  const frame = {
    name: 'Model <M>',
    isOther: false,
    needs: [],
    memory: 3 * GIB,
    href: (path: string) => `/base${path}`,
  };

  it('escape what comes from data', () => {
    const html = answerHtml(data, answer(data, task())!, frame);
    expect(html).toContain('Model &lt;M&gt;');
    expect(html).not.toContain('<M>');
  });

  it('lead from a loss to the values behind it', () => {
    expect(answerHtml(data, answer(data, task())!, frame)).toMatch(
      /<a href="\/base\/\?view=results&amp;model=[a-z0-9-]+&amp;method=[a-z0-9-]+&amp;bits=[\d.]+&amp;source=paper-a">\d+ results?<\/a>/,
    );
  });

  it('say when sources are mixed, and name the one source when not', () => {
    expect(answerHtml(data, answer(data, task())!, frame)).toContain('href="/base/sources/paper-a/"');
    const mixed = answerHtml(data, answer(data, task({ from: 'every' }))!, frame);
    expect(mixed).toContain('This ranking mixes sources');
    expect(mixed).toContain('Tested on the family of');
  });

  it('give a command for what is not known', () => {
    const html = answerHtml(data, answer(data, task({ memory: GIB / 2 }))!, frame);
    expect(html).toContain('No recipe that this source knows fits.');
    expect(html).toMatch(/pnpm eval --model &lt;folder or Hugging Face id&gt; .*--recipe/);
  });
});

it('evidence comes through its packing, losses to a hundredth of a per cent', () => {
  const exact = { ...data, evidence: data.evidence.map((row) => ({ ...row, loss: row.loss + 0.000_04 })) };
  expect(unpackAdvice(JSON.parse(JSON.stringify(packAdvice(exact))))).toEqual(data);
});
