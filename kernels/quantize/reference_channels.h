/* First-order statistics of input channels, row by row in float64. */
#ifndef BITLOSS_QUANTIZE_REFERENCE_CHANNELS_H
#define BITLOSS_QUANTIZE_REFERENCE_CHANNELS_H

#include <cmath>

#include "../reference/bl_reference.h"

BL_EXPORT int blr_channel_sums(int dtype, const void *x, int64_t x_stride, int64_t M, int64_t K, void *sums) {
  BL_REQUIRE(M >= 0 && K >= 1 && x_stride >= K && bl::is_dtype(dtype),
             "blr_channel_sums: M = %lld, K = %lld, rows %lld apart, dtype %d", (long long)M, (long long)K,
             (long long)x_stride, dtype);
  double *out = static_cast<double *>(sums);
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t k = 0; k < K; ++k) {
      const double value = std::fabs(static_cast<double>(bl::load(dtype, x, m * x_stride + k)));
      out[k] += value;
      if (value > out[K + k] || value != value) out[K + k] = value;
      out[2 * K + k] += value * value;
    }
  }
  return BL_OK;
}

#endif
