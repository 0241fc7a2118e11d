/** The host references of routing and of what surrounds experts, against routing.ts and hand-worked rows. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { type RoutingRule, route } from '../../eval/engines/routing.ts';
import { createRng } from '../../eval/math/rng.ts';
import { loadReference } from './reference.ts';

const reference = await loadReference();

function softmax(logits: Float32Array, E: number): Float32Array {
  const result = new Float32Array(logits.length);
  for (let at = 0; at < logits.length; at += E) {
    const row = logits.subarray(at, at + E);
    const powers = row.map((value) => Math.exp(value - Math.max(...row)));
    const sum = powers.reduce((total, value) => total + value, 0);
    result.set(
      powers.map((value) => value / sum),
      at,
    );
  }
  return result;
}

function routed(logits: Float32Array, T: number, E: number, rule: RoutingRule) {
  const k = rule.perToken;
  const [chosen, order, places] = [T * k, T * k, T * k].map((size) => new Int32Array(size).fill(-1));
  const shares = new Float32Array(T * k).fill(NaN);
  const slots = new Int32Array(E + 1).fill(-1);
  reference.route({
    ...{ logits, T, E, k, renormalize: Number(rule.renormalize), factor: rule.factor },
    ...{ groups: rule.groups?.count ?? 0, groupsPerToken: rule.groups?.perToken ?? 0 },
    ...{ chosen, shares, slots, order, places },
  });
  return { chosen, shares, slots, order, places };
}

const rules: [string, number, RoutingRule][] = [
  ['Mixtral', 8, { perToken: 2, renormalize: true, factor: 1, groups: null }],
  ['Qwen2-MoE', 60, { perToken: 4, renormalize: false, factor: 1, groups: null }],
  ['DeepSeek-V2', 160, { perToken: 6, renormalize: false, factor: 16, groups: { count: 8, perToken: 3 } }],
  ['all experts', 16, { perToken: 16, renormalize: true, factor: 0.5, groups: null }],
];

test.each(rules)('routes as routing.ts: %s', (_, E, rule) => {
  const rng = createRng(E);
  const T = 203;
  // Few different logits: many equal probabilities.
  const logits = Float32Array.from({ length: T * E }, () => Math.round(rng.normal() * 2) / 2);
  const { shares, slots, order, places } = routed(logits, T, E, rule);
  const k = rule.perToken;
  const expected = route(softmax(logits, E), E, rule);
  for (const [expert, { rows, shares: own }] of expected.entries()) {
    const items = order.slice(slots[expert], slots[expert + 1]);
    expect([...items.map((item) => Math.floor(item / k))]).toEqual([...rows]);
    for (const [i, item] of items.entries()) expect(shares[item]).toBeCloseTo(own[i], 5);
  }
  expect([...places.map((place) => order[place])]).toEqual(Array.from(order, (_, item) => item));
});

test('equal logits go to the lowest experts, best first', () => {
  const logits = Float32Array.of(1, 3, 3, 2, 2, 2);
  const { chosen, slots, order, places } = routed(logits, 2, 3, {
    ...{ perToken: 2, renormalize: true, factor: 1, groups: null },
  });
  expect([...chosen]).toEqual([1, 2, 0, 1]);
  expect([...slots]).toEqual([0, 1, 3, 4]);
  expect([...order]).toEqual([2, 0, 3, 1]);
  expect([...places]).toEqual([1, 3, 0, 2]);
});

test('rows go to slots, through experts, and back', () => {
  // Two tokens of two values; token 0 goes to experts 1 and 0, token 1 to expert 1 and 2.
  const x = Float32Array.of(1, 2, 10, 20);
  const order = Int32Array.of(1, 0, 2, 3);
  const places = Int32Array.of(1, 0, 2, 3);
  const gathered = new Float32Array(8);
  reference.gatherSlots({ dtype: BL.F32, x, xStride: 2, order, k: 2, out: gathered, rows: 4, width: 2 });
  expect([...gathered]).toEqual([1, 2, 1, 2, 10, 20, 10, 20]);
  const experts = Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0, 2, 0, 0, 2);
  const out = new Float32Array(8);
  const slots = Int32Array.of(0, 1, 3, 4);
  reference.groupedMatmul({
    ...{ dtype: BL.F32, x: gathered, experts, out, outDtype: BL.F32, slots },
    ...{ E: 3, rows: 4, N: 2, K: 2 },
  });
  expect([...out]).toEqual([1, 2, 2, 1, 20, 10, 20, 40]);
  const to = Float32Array.of(100, 0, 100, 0);
  const shares = Float32Array.of(0.75, 0.25, 0.5, 0.5);
  reference.mixExperts({ dtype: BL.F32, y: out, places, shares, k: 2, to, toStride: 2, T: 2, width: 2 });
  expect([...to]).toEqual([101.75, 1.25, 120, 25]);
  reference.addGated({
    ...{ dtype: BL.F32, y: x, yStride: 2, gate: Float32Array.of(0, 100), to, toStride: 2, T: 2, width: 2 },
  });
  expect([...to]).toEqual([102.25, 2.25, 130, 45]);
});

test('shapes that cannot be are named', () => {
  const none = new Float32Array(0);
  const bad = { logits: none, T: 1, E: 8, k: 9, renormalize: 0, factor: 1, groups: 0, groupsPerToken: 0 };
  const outputs = { chosen: none, shares: none, slots: none, order: none, places: none };
  expect(() => reference.route({ ...bad, ...outputs })).toThrowError(/k = 9 of E = 8 experts/);
  expect(() => reference.route({ ...bad, k: 5, groups: 4, groupsPerToken: 2, ...outputs })).toThrowError(
    /2 of 4 groups of 2 experts each cannot hold k = 5/,
  );
});
