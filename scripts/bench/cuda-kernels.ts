/** Buffers, events and rates on one opened GPU. */
import type { Rates } from '../../data/bench-schema.ts';
import type { Device } from '../../eval/engines/cuda/device.ts';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import type { Address } from '../../eval/engines/cuda/kernels.ts';
import type { KernelLab } from './kernel-lab.ts';
import { measure, median, type Stopwatch } from './measure.ts';

const DTYPES = { f32: { dtype: BL.F32, bytes: 4 }, bf16: { dtype: BL.BF16, bytes: 2 } } as const;
const COPY_BYTES = 2 ** 32;
const PRODUCT = 8192;

/** Buffers of a device that is open. */
export function kernelLab(device: Device): KernelLab {
  const { kernels } = device;
  const buffers: Address[] = [];
  let seed = 0;
  const keep = (address: Address) => {
    buffers.push(address);
    return address;
  };
  return {
    kernels,
    stopwatch: eventStopwatch(device),
    random: (type, n, deviation = 1) => {
      const { dtype, bytes } = DTYPES[type];
      const out = keep(device.alloc(n * bytes));
      kernels.random({ dtype, out, n, deviation, seed: seed++ });
      return out;
    },
    upload: (values) => keep(device.uploaded(values)),
    filled: (bytes, value = 0) => {
      const to = keep(device.alloc(bytes));
      kernels.fill({ to, value, bytes });
      return to;
    },
    release: () => {
      for (const address of buffers.splice(0)) device.free(address);
    },
  };
}

/** Events around what work queues on the stream of the device. */
export function eventStopwatch(device: Device): Stopwatch {
  const [from, to] = [device.createEvent(), device.createEvent()];
  const { kernels } = device;
  return {
    time: async (work) => {
      kernels.synchronize({});
      const started = performance.now();
      kernels.eventRecord({ event: from });
      await work();
      kernels.eventRecord({ event: to });
      kernels.synchronize({});
      return { deviceMs: device.elapsed(from, to), wallMs: performance.now() - started };
    },
  };
}

/** What the memory and the matrix units of this GPU give, at sizes that fill it. */
export async function measureRates(lab: KernelLab): Promise<Rates> {
  const { kernels, random, filled } = lab;
  const seconds = async (work: () => void) => {
    const { device_ms } = await measure(lab.stopwatch, work, { warmUps: 3, repeats: 7 }, 1);
    return median(device_ms!) / 1000;
  };
  const from = random('f32', COPY_BYTES / 4);
  const copy = { to: filled(COPY_BYTES), from, bytes: COPY_BYTES };
  const copying = await seconds(() => kernels.copy(copy));
  lab.release();
  const [x, w] = [0, 1].map(() => random('bf16', PRODUCT ** 2)) as [Address, Address];
  const sizes = { M: PRODUCT, N: PRODUCT, K: PRODUCT, xStride: PRODUCT, outStride: PRODUCT };
  const types = { dtype: BL.BF16, outDtype: BL.BF16, accumulate: 0 };
  const product = { ...types, ...sizes, x, w, out: filled(2 * PRODUCT ** 2) };
  const multiplying = await seconds(() => kernels.matmul(product));
  lab.release();
  return {
    copy_bytes_per_second: (2 * COPY_BYTES) / copying,
    matmul_flops_per_second: (2 * PRODUCT ** 3) / multiplying,
  };
}
