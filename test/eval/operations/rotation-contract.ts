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
import { quip } from '../../../eval/methods/quip.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import type { DenseLinear, Operations } from '../../../eval/operations/operations.ts';
import { declaredBytes, testMethod } from '../../contracts/method.ts';
import { INCOHERENT } from '../methods/layouts.ts';
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
  testMethod(quip, {
    recipes: ['quip-w2', 'quip-w4-actorder', 'quip-w3-@rg'],
    operations,
    layout: INCOHERENT,
    skip: [
      { reason: 'all rows are mixed', tests: ['odd rows stay finite, zero rows stay zero'] },
      { reason: 'there are no groups', tests: ['a group that does not divide is refused, early too'] },
    ],
  });

  test.each(['quip-w2', 'quip-w3-actorder', 'quip-w4', 'quip-w2-@rg', 'quip-w3-@rg'])(
    '%s gives the codes of the CPU, and its weights',
    async (id) => {
      const { linear, hessian } = sampleLayer(42, 96, 9, [3]);
      const { expected, found } = await both(operations(), linear, hessian, id);
      const [own, codes] = [found, expected].map(({ packed }) => packed.buffers.codes!.bytes) as [
        Uint8Array,
        Uint8Array,
      ];
      // Sums in another order may put a weight on the other side of a border, and its row then differs.
      expect(own.filter((byte, i) => byte !== codes[i]).length / own.length).toBeLessThan(0.03);
      expect(found.packed.buffers.scale).toEqual(expected.packed.buffers.scale);
      expect(found.relativeError / expected.relativeError).toBeCloseTo(1, 1);
      expect(found.relativeError).toBeCloseTo(await cpuOperations.relativeError(linear, found.packed), 5);
      const at = engine().operations.heap.alloc(42 * 96 * 4);
      engine().operations.dequantize(found.packed, { at, dtype: BL.F32 });
      const values = dequantize(found.packed);
      const written = engine().device.download(at, new Float32Array(42 * 96));
      expect(Math.max(...written.map((value, i) => Math.abs(value - values[i]!)))).toBeLessThan(1e-6);
    },
  );

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
