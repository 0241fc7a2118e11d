/**
 * LDLQ written straight from Chee et al. 2023, arXiv:2307.13304, equation 2, without any code of eval/: H = (M + I)·D·(M + I)ᵀ
 * with M strictly upper triangular, and ŵ_k = Q(w_k + Σ_{j<k} (w_j − ŵ_j)·M_jk), k from the first column on, by the
 * elimination of the last rows first. No Cholesky factor of an inverse.
 */
export function slowLdlq(
  weight: Float64Array,
  hessian: Float64Array,
  N: number,
  K: number,
  bits: number,
  end: number,
): { readonly codes: number[]; readonly restored: number[] } {
  const M = upperFactor(hessian, K);
  const most = 2 ** bits - 1;
  const codes: number[] = [];
  const restored: number[] = [];
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) {
      let value = weight[n * K + k]!;
      for (let j = 0; j < k; j++) value += (weight[n * K + j]! - restored[n * K + j]!) * M[j]![k]!;
      const code = Math.min(Math.max(Math.floor((value / end + 1) * (most / 2) + 0.5), 0), most);
      codes.push(code);
      restored.push(end * ((2 * code) / most - 1));
    }
  }
  return { codes, restored };
}

/** M + I, from H = (M + I)·D·(M + I)ᵀ: the last column is that of H over its diagonal; then the rest without it. */
function upperFactor(hessian: Float64Array, K: number): number[][] {
  const rest = Array.from({ length: K }, (_, i) => Array.from(hessian.subarray(i * K, (i + 1) * K)));
  const M = rest.map((row) => row.map(() => 0));
  for (let k = K - 1; k >= 0; k--) {
    const d = rest[k]![k]!;
    for (let i = 0; i <= k; i++) M[i]![k] = rest[i]![k]! / d;
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) rest[i]![j]! -= M[i]![k]! * d * M[j]![k]!;
  }
  return M;
}
