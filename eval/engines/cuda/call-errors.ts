/** Turns the statuses of the kernel library into errors. */
import type { BitlossError } from '../../../data/errors.ts';
import { callErrors, loadErrors } from '../../errors/kernels.ts';
import { BL } from './kernels.gen.ts';

/**
 * @param op       C name of the function that failed
 * @param message  bl_message(): "op: text"
 * @param values   its parameters by name
 */
export function callError(
  status: number,
  op: string,
  message: string,
  values: Readonly<Record<string, unknown>>,
): BitlossError {
  const why = message.startsWith(`${op}: `) ? message.slice(op.length + 2) : message;
  const listed = listNumbers(values);
  switch (status) {
    case BL.BAD_SHAPE:
      return callErrors.shape(op, why, listed);
    case BL.UNSUPPORTED:
      return callErrors.unsupported(op, why, listed);
    case BL.OUT_OF_MEMORY:
      return callErrors.outOfMemory(op, why, memoryNumbers(why));
    case BL.LIBRARY:
      return callErrors.library(op, why, listed);
    case BL.NOT_POSITIVE:
      return callErrors.notPositive(op, why, listed);
    default:
      return callErrors.device(op, why, listed);
  }
}

/** Why no device could be opened; `message` names the CUDA error. */
export function openError(status: number, message: string): BitlossError {
  const why = message.replace(/^bl_\w+: /, '');
  if (/InsufficientDriver|DriverMismatch|CompatNotSupported|UnsupportedPtxVersion/.test(why))
    return loadErrors.driver(why);
  if (status === BL.UNSUPPORTED) return loadErrors.capability(why);
  if (status === BL.CUDA && /cudaErrorNoDevice|StubLibrary|DevicesUnavailable|InitializationError/.test(why))
    return loadErrors.noDevice(why);
  return callError(status, 'bl_open', message, {});
}

/** Sizes and settings by name; addresses say nothing to a reader. */
function listNumbers(values: Readonly<Record<string, unknown>>): string {
  const isSize = (value: unknown) => typeof value === 'number' && Math.abs(value) < 2 ** 32;
  return Object.entries(values)
    .filter(([, value]) => isSize(value))
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');
}

/** From the text of bl_alloc; NaN where it does not say. */
function memoryNumbers(why: string): { bytes: number; free: number; total: number } {
  const [bytes = NaN, free = NaN, total = NaN] = (why.match(/\d+/g) ?? []).map(Number);
  return { bytes, free, total };
}
