/** Generation on the device. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { GenerateRequest, OnProgress } from '../engine.ts';
import type { Residence } from './residence.ts';

/** @throws engine/unsupported */
export async function generate(
  _residence: Residence,
  _requests: readonly GenerateRequest[],
  _onProgress?: OnProgress,
): Promise<readonly (readonly number[])[]> {
  throw errors.unsupported('cuda', 'generation');
}
