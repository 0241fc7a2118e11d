/** Routing and the rows of experts on the device, against the host references. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { createRng } from '../../eval/math/rng.ts';
import { DTYPES, poisoned, randomElements, randomFloats, worstError } from './elements.ts';
import { describeGpu } from './gpu.ts';
import { loadReference } from './reference.ts';
import { runOnDevice } from './run.ts';

const reference = await loadReference();

const rules = [
  { name: 'Mixtral', E: 8, k: 2, renormalize: 1, factor: 1, groups: 0, groupsPerToken: 0 },
  { name: 'Qwen2-MoE', E: 60, k: 4, renormalize: 0, factor: 1, groups: 0, groupsPerToken: 0 },
  { name: 'DeepSeek-V2', E: 160, k: 6, renormalize: 0, factor: 16, groups: 8, groupsPerToken: 3 },
  { name: 'the most', E: 256, k: 16, renormalize: 1, factor: 2.5, groups: 256, groupsPerToken: 20 },
  { name: 'one expert', E: 1, k: 1, renormalize: 1, factor: 1, groups: 0, groupsPerToken: 0 },
];

describeGpu('experts', (device) => {
  const routing = (T: number, { name: _, ...rule }: (typeof rules)[number], logits: Float32Array) => ({
    ...{ logits, T, ...rule, slots: new Int32Array(rule.E + 1).fill(-1) },
    chosen: new Int32Array(T * rule.k).fill(-1),
    shares: poisoned(BL.F32, T * rule.k) as Float32Array,
    order: new Int32Array(T * rule.k).fill(-1),
    places: new Int32Array(T * rule.k).fill(-1),
  });

  test.each(rules)('routes: $name', (rule) => {
    const rng = createRng(rule.E);
    for (const T of [1, 16, 17, 203, 3001]) {
      // Few different logits: many equal probabilities, and experts that get nothing.
      const logits = Float32Array.from({ length: T * rule.E }, (_, i) =>
        i % rule.E === 3 ? -50 : Math.round(rng.normal() * 2) / 2,
      );
      const expected = routing(T, rule, logits);
      const found = runOnDevice(device(), 'route', expected);
      reference.route(expected);
      for (const key of ['chosen', 'slots', 'order', 'places'] as const)
        expect(found[key], `${key} of ${T}`).toEqual(expected[key]);
      expect(worstError(found.shares as Float32Array, expected.shares)).toBeLessThan(1e-5);
    }
  });

  test('routes many tokens, whatever is beside them', () => {
    const rule = rules[1]!;
    const T = 150_000;
    const logits = randomFloats(createRng(4), T * rule.E);
    const whole = runOnDevice(device(), 'route', routing(T, rule, logits));
    const [order, places, chosen] = [whole.order, whole.places, whole.chosen] as Int32Array[];
    const sorted = Int32Array.from(chosen.keys()).sort((a, b) => chosen[a] - chosen[b] || a - b);
    expect(order).toEqual(sorted);
    expect(places.every((place, item) => order[place] === item)).toBe(true);
    for (const few of [5, 700]) {
      const own = runOnDevice(device(), 'route', routing(few, rule, logits.slice(0, few * rule.E)));
      expect(own.chosen).toEqual(chosen.slice(0, few * rule.k));
      expect(own.shares).toEqual((whole.shares as Float32Array).slice(0, few * rule.k));
    }
  });

  test('logits that are not finite still choose different experts', () => {
    const rule = { ...rules[2]!, k: 6 };
    const logits = new Float32Array(3 * rule.E).fill(NaN);
    logits.fill(Infinity, rule.E, 2 * rule.E).fill(-Infinity, 2 * rule.E);
    const chosen = runOnDevice(device(), 'route', routing(3, rule, logits)).chosen as Int32Array;
    for (const t of [0, 1, 2]) {
      const own = [...chosen.subarray(t * rule.k, (t + 1) * rule.k)];
      expect(new Set(own).size).toBe(rule.k);
      expect(own.every((expert) => expert >= 0 && expert < rule.E)).toBe(true);
    }
  });

  test.each(DTYPES)('moves rows: $name', ({ dtype }) => {
    const rng = createRng(dtype);
    for (const { T, k, width, stride } of [
      { T: 1, k: 2, width: 64, stride: 64 },
      { T: 7, k: 3, width: 37, stride: 41 },
      { T: 130, k: 2, width: 2056, stride: 2064 },
    ]) {
      const rows = T * k;
      const order = Int32Array.from(rng.shuffle([...Array(rows).keys()]));
      const places = new Int32Array(rows);
      for (const [row, item] of order.entries()) places[item] = row;
      const x = randomElements(rng, dtype, T * stride);
      const gather = { dtype, x, xStride: stride, order, k, out: poisoned(dtype, rows * width), rows, width };
      const gathered = runOnDevice(device(), 'gatherSlots', gather);
      reference.gatherSlots(gather);
      expect(gathered.out).toEqual(gather.out);

      const shares = randomFloats(rng, rows);
      const to = randomFloats(rng, T * stride);
      const mix = { dtype, y: gather.out, places, shares, k, to, toStride: stride, T, width };
      const mixed = runOnDevice(device(), 'mixExperts', mix);
      reference.mixExperts(mix);
      expect(worstError(mixed.to as Float32Array, mix.to)).toBeLessThan(1e-6);

      for (const gate of [null, randomFloats(rng, T, 3)]) {
        const add = { dtype, y: x, yStride: stride, gate, to: to.slice(), toStride: stride, T, width };
        const added = runOnDevice(device(), 'addGated', add);
        reference.addGated(add);
        expect(worstError(added.to as Float32Array, add.to)).toBeLessThan(1e-6);
      }
    }
  });
});
