/*
 * Linear layers of few rows without tensor cores: float32, and sizes that do not suit 16-byte loads. A warp computes one
 * feature of 8 texts at a time, and goes on to the next 8 where there are features enough to fill the device.
 */
#ifndef BITLOSS_DECODE_PLAIN_ROWS_CUH
#define BITLOSS_DECODE_PLAIN_ROWS_CUH

#include "linear.cuh"

namespace bl {

constexpr int PLAIN_WARPS = 4;
constexpr int PLAIN_TEXTS = 8;

template <class T>
__global__ void __launch_bounds__(32 * PLAIN_WARPS) plain_rows(FewRows all) {
  let_next_start();
  wait_for_previous();
  const FewRows p = own_texts<T>(all);
  const int lane = threadIdx.x % 32;
  const int64_t n = static_cast<int64_t>(blockIdx.x) * PLAIN_WARPS + threadIdx.x / 32;
  if (n >= p.N) return;
  const T *row = static_cast<const T *>(p.w) + n * p.K, *up_row = row + (p.gated ? p.N * p.K : 0);
  for (int first = 0; first < p.B; first += PLAIN_TEXTS) {
    float sums[PLAIN_TEXTS] = {}, ups[PLAIN_TEXTS] = {};
    const int texts = min(PLAIN_TEXTS, p.B - first);
    const T *x = static_cast<const T *>(p.x) + first * p.x_stride;
    for (int64_t k = lane; k < p.K; k += 32) {
      const float w = to_float(row[k]), up = p.gated ? to_float(up_row[k]) : 0.0f;
#pragma unroll
      for (int text = 0; text < PLAIN_TEXTS; ++text) {
        if (text >= texts) break;
        const float value = to_float(x[text * p.x_stride + k]);
        sums[text] = fmaf(w, value, sums[text]);
        if (p.gated) ups[text] = fmaf(up, value, ups[text]);
      }
    }
#pragma unroll
    for (int text = 0; text < PLAIN_TEXTS; ++text) {
      if (text >= texts) break;
      const float sum = warp_sum(sums[text]), up = p.gated ? warp_sum(ups[text]) : 0.0f;
      if (lane == 0) finish<T>(p, first + text, n, sum, up);
    }
  }
}

}  // namespace bl

#endif
