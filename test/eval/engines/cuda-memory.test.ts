/** Who keeps device memory when it becomes scarce. */
import { expect, test } from 'vitest';
import { Scratch } from '../../../eval/engines/cuda/arena.ts';
import type { Device } from '../../../eval/engines/cuda/device.ts';
import { DeviceMemory, GrowingRange } from '../../../eval/engines/cuda/memory.ts';

/** Counts bytes; addresses are numbers that mean nothing. */
function countingDevice() {
  const sizes = new Map<number, number>();
  let next = 4096;
  return {
    get bytes() {
      return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    },
    alloc(bytes: number) {
      next += 2 ** 20;
      sizes.set(next, bytes);
      return next;
    },
    free: (address: number) => void sizes.delete(address),
  } as unknown as Device;
}

test('a claim that does not fit takes the memory of the one that was used longest ago', () => {
  const memory = new DeviceMemory(countingDevice(), 1000);
  const released: string[] = [];
  const claim = (name: string, bytes: number) => memory.claim(bytes, () => released.push(name));
  const [first, second] = [claim('first', 400), claim('second', 400)];
  memory.touch(first);
  const third = claim('third', 300);
  expect(released).toEqual(['second']);
  expect([first.isHeld, second.isHeld, third.isHeld]).toEqual([true, false, true]);
  second.release();
  expect(released).toEqual(['second']);
  expect(() => claim('fourth', 1001)).toThrow('1001 bytes of device memory, 1000 may be used');
  memory.close();
  expect(memory.device.bytes).toBe(0);
});

test('the workspace is one range, and grows by taking memory from claims', () => {
  const memory = new DeviceMemory(countingDevice(), 1000);
  const at = memory.workspace(300);
  expect(memory.workspace(200)).toBe(at);
  const claim = memory.claim(600, () => undefined);
  expect(memory.workspace(400)).not.toBe(at);
  expect(claim.isHeld).toBe(true);
  memory.workspace(500);
  expect(claim.isHeld).toBe(false);
  expect(memory.device.bytes).toBe(500);
});

test('a growing range keeps its place until more is asked of it', () => {
  const device = countingDevice();
  const range = new GrowingRange(device);
  const at = range.atLeast(100);
  expect(range.atLeast(50)).toBe(at);
  expect(range.atLeast(101)).not.toBe(at);
  expect(device.bytes).toBe(101);
  range.free();
  expect(device.bytes).toBe(0);
});

test('scratch gives back what was taken after a mark, and never more than there is', () => {
  const scratch = new Scratch(2048, 1024);
  expect(scratch.take(1)).toBe(2048);
  const mark = scratch.mark();
  expect(scratch.take(257)).toBe(2304);
  scratch.release(mark);
  expect(scratch.take(10)).toBe(2304);
  expect(scratch.peak).toBe(768);
  expect(() => scratch.take(1000)).toThrow(RangeError);
});
