/* Quantization by the obvious loops in float64, in the order of eval/math: affine.ts, column-loop.ts, hessian.ts. */
#ifndef BITLOSS_QUANTIZE_REFERENCE_H
#define BITLOSS_QUANTIZE_REFERENCE_H

#include <vector>

#include "../reference/bl_reference.h"
#include "checks.h"
#include "grid.h"
#include "reference_channels.h"
#include "reference_columns.h"
#include "reference_descent.h"
#include "reference_grid.h"
#include "reference_mix.h"
#include "reference_levels.h"
#include "reference_prune.h"
#include "reference_rescale.h"

BL_EXPORT int blr_round_weights(int dtype, const void *w, int64_t N, int64_t K, int64_t G, int bits, int symmetric,
                                int range, int mse, const void *importance, void *codes, void *scales, void *zeros) {
  using namespace bl::quantize;
  const Rule rule{bits, symmetric, range, mse};
  BL_TRY(check_rule("blr_round_weights", N, K, G, rule));
  const double max_code = (1 << bits) - 1;
  std::vector<double> group(G);
  for (int64_t g = 0; g < N * (K / G); ++g) {
    for (int64_t i = 0; i < G; ++i) group[i] = bl::load(dtype, w, g * G + i);
    const float *factors = importance == nullptr ? nullptr : static_cast<const float *>(importance) + g * G % K;
    const Grid grid = fit(group.data(), G, rule, factors);
    static_cast<float *>(scales)[g] = static_cast<float>(grid.scale);
    static_cast<int16_t *>(zeros)[g] = static_cast<int16_t>(grid.zero);
    for (int64_t i = 0; i < G; ++i) {
      const double code = std::isfinite(grid.scale) ? code_of(group[i], grid, max_code) : 0;
      static_cast<uint8_t *>(codes)[g * G + i] = static_cast<uint8_t>(code);
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_dequantize(const void *codes, const void *scales, const void *zeros, const void *group_of_column,
                             int64_t N, int64_t K, int64_t G, int dtype, void *out) {
  BL_TRY(bl::quantize::check_groups("blr_dequantize", N, K, G));
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t k = 0; k < K; ++k) {
      const int64_t group = group_of_column == nullptr ? k / G : static_cast<const uint16_t *>(group_of_column)[k];
      const int64_t g = n * (K / G) + group;
      const int steps = static_cast<const uint8_t *>(codes)[n * K + k] - static_cast<const int16_t *>(zeros)[g];
      bl::store(dtype, out, n * K + k, static_cast<const float *>(scales)[g] * static_cast<float>(steps));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_code_errors(int dtype, const void *w, const void *codes, const void *scales, const void *zeros,
                              const void *group_of_column, int64_t N, int64_t K, int64_t G, void *sums) {
  std::vector<float> restored(N * K);
  BL_TRY(blr_dequantize(codes, scales, zeros, group_of_column, N, K, G, BL_F32, restored.data()));
  double *out = static_cast<double *>(sums);
  for (int64_t n = 0; n < N; ++n) {
    out[2 * n] = out[2 * n + 1] = 0;
    for (int64_t k = 0; k < K; ++k) {
      const double weight = bl::load(dtype, w, n * K + k), difference = weight - restored[n * K + k];
      out[2 * n] += difference * difference;
      out[2 * n + 1] += weight * weight;
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_check_rounding(int dtype, const void *x, int64_t n, void *flag) {
  BL_REQUIRE(n >= 0 && bl::is_dtype(dtype), "blr_check_rounding: n = %lld, dtype %d", (long long)n, dtype);
  for (int64_t i = 0; i < n; ++i) {
    float rounded[1];
    bl::store(dtype, rounded, 0, static_cast<const float *>(x)[i]);
    if (bl::load(dtype, rounded, 0) != static_cast<const float *>(x)[i]) *static_cast<int32_t *>(flag) = 1;
  }
  return BL_OK;
}

BL_EXPORT int blr_pack(const void *codes, int64_t N, int64_t K, int bits, void *packed) {
  BL_REQUIRE(N >= 0 && K >= 1 && bits >= 1 && bits <= 8, "blr_pack: N = %lld, K = %lld, %d bits", (long long)N,
             (long long)K, bits);
  const int64_t row_bytes = bl::divide_up(K * bits, 8);
  uint8_t *out = static_cast<uint8_t *>(packed);
  memset(out, 0, N * row_bytes);
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t k = 0; k < K; ++k) {
      for (int bit = 0; bit < bits; ++bit) {
        const int64_t place = k * bits + bit;
        const int value = static_cast<const uint8_t *>(codes)[n * K + k] >> bit & 1;
        out[n * row_bytes + place / 8] |= static_cast<uint8_t>(value << (place % 8));
      }
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_unpack(const void *packed, int64_t N, int64_t K, int bits, void *codes) {
  BL_REQUIRE(N >= 0 && K >= 1 && bits >= 1 && bits <= 8, "blr_unpack: N = %lld, K = %lld, %d bits", (long long)N,
             (long long)K, bits);
  const int64_t row_bytes = bl::divide_up(K * bits, 8);
  const uint8_t *in = static_cast<const uint8_t *>(packed);
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t k = 0; k < K; ++k) {
      int code = 0;
      for (int bit = 0; bit < bits; ++bit) {
        const int64_t place = k * bits + bit;
        code |= (in[n * row_bytes + place / 8] >> (place % 8) & 1) << bit;
      }
      static_cast<uint8_t *>(codes)[n * K + k] = static_cast<uint8_t>(code);
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_hessian_add(void *hessian, const void *gram, int64_t K, int accumulate) {
  double *sum = static_cast<double *>(hessian);
  for (int64_t i = 0; i < K * K; ++i) sum[i] = (accumulate ? sum[i] : 0) + static_cast<const float *>(gram)[i];
  return BL_OK;
}

BL_EXPORT int blr_visit(int dtype, const void *w, const void *order, const void *dead, int64_t N, int64_t K, void *out) {
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t step = 0; step < K; ++step) {
      const int64_t k = order == nullptr ? step : static_cast<const int32_t *>(order)[step];
      const bool is_dead = dead != nullptr && static_cast<const uint8_t *>(dead)[k] != 0;
      static_cast<double *>(out)[n * K + step] = is_dead ? 0 : bl::load(dtype, w, n * K + k);
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_restore(const void *codes, const void *order, int64_t N, int64_t K, void *out) {
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t step = 0; step < K; ++step) {
      const int64_t k = order == nullptr ? step : static_cast<const int32_t *>(order)[step];
      static_cast<uint8_t *>(out)[n * K + k] = static_cast<const uint8_t *>(codes)[n * K + step];
    }
  }
  return BL_OK;
}

#endif
