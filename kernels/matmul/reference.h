/* Matrix products as sums in float64, in order of k. */
#ifndef BITLOSS_MATMUL_REFERENCE_H
#define BITLOSS_MATMUL_REFERENCE_H

#include "../reference/bl_reference.h"

BL_EXPORT int blr_matmul(int dtype, const void *x, int64_t x_stride, const void *w, void *out, int out_dtype,
                         int64_t out_stride, int64_t M, int64_t N, int64_t K, int accumulate) {
  BL_REQUIRE(x_stride >= K && out_stride >= N, "blr_matmul: strides %lld and %lld with K = %lld, N = %lld",
             (long long)x_stride, (long long)out_stride, (long long)K, (long long)N);
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t n = 0; n < N; ++n) {
      double sum = accumulate ? bl::load(out_dtype, out, m * out_stride + n) : 0;
      for (int64_t k = 0; k < K; ++k) {
        sum += static_cast<double>(bl::load(dtype, x, m * x_stride + k)) * bl::load(dtype, w, n * K + k);
      }
      bl::store(out_dtype, out, m * out_stride + n, static_cast<float>(sum));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_gram(int dtype, const void *x, int64_t x_stride, int64_t M, int64_t K, void *gram, int accumulate) {
  BL_REQUIRE(x_stride >= K, "blr_gram: a stride of %lld with K = %lld", (long long)x_stride, (long long)K);
  for (int64_t i = 0; i < K; ++i) {
    for (int64_t j = 0; j < K; ++j) {
      double sum = accumulate ? bl::load(BL_F32, gram, i * K + j) : 0;
      for (int64_t m = 0; m < M; ++m) {
        sum += static_cast<double>(bl::load(dtype, x, m * x_stride + i)) * bl::load(dtype, x, m * x_stride + j);
      }
      bl::store(BL_F32, gram, i * K + j, static_cast<float>(sum));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_bias(int dtype, void *x, int64_t x_stride, const void *bias, int64_t M, int64_t N) {
  BL_REQUIRE(x_stride >= N, "blr_bias: a stride of %lld with N = %lld", (long long)x_stride, (long long)N);
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t n = 0; n < N; ++n) {
      const float sum = bl::load(dtype, x, m * x_stride + n) + bl::load(BL_F32, bias, n);
      bl::store(dtype, x, m * x_stride + n, sum);
    }
  }
  return BL_OK;
}

#endif
