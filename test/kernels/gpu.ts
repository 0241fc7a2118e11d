/** GPU tests: one device a file, skipped with the reason where there is none. */
import { afterAll, beforeAll, describe } from 'vitest';
import { Device, deviceCount } from '../../eval/engines/cuda/device.ts';

/** Why GPU tests cannot run here; undefined where they can. */
export function whyNoGpu(): string | undefined {
  try {
    return deviceCount() > 0 ? undefined : 'there is no GPU';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A group of tests with an open device, which is closed behind them. */
export function describeGpu(name: string, body: (device: () => Device) => void): void {
  const why = whyNoGpu();
  describe.skipIf(why !== undefined)(why === undefined ? name : `${name} (skipped: ${why})`, () => {
    let device: Device | undefined;
    beforeAll(() => {
      device = Device.open();
    });
    afterAll(() => device?.close());
    body(() => device!);
  });
}
