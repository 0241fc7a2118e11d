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

/**
 * The greedy passes of LDLQ-RG straight from what they are: each code in turn becomes the one of all 2^bits that makes
 * (ŵ − w)·H·(ŵ − w)ᵀ of its row the smallest, computed anew for each.
 */
export function slowGreedy(
  weight: Float64Array,
  hessian: Float64Array,
  N: number,
  K: number,
  bits: number,
  end: number,
  from: readonly number[],
  passes: number,
): { readonly codes: number[]; readonly loss: number } {
  const codes = [...from];
  const lossOf = (n: number) => {
    const errors = codes
      .slice(n * K, n * K + K)
      .map((code, k) => end * ((2 * code) / (2 ** bits - 1) - 1) - weight[n * K + k]!);
    return errors.reduce(
      (sum, a, i) => sum + errors.reduce((row, b, j) => row + a * b * hessian[i * K + j]!, 0),
      0,
    );
  };
  const all = [...Array(2 ** bits).keys()];
  for (let pass = 0; pass < passes; pass++)
    for (let at = 0; at < N * K; at++) {
      const losses = all.map((code) => {
        codes[at] = code;
        return lossOf(Math.floor(at / K));
      });
      codes[at] = losses.indexOf(Math.min(...losses));
    }
  const rows = [...Array(N).keys()];
  return { codes, loss: rows.reduce((sum, n) => sum + lossOf(n), 0) };
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
