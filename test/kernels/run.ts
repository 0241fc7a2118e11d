/** Runs an operation on the device and its reference on the host, called with arrays, each on its own copy of them. */
import type { Device } from '../../eval/engines/cuda/device.ts';
import type { Kernels } from '../../eval/engines/cuda/kernels.ts';
import type { Reference, ReferenceArguments } from './reference.ts';

export type Operation = keyof Reference &
  Exclude<keyof Kernels, 'on' | 'stream' | 'synchronizeAsync' | 'downloadAsync'>;

export interface Both<Name extends Operation> {
  /** The parameters with their arrays as the device leaves them, and as the reference does. */
  readonly found: ReferenceArguments<Name>;
  readonly expected: ReferenceArguments<Name>;
}

/** Arrays that share a buffer, parts of it or all, share it on both sides. */
export function runBoth<Name extends Operation>(
  device: Device,
  reference: Reference,
  name: Name,
  values: ReferenceArguments<Name>,
): Both<Name> {
  return { found: runOnDevice(device, name, values), expected: runOnHost(reference, name, values) };
}

export function runOnHost<Name extends Operation>(
  reference: Reference,
  name: Name,
  values: ReferenceArguments<Name>,
): ReferenceArguments<Name> {
  const copies = new Map(buffersOf(values).map((buffer) => [buffer, buffer.slice(0)]));
  const copied = movedTo(values, copies);
  (reference[name] as (values: object) => void)(copied);
  return copied;
}

/**
 * Copies arrays to the device, runs, and returns the parameters with the arrays as they are afterwards. An array keeps its
 * place in its buffer, so that one that begins in the middle is as little aligned there as here.
 */
export function runOnDevice<Name extends Operation>(
  device: Device,
  name: Name,
  values: ReferenceArguments<Name>,
): ReferenceArguments<Name> {
  const addresses = new Map(
    buffersOf(values).map((buffer) => [buffer, device.uploaded(new Uint8Array(buffer))]),
  );
  const given = Object.entries(values).map(([key, value]) => [
    key,
    ArrayBuffer.isView(value) ? addresses.get(value.buffer as ArrayBuffer)! + value.byteOffset : (value ?? 0),
  ]);
  try {
    (device.kernels[name] as (values: object) => void)(Object.fromEntries(given));
    const copies = [...addresses].map(([buffer, address]) => {
      const copy = new ArrayBuffer(buffer.byteLength);
      device.download(address, new Uint8Array(copy));
      return [buffer, copy] as const;
    });
    return movedTo(values, new Map(copies));
  } finally {
    for (const address of addresses.values()) device.free(address);
  }
}

function buffersOf(values: object): ArrayBuffer[] {
  const views = Object.values(values).filter((value) => ArrayBuffer.isView(value));
  return [...new Set(views.map(({ buffer }) => buffer as ArrayBuffer))];
}

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => NodeJS.ArrayBufferView;

/** The same parameters with every array at its place in the copy of its buffer. */
function movedTo<V extends object>(values: V, copies: ReadonlyMap<ArrayBuffer, ArrayBuffer>): V {
  const entries = Object.entries(values).map(([key, value]) => {
    if (!ArrayBuffer.isView(value)) return [key, value];
    const view = value as Uint8Array<ArrayBuffer>;
    const View = view.constructor as ViewConstructor;
    return [key, new View(copies.get(view.buffer)!, view.byteOffset, view.length)];
  });
  return Object.fromEntries(entries) as V;
}
