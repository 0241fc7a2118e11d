/** Calls an operation on the device as one calls its host reference: with arrays. */
import type { Device } from '../../eval/engines/cuda/device.ts';
import type { Kernels } from '../../eval/engines/cuda/kernels.ts';
import type { Reference, ReferenceArguments } from './reference.ts';

export type Operation = keyof Reference &
  Exclude<keyof Kernels, 'on' | 'stream' | 'synchronizeAsync' | 'downloadAsync'>;

/** Copies arrays to the device, runs, and returns the parameters with the arrays as they are afterwards. */
export function runOnDevice<Name extends Operation>(
  device: Device,
  name: Name,
  values: ReferenceArguments<Name>,
): ReferenceArguments<Name> {
  const entries = Object.entries(values);
  const addresses = new Map<string, number>();
  for (const [key, value] of entries) if (isArray(value)) addresses.set(key, device.uploaded(value));
  const given = entries.map(([key, value]) => [key, addresses.get(key) ?? value ?? 0] as const);
  try {
    (device.kernels[name] as (values: object) => void)(Object.fromEntries(given));
    const after = entries.map(([key, value]) => {
      const address = addresses.get(key);
      return [key, address === undefined ? value : device.download(address, emptied(value))] as const;
    });
    return Object.fromEntries(after) as ReferenceArguments<Name>;
  } finally {
    for (const address of addresses.values()) device.free(address);
  }
}

function emptied(array: unknown): NodeJS.ArrayBufferView {
  return structuredClone(array) as NodeJS.ArrayBufferView;
}

function isArray(value: unknown): value is NodeJS.ArrayBufferView {
  return ArrayBuffer.isView(value);
}
