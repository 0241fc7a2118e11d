/** W·R on the device (eval/math/rotation.ts). */
import type { DenseLinear } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { DeviceLinear } from './device-linear.ts';
import { weightsOf } from './device-weights.ts';
import { BL } from './kernels.gen.ts';
import type { Pool } from './pool.ts';

/** Float32 in memory of the pool, until the next call. Throws `method/shape`. */
export async function rotateOnDevice(
  device: Device,
  pool: Pool<string>,
  method: string,
  linear: DenseLinear,
  seed: number,
): Promise<DenseLinear> {
  const { name, N, K } = linear;
  const { w: x, dtype: xDtype } = weightsOf(device, pool, method, linear);
  const out = pool.take('rotated', N * K * 4);
  device.kernels.rotateRows({
    ...{ xDtype, x, xStride: K, outDtype: BL.F32, out, outStride: K },
    ...{ M: N, width: K, seed, inverse: 0 },
  });
  return new DeviceLinear(device, { name, N, K }, { at: out, dtype: BL.F32 });
}
