/** A device that computes nothing and records what it is asked for: the order of work can so be checked without a GPU. */
import type { Device } from '../../../eval/engines/cuda/device.ts';
import type { Kernels } from '../../../eval/engines/cuda/kernels.ts';

export interface Call {
  readonly name: string;
  readonly stream: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/** @param finished  kept when the device has done all of its work; results are zeros */
export function recordingDevice(finished: () => Promise<void> = async () => undefined) {
  const calls: Call[] = [];
  const on = (stream: number): Kernels =>
    new Proxy({} as Kernels, {
      get: (_, key) => {
        if (key === 'on') return on;
        return (values: Call['values']) => {
          calls.push({ name: String(key), stream, values });
          return String(key).endsWith('Async') ? finished() : undefined;
        };
      },
    });
  const kernels = on(1);
  let [end, streams] = [256, 1];
  const alloc = (bytes: number) => {
    const at = end;
    end += Math.ceil(bytes / 256) * 256;
    return at;
  };
  const nothing = () => undefined;
  const device = {
    ...{ index: 0, build: 'records', kernels, bytes: 0, peakBytes: 0, alloc, free: nothing, close: nothing },
    info: () => ({ name: 'none', freeBytes: 2 ** 30, totalBytes: 2 ** 30 }),
    uploaded: ({ byteLength }: NodeJS.ArrayBufferView) => alloc(byteLength),
    upload: (to: number, from: NodeJS.ArrayBufferView) =>
      kernels.upload({ to, from, bytes: from.byteLength }),
    createStream: () => ++streams,
    createEvent: () => 1,
  };
  return { device: device as unknown as Device, calls };
}
