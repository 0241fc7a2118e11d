/** Pages and slots of generation, without a device. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PAGE_POSITIONS, PageAllocator, pagesFor } from '../../../../eval/engines/cuda/pages.ts';
import { BUCKETS, bucketOf, MAX_SLOTS, Slots } from '../../../../eval/engines/cuda/slots.ts';

describe('pages', () => {
  test('of a text', () => {
    expect([0, 1, PAGE_POSITIONS, PAGE_POSITIONS + 1].map(pagesFor)).toEqual([0, 1, 1, 2]);
  });

  test('are taken all or none', () => {
    const pages = new PageAllocator(3);
    expect(pages.take(2)).toEqual([0, 1]);
    expect(pages.take(2)).toBeNull();
    expect(pages.free).toBe(1);
    expect(pages.take(1)).toEqual([2]);
  });

  test('are not freed twice, and nothing changes when that is tried', () => {
    const pages = new PageAllocator(4);
    pages.take(2);
    pages.release([1]);
    expect(() => pages.release([0, 1])).toThrow('page 1 is not taken');
    expect(pages.free).toBe(3);
  });

  test('belong to one text at a time, whatever comes and goes', () => {
    const step = fc.record({ take: fc.nat(9), release: fc.nat(5) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 60 }), (total, steps) => {
        const pages = new PageAllocator(total);
        const held: (readonly number[])[] = [];
        for (const { take, release } of steps) {
          const taken = pages.take(take);
          if (taken !== null) held.push(taken);
          else if (held.length > 0) pages.release(held.splice(release % held.length, 1)[0]!);
          const all = held.flat();
          expect(new Set(all).size).toBe(all.length);
          expect(all.every((page) => page >= 0 && page < total)).toBe(true);
          expect(all.length + pages.free).toBe(total);
        }
      }),
    );
  });
});

describe('slots', () => {
  test('have the smallest recorded step that holds them', () => {
    expect([1, 2, 3, 5, 9, 33, 64, 65, 400].map(bucketOf)).toEqual([1, 2, 4, 8, 16, 64, 64, 128, 512]);
    expect(() => bucketOf(MAX_SLOTS + 1)).toThrow('1 to 512');
    expect(() => bucketOf(0)).toThrow('0 slots');
    expect([...BUCKETS].sort((a, b) => a - b)).toEqual([...BUCKETS]);
  });

  test('are filled from the lowest free one', () => {
    const slots = new Slots<string>(3);
    expect(['a', 'b', 'c'].map((text) => slots.add(text))).toEqual([0, 1, 2]);
    expect(slots.isFull).toBe(true);
    expect(() => slots.add('d')).toThrow('all 3 slots are taken');
    slots.remove(1);
    expect(() => slots.remove(1)).toThrow('slot 1 is empty');
    expect(slots.span).toBe(3);
    expect(slots.add('d')).toBe(1);
    expect(slots.running).toEqual([
      [0, 'a'],
      [1, 'd'],
      [2, 'c'],
    ]);
  });

  test('are closed up only where that makes the step smaller', () => {
    const slots = new Slots<number>(8);
    for (let text = 0; text < 6; text += 1) slots.add(text);
    slots.remove(0);
    expect(slots.compact()).toEqual([]);
    slots.remove(2);
    expect(slots.compact()).toEqual([
      { from: 4, to: 0 },
      { from: 5, to: 2 },
    ]);
    expect(slots.running.map(([, text]) => text)).toEqual([4, 1, 5, 3]);
    expect(slots.span).toBe(4);
    for (const [slot] of slots.running) slots.remove(slot);
    expect(slots.span).toBe(0);
    expect(slots.compact()).toEqual([]);
  });
});
