/** Every bit layout, by id. A new one is a file here and a line below. */
import { formatErrors } from '../errors/method.ts';
import { binaryBlocks } from './binary-blocks.ts';
import { codebook } from './codebook.ts';
import { dualBinary } from './dual-binary.ts';
import { floatZeros } from './float-zeros.ts';
import type { Format, PackedLinear } from './format.ts';
import { incoherent } from './incoherent.ts';
import { inputRotationOf, rotateBack } from './input-rotation.ts';
import { divideColumns, inputScaleOf } from './input-scale.ts';
import { intGrouped } from './int-grouped.ts';
import { mixedColumns } from './mixed-columns.ts';
import { mixedGroups } from './mixed-groups.ts';
import { partlyBinary } from './partly-binary.ts';
import { sparse } from './sparse.ts';
import { sparseInt } from './sparse-int.ts';

export const formats = {
  'int-grouped': intGrouped,
  'partly-binary': partlyBinary,
  codebook,
  'float-zeros': floatZeros,
  'mixed-columns': mixedColumns,
  'binary-blocks': binaryBlocks,
  'dual-binary': dualBinary,
  'mixed-groups': mixedGroups,
  sparse,
  'sparse-int': sparseInt,
  incoherent,
} as const satisfies Record<string, Format>;

/** Float32 `[N, K]`. Throws `format/unknown`, `format/damaged`. */
export function dequantize(packed: PackedLinear): Float32Array {
  const weight = dequantizeTurned(packed);
  const seed = inputRotationOf(packed);
  if (seed !== null) rotateBack(weight, packed.K, seed);
  const scale = inputScaleOf(packed);
  if (scale !== null) divideColumns(weight, scale);
  return weight;
}

/** In the basis that the codes are in, before rotation and scale of the input are undone. Throws as `dequantize`. */
export function dequantizeTurned(packed: PackedLinear): Float32Array {
  const known: Record<string, Format> = formats;
  if (!Object.hasOwn(known, packed.format)) throw formatErrors.unknown(packed.format, Object.keys(known));
  return known[packed.format].dequantize(packed);
}
