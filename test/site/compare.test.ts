/** The comparison of recipes, worked by hand on a made-up model of four tasks in two abilities. */
import { describe, expect, it } from 'vitest';
import { type Contender, compare, pairedInterval } from '../../site/lib/compare.ts';
import { ticksOf } from '../../site/lib/compare-axis.ts';
import { flipsOf } from '../../site/lib/compare-flips.ts';
import { partnerOf } from '../../site/lib/compare-partner.ts';
import type { CompareItems, CompareModel, CompareRecipe, CompareTask } from '../../site/lib/compare-types.ts';
import { differenceText, littleToLose, namesOf, settingsOf, verdicts } from '../../site/lib/compare-words.ts';

const task = (id: string, ability: string, changes: Partial<CompareTask> = {}): CompareTask => ({
  id,
  title: id.toUpperCase(),
  ability,
  metric: 'acc',
  protocol: '',
  unit: 'fraction',
  chance: 0.25,
  ...changes,
});

const tasks = [
  task('facts', 'knowledge'),
  task('facts', 'knowledge', { metric: 'acc_norm', protocol: 'acc_norm' }),
  task('answers', 'knowledge', { chance: 0 }),
  task('text', 'language modelling', { unit: 'perplexity', chance: null, metric: 'perplexity' }),
];

const recipe = (id: string, changes: Partial<CompareRecipe>): CompareRecipe => ({
  recipe: id,
  source: 'bitloss',
  source_title: 'Bitloss',
  origin: 'measured',
  method: id.split('-')[0]!,
  method_title: id.split('-')[0]!.toUpperCase(),
  mark: { color: 'red', shape: 'circle' },
  chips: ['W4'],
  is_baseline: false,
  settings: { Weights: '4 bit', 'Recipe id': id },
  page: '/models/m/results/',
  values: [],
  ...changes,
});

const whole = recipe('fp16', {
  is_baseline: true,
  chips: ['16 bit'],
  values: tasks.map((_, place) => [place, 1, null, null, place === 3 ? 5 : 0.75, place === 3 ? 5 : 0.75, 8]),
});
const rtn = recipe('rtn-w4', {
  values: [
    [0, 0.75, 0.6, 0.9, 0.625, 0.75, 8],
    [1, 0.5, 0.4, 0.6, 0.5, 0.75, 8],
    [2, 0.8, 0.7, 0.9, 0.6, 0.75, 8],
    [3, 0.5, 0.4, 0.6, 10, 5, 3],
  ],
});
const gptq = recipe('gptq-w4', {
  values: [
    [0, 1, 0.8, 1.1, 0.75, 0.75, 8],
    [1, 0.75, 0.6, 0.8, 0.625, 0.75, 8],
    [2, 0.9, 0.8, 1, 0.675, 0.75, 8],
    [3, 0.8, 0.7, 0.9, 6.25, 5, 3],
  ],
});
const model: CompareModel = {
  id: 'm',
  name: 'Model',
  family: 'llama',
  params_b: 1,
  tasks,
  recipes: [whole, rtn, gptq],
  has_items: true,
};

const base64 = (...bytes: number[]) => btoa(String.fromCharCode(...bytes));
// Eight items of facts. Base right: 0-5. RTN loses 5 (5 of 8); GPTQ loses 0 and gains 6 (6 of 8).
const items: CompareItems = {
  bitloss: {
    'facts|acc': {
      n: 8,
      base: base64(0b00111111),
      flipped: { 'rtn-w4': base64(0b00100000), 'gptq-w4': base64(0b01000001) },
    },
  },
};
const side = (one: CompareRecipe, changes: Partial<Contender> = {}): Contender => ({
  model,
  recipe: one,
  items,
  ...changes,
});

describe('flips', () => {
  it('are counted between any two recipes', () => {
    // RTN right: 0-4. GPTQ right: 1-6. Lost 0, gained 5 and 6.
    expect(flipsOf(tasks[0]!, side(rtn), side(gptq))).toEqual({ lost: 1, gained: 2, n: 8 });
    expect(flipsOf(tasks[0]!, side(whole), side(rtn))).toEqual({ lost: 1, gained: 0, n: 8 });
    expect(flipsOf(tasks[1]!, side(rtn), side(gptq))).toBeNull();
    expect(flipsOf(tasks[0]!, side(rtn, { items: null }), side(gptq))).toBeNull();
  });

  it('give an interval that is never of no width', () => {
    // (2 − 1) / 10; √(3 + 1 − 1/10) / 10
    const { center, half } = pairedInterval({ lost: 1, gained: 2, n: 8 });
    expect(center).toBeCloseTo(0.1, 12);
    expect(half).toBeCloseTo((1.96 * Math.sqrt(3.9)) / 10, 12);
    expect(pairedInterval({ lost: 0, gained: 0, n: 98 }).half).toBeCloseTo(0.0196, 12);
  });
});

describe('a comparison', () => {
  const { shared, abilities, overall } = compare([side(rtn), side(gptq)]);
  const of = (key: string) => shared.find((row) => row.key.startsWith(key))!.differences[1]!;

  it('takes answers to the same items where they are known, else both intervals as independent', () => {
    expect(of('facts|acc|')).toMatchObject({ basis: 'paired', flips: { lost: 1, gained: 2 } });
    // The score is 12.5 points apart, kept 25: the 16-bit model is 0.5 above chance.
    expect(of('facts|acc|').value).toBeCloseTo(0.25, 12);
    expect(of('facts|acc|').low).toBeCloseTo((0.1 - (1.96 * Math.sqrt(3.9)) / 10) / 0.5, 12);
    expect(of('facts|acc_norm')).toMatchObject({ basis: 'independent', flips: null });
    expect(of('facts|acc_norm').low).toBeCloseTo(0.25 - Math.hypot(0.1, 0.15), 12);
    expect(of('facts|acc_norm').high).toBeCloseTo(0.25 + Math.hypot(0.1, 0.05), 12);
  });

  it('is the mean over protocols, tasks and abilities, as the board has it', () => {
    // knowledge: ((0.25 + 0.25) / 2 + 0.1) / 2 = 0.175; language modelling 0.3
    expect(abilities.map(({ ability }) => ability)).toEqual(['knowledge', 'language modelling']);
    expect(abilities[0]!.differences[1]!.value).toBeCloseTo(0.175, 12);
    expect(overall!.differences[1]!.value).toBeCloseTo(0.2375, 12);
    expect(overall).toMatchObject({ n_tasks: 3, n_abilities: 2 });
    expect(overall!.kept[0]).toBeCloseTo(((0.625 + 0.8) / 2 + 0.5) / 2, 12);
    const text = overall!.differences[1]!;
    const lower = [of('facts|acc|'), of('facts|acc_norm'), of('answers'), of('text')].map((one, place) => {
      return [1 / 8, 1 / 8, 1 / 4, 1 / 2][place]! * (one.value - one.low!);
    });
    expect(text.low).toBeCloseTo(text.value - Math.hypot(...lower), 12);
  });

  it('against 16 bit has the interval of kept itself', () => {
    const against = compare([side(whole), side(rtn)]).shared;
    const text = against.find(({ task: { id } }) => id === 'text')!.differences[1]!;
    expect(text).toMatchObject({ basis: 'against 16 bit' });
    expect([text.value, text.low, text.high].map((one) => Number(one!.toFixed(9)))).toEqual([
      -0.5, -0.6, -0.4,
    ]);
  });

  it('means only what all sides have, and says where that is nothing', () => {
    const little = recipe('awq-w4', { values: [[3, 0.9, null, null, 5.6, 5, null]] });
    const three = compare([side(rtn), side(gptq), side(little)]);
    expect([three.shared.length, three.others.length]).toEqual([1, 3]);
    expect(three.overall!.differences[2]).toMatchObject({ low: null, basis: null });
    const none = compare([side(recipe('a-w4', { values: [gptq.values[0]!] })), side(little)]);
    expect(none.overall).toBeNull();
    expect(verdicts(none)[0]).toMatch(/^No task is known for all/);
  });

  it('does not take answers for the difference where one is below chance', () => {
    const low = recipe('rtn-w4', { values: [[0, 0, 0, 0.1, 0.125, 0.75, 8]] });
    expect(compare([side(gptq), side(low)]).shared[0]!.differences[1]!.basis).toBe('independent');
  });
});

describe('words', () => {
  it('say who keeps more, and whether that is more than chance', () => {
    const comparison = compare([side(rtn), side(gptq)]);
    expect(verdicts(comparison)).toEqual([
      expect.stringMatching(
        /^B \(GPTQ W4\) keeps 23\.8 points more than A \(RTN W4\) over 3 tasks in 2 abilities: 95 % interval \+\d+\.\d to \+\d+\.\d, so more than chance\.$/,
      ),
    ]);
    expect(differenceText({ value: -0.018, low: null, high: null })).toBe('−1.8');
    expect(namesOf([side(rtn), side(rtn, { model: { ...model, id: 'n', name: 'Other' } })])[1]!.title).toBe(
      'RTN W4 on Other',
    );
    const { differ, same } = settingsOf(comparison.contenders);
    expect(differ.map(({ name }) => name)).toEqual(['Method', 'Recipe id']);
    expect(same.map(({ name }) => name)).toContain('Weights');
  });

  it('say why an interval is wide, where 16 bit is hardly better than guessing', () => {
    const row = (baseline: number, changes: Partial<CompareTask> = {}) => ({
      task: task('mapping', 'in-context learning', changes),
      cells: [null, { kept: 0.6, low: -3, high: 4, value: 0.28, baseline }],
    });
    expect(littleToLose(row(0.3))).toBe(
      '16 bit is only 5.0 points above guessing: one right answer in a hundred is 20 points of kept',
    );
    expect(littleToLose(row(0.5))).toBe('');
    expect(littleToLose(row(5, { unit: 'perplexity', chance: null }))).toBe('');
  });

  it('hold a single recipe against plain rounding of its size, else against 16 bit', () => {
    const at = (id: string) => ({ model: 'm', recipe: id, source: 'bitloss' });
    expect(partnerOf(model, at('gptq-w4'))).toEqual(at('rtn-w4'));
    expect(partnerOf(model, at('rtn-w4'))).toEqual(at('fp16'));
    expect(partnerOf(model, at('unknown'))).toBeNull();
  });

  it('stand on an axis that one collapse does not stretch', () => {
    const one = (value: number) => ({ value, low: value, high: value, basis: null, flips: null });
    const { ticks, reach } = ticksOf([...Array.from({ length: 19 }, () => one(0.04)), one(-0.9), null]);
    expect(reach).toBeCloseTo(4.2, 9);
    expect(ticks).toEqual([-4, -2, 0, 2, 4]);
  });
});
