/** What the exit status of `pnpm eval` says. */
import type { BitlossError } from '../../data/errors.ts';
import { DEVICE_LOST } from '../spread/judge.ts';

const DEVICE_CODES: readonly string[] = ['kernels/device', 'kernels/no-device', 'kernels/driver'];

/** 2 for a mistake in the command, 3 where a GPU failed and only another process can go on, 1 for everything else. */
export function exitStatus({ code }: BitlossError): number {
  if (code.startsWith('cli/')) return 2;
  return DEVICE_CODES.includes(code) ? DEVICE_LOST : 1;
}
