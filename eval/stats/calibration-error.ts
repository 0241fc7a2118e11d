/** How far stated confidences are from what comes true. */

/** Sums over the items of one bin. */
interface Bin {
  confidence: number;
  right: number;
}

/**
 * Expected calibration error in bins of equal width over (0, 1] (Guo et al. 2017, arXiv:1706.04599, eq. 3):
 * Σ over bins of |Σ right − Σ confidence| ÷ n. Its standard error is that of the delete-one jackknife (Efron &
 * Tibshirani 1993, eq. 11.5): √((n − 1)/n · Σ (ECE without i − their mean)²).
 * @param confidences float64 [n], 0…1
 * @param right       float64 [n], 0 or 1
 */
export function calibrationError(
  confidences: Float64Array,
  right: Float64Array,
  bins: number,
): { readonly value: number; readonly stdError: number | null } {
  const n = confidences.length;
  const sums = Array.from({ length: bins }, (): Bin => ({ confidence: 0, right: 0 }));
  // The upper end of a bin belongs to it.
  const binOf = (index: number) => sums[Math.max(0, Math.ceil(confidences[index]! * bins) - 1)]!;
  for (let index = 0; index < n; index++) {
    const bin = binOf(index);
    bin.confidence += confidences[index]!;
    bin.right += right[index]!;
  }
  const total = sums.reduce((sum, bin) => sum + gapOf(bin), 0);
  if (n < 2) return { value: total / n, stdError: null };
  const without = Float64Array.from(confidences, (confidence, index) => {
    const bin = binOf(index);
    const left = { confidence: bin.confidence - confidence, right: bin.right - right[index]! };
    return (total - gapOf(bin) + gapOf(left)) / (n - 1);
  });
  const mean = without.reduce((sum, value) => sum + value, 0) / n;
  const squares = without.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { value: total / n, stdError: Math.sqrt(((n - 1) / n) * squares) };
}

const gapOf = ({ confidence, right }: Bin) => Math.abs(right - confidence);
