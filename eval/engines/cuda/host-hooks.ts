/** Shows on the host what blocks show in device memory: for checks, and for callers that calibrate on the host. */
import type { Observe, ObserveCache } from '../engine.ts';
import type { BlockHooks, DeviceInputs } from './block-context.ts';
import type { Device } from './device.ts';
import { F32, type Matrix } from './matrix.ts';
import { Ops } from './ops.ts';

export function hostHooks(
  device: Device,
  T: number,
  observe: Observe | undefined,
  observeCache: ObserveCache | undefined,
): BlockHooks {
  return {
    ...(observe === undefined ? {} : { observe: (inputs) => showInputs(device, inputs, observe) }),
    ...(observeCache === undefined
      ? {}
      : {
          keysValues: async ({ keys, values, keyWidth, valueWidth }) =>
            observeCache({
              keys: await downloadRows(device, keys, T, keyWidth),
              values: await downloadRows(device, values, T, valueWidth),
            }),
        }),
  };
}

/** Rows of an expert are shown under the name of its own linear, and none where it gets none. */
async function showInputs(device: Device, { name, x, M, K, experts }: DeviceInputs, observe: Observe) {
  const values = await downloadRows(device, x, M, K);
  if (experts === undefined) return observe(name, values, M, K);
  const slots = new Int32Array(experts.names.length + 1);
  await device.downloadAsync(experts.slots, slots);
  for (const [expert, own] of experts.names.entries()) {
    const [from, to] = [slots[expert]!, slots[expert + 1]!];
    await observe(own, values.slice(from * K, to * K), to - from, K);
  }
}

/** Float32 `[M, width]`. */
export async function downloadRows(
  device: Device,
  x: Matrix,
  M: number,
  width: number,
): Promise<Float32Array> {
  const rows = new Float32Array(M * width);
  const at = device.alloc(Math.max(1, rows.byteLength));
  try {
    new Ops(device.kernels, x.dtype).moveRows(x, { at, dtype: F32, stride: width }, M, width);
    return await device.downloadAsync(at, rows);
  } finally {
    device.free(at);
  }
}
