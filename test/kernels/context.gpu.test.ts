/** Memory, copies, streams, events, graphs, and what is reported when they fail. */
import { expect, test } from 'vitest';
import { Device } from '../../eval/engines/cuda/device.ts';
import { describeGpu } from './gpu.ts';

describeGpu('a device', (device) => {
  const values = Float32Array.from({ length: 100_000 }, (_, i) => i - 0.5);

  test('says what it is', () => {
    const info = device().info();
    expect(info.name).toMatch(/\w/);
    expect(info.capability).toBeGreaterThanOrEqual(80);
    expect(info.multiprocessors).toBeGreaterThan(0);
    expect(info.totalBytes).toBeGreaterThan(info.freeBytes);
    expect(info.sharedBytes).toBeGreaterThan(48 * 1024);
  });

  test('copies there and back, and counts bytes', async () => {
    const before = device().bytes;
    const address = device().uploaded(values);
    expect(device().bytes - before).toBe(values.byteLength);
    expect(device().download(address, new Float32Array(values.length))).toEqual(values);
    expect(await device().downloadAsync(address, new Float32Array(values.length))).toEqual(values);
    device().free(address);
    expect(device().bytes).toBe(before);
    expect(device().peakBytes).toBeGreaterThanOrEqual(values.byteLength);
  });

  test('page-locked memory is a view that the device reads and writes', () => {
    const buffer = device().allocHost(values.byteLength);
    new Float32Array(buffer.memory).set(values);
    const address = device().alloc(values.byteLength);
    device().upload(address, new Float32Array(buffer.memory));
    new Float32Array(buffer.memory).fill(0);
    device().download(address, new Float32Array(buffer.memory));
    expect(new Float32Array(buffer.memory)).toEqual(values);
    device().free(address);
    device().freeHost(buffer);
  });

  test('a second stream waits for an event of the first', () => {
    const { kernels } = device();
    const from = device().uploaded(values);
    const to = device().alloc(values.byteLength);
    const second = kernels.on(device().createStream());
    const [start, end] = [device().createEvent(), device().createEvent()];
    kernels.eventRecord({ event: start });
    kernels.fill({ to: from, value: 255, bytes: 4 });
    kernels.eventRecord({ event: end });
    second.eventWait({ event: end });
    second.copy({ to, from, bytes: values.byteLength });
    second.synchronize({});
    const found = device().download(to, new Float32Array(values.length));
    expect(found[0]).toBeNaN();
    expect(found.subarray(1)).toEqual(values.subarray(1));
    expect(device().elapsed(start, end)).toBeGreaterThan(0);
    for (const event of [start, end]) kernels.eventDestroy({ event });
    second.streamDestroy({});
    for (const address of [from, to]) device().free(address);
  });

  test('a graph repeats what was recorded, and recording runs nothing', async () => {
    const { kernels } = device();
    const address = device().uploaded(new Uint8Array(16));
    const out = new BigUint64Array(1);
    kernels.graphBegin({});
    kernels.fill({ to: address, value: 7, bytes: 8 });
    kernels.graphEnd({ out });
    expect(device().download(address, new Uint8Array(16))).toEqual(new Uint8Array(16));
    kernels.graphLaunch({ graph: Number(out[0]) });
    await kernels.synchronizeAsync();
    expect([...device().download(address, new Uint8Array(9))]).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 0]);
    kernels.graphDestroy({ graph: Number(out[0]) });
    device().free(address);
  });

  test('memory that is not there is an error with the numbers', () => {
    const bytes = 2 ** 45;
    expect(() => device().alloc(bytes)).toThrowError(
      expect.objectContaining({
        code: 'kernels/out-of-memory',
        details: expect.objectContaining({ bytes, total: device().info().totalBytes }),
      }),
    );
    expect(device().download(device().uploaded(values), new Float32Array(values.length))).toEqual(values);
  });

  test('wrong arguments name the function and the values', () => {
    expect(() => device().kernels.fill({ to: 1, value: 300, bytes: 4 })).toThrowError(
      /^\[bl_fill\] byte 300, 4 times\. Called with to = 1, value = 300, bytes = 4\./,
    );
    expect(() => Device.open(99)).toThrowError(/there is no device 99/);
  });

  test('can be opened again beside the first, and closed twice', () => {
    const second = Device.open(0);
    expect(second.download(second.uploaded(values), new Float32Array(values.length))).toEqual(values);
    second.close();
    second.close();
    expect(second.bytes).toBe(0);
  });
});
