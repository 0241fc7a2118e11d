/** What compression in a rotated basis must give on a device: the weights of the CPU. */
import { expect, test } from 'vitest';
import type { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import type { PackedLinear } from '../../../eval/formats/format.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { inputRotationOf, withInputRotation } from '../../../eval/formats/input-rotation.ts';
import { intGrouped } from '../../../eval/formats/int-grouped.ts';
import type { Hessian } from '../../../eval/math/hessian.ts';
import { quarot } from '../../../eval/methods/quarot.ts';
import { quarotRtn } from '../../../eval/methods/quarot-rtn.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import type { DenseLinear, Operations } from '../../../eval/operations/operations.ts';
import { declaredBytes, testMethod } from '../../contracts/method.ts';
import { sampleLayer } from '../methods/samples.ts';

interface Result {
  readonly packed: PackedLinear;
  readonly relativeError: number;
}

const ROTATED = {
  repack: (packed: PackedLinear) =>
    withInputRotation(intGrouped.pack(intGrouped.unpack(packed)), inputRotationOf(packed) ?? -1),
  bytes: declaredBytes,
};

export function describeRotations(
  engine: () => CudaEngine,
  both: (
    operations: Operations,
    linear: DenseLinear,
    hessian: Hessian,
    id: string,
  ) => Promise<{ readonly expected: Result; readonly found: Result }>,
): void {
  const operations = () => engine().operations;
  testMethod(quarot, { recipes: ['quarot-w4', 'quarot-w3g32-actorder'], operations, layout: ROTATED });
  testMethod(quarotRtn, { recipes: ['quarot-rtn-w4g16'], operations, layout: ROTATED });

  test.each(['quarot-w4g16', 'quarot-w3-actorder', 'quarot-rtn-w4', 'quarot-w2g48'])(
    '%s gives the weights of the CPU, and device memory the same',
    async (id) => {
      const { linear, hessian } = sampleLayer(24, 96, 4, [3]);
      const { expected, found } = await both(operations(), linear, hessian, id);
      const [a, b] = [dequantize(expected.packed), dequantize(found.packed)];
      const off = a.filter((value, i) => Math.abs(value - b[i]!) > 1e-6).length;
      // Sums of a rotation in float32 may put a weight on the other side of a border, and its row then differs.
      expect(off).toBeLessThanOrEqual(4 * 96);
      expect(found.relativeError / expected.relativeError).toBeCloseTo(1, 2);
      expect(found.relativeError).toBeCloseTo(await cpuOperations.relativeError(linear, found.packed), 5);
      const at = engine().operations.heap.alloc(24 * 96 * 4);
      engine().operations.dequantize(found.packed, { at, dtype: BL.F32 });
      const written = engine().device.download(at, new Float32Array(24 * 96));
      expect(Math.max(...written.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-6);
    },
  );
}
