/** Incoherent bases in TypeScript. */
import { methodErrors } from '../errors/method.ts';
import { Hessian } from '../math/hessian.ts';
import { hessianMixings, mixed, weightMixings } from '../math/incoherence.ts';
import type { IncoherenceOperations } from './incoherence.ts';
import type { HessianHandle } from './operations.ts';

/** @param handle  makes a handle of a Hessian */
export function cpuIncoherence(handle: (hessian: Hessian) => HessianHandle): IncoherenceOperations {
  return {
    async columnSquares(method, { name, weight, N, K }) {
      if (weight.length !== N * K) throw methodErrors.shape(method, name, N, K, weight.length);
      const squares = new Float64Array(K);
      for (let i = 0; i < weight.length; i++) squares[i % K] += weight[i] ** 2;
      return squares;
    },
    async turn(_, { name, weight, N, K }, basis, added) {
      const turned = mixed(Float64Array.from(weight), weightMixings(N, basis, false));
      return { name, weight: Float32Array.from(turned, (value) => value + added), N, K };
    },
    async turnHessian(hessian, basis) {
      const { values, K } = await hessian.toHost();
      return handle(new Hessian(mixed(values, hessianMixings(basis)), K));
    },
  };
}
