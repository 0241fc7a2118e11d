/* Rung 0 of products with the factors of random orthogonal matrices (eval/math/butterfly.ts). */
#ifndef BITLOSS_QUANTIZE_REFERENCE_MIX_H
#define BITLOSS_QUANTIZE_REFERENCE_MIX_H

#include "../reference/bl_reference.h"

BL_EXPORT int blr_mix(const void *x, const void *first, const void *from, const void *members, const void *table,
                      const void *before, const void *after, int64_t terms, int64_t stride, int64_t M, int64_t n, int is_column, double added, void *out, int is_float) {
  (void)members;  // Each result is by itself here.
  const auto *values = static_cast<const double *>(x), *weights = static_cast<const double *>(table);
  const auto *starts = static_cast<const int32_t *>(first), *sources = static_cast<const int32_t *>(from);
  const int64_t step = is_column ? M : 1, next = is_column ? 1 : n;
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t i = 0; i < n; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < terms; ++j) {
        const int64_t source = sources[starts[i] + j * stride];
        const double factor = before == nullptr ? 1 : static_cast<const double *>(before)[source];
        sum += weights[j * n + i] * (values[m * next + source * step] * factor);
      }
      if (after != nullptr) sum *= static_cast<const double *>(after)[i];
      const int64_t place = m * next + i * step;
      if (is_float) static_cast<float *>(out)[place] = static_cast<float>(sum + added);
      else static_cast<double *>(out)[place] = sum + added;
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_diagonal(const void *x, int64_t K, void *out) {
  for (int64_t i = 0; i < K; ++i) static_cast<double *>(out)[i] = static_cast<const double *>(x)[i * K + i];
  return BL_OK;
}

#endif
