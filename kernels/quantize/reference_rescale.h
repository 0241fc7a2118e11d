/* Scaling of weights and Hessians, and rounding behind a clamp, by the obvious loops of eval/operations/cpu-rescaling.ts. */
#ifndef BITLOSS_QUANTIZE_REFERENCE_RESCALE_H
#define BITLOSS_QUANTIZE_REFERENCE_RESCALE_H

#include <cmath>
#include <vector>

#include "../reference/bl_reference.h"
#include "checks.h"
#include "grid.h"

namespace bl {
namespace quantize {

/* A group that is clamped to `low … high`; the grid is not finite where a weight is not. */
struct Clipped {
  Grid grid;
  double low, high;
};

inline Clipped fit_clipped(const double *weights, int64_t count, double share, const Rule &rule) {
  double low = weights[0], high = weights[0];
  for (int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(weights[i])) return {Grid{NAN, 0}, 0, 0};
    low = smaller(low, weights[i]);
    high = larger(high, weights[i]);
  }
  const double bound = times(share, larger(fabs(low), fabs(high)));
  low = larger(low, -bound);
  high = smaller(high, bound);
  return {grid_of(low, high, rule), low, high};
}

inline double code_in(double weight, const Clipped &clipped, int bits) {
  return code_of(clamp(weight, clipped.low, clipped.high), clipped.grid, (1 << bits) - 1);
}

}  // namespace quantize
}  // namespace bl

BL_EXPORT int blr_scale_weights(int dtype, const void *w, const void *columns, const void *rows, int64_t N, int64_t K,
                                int out_dtype, void *out) {
  BL_REQUIRE(N >= 0 && K >= 1, "blr_scale_weights: N = %lld, K = %lld", (long long)N, (long long)K);
  for (int64_t i = 0; i < N * K; ++i) {
    double value = bl::load(dtype, w, i);
    if (columns != nullptr) value *= static_cast<const double *>(columns)[i % K];
    if (rows != nullptr) value *= static_cast<const double *>(rows)[i / K];
    bl::store(out_dtype, out, i, static_cast<float>(value));
  }
  return BL_OK;
}

BL_EXPORT int blr_scale_hessian(void *hessian, const void *factors, int64_t K) {
  BL_REQUIRE(K >= 1, "blr_scale_hessian: K = %lld", (long long)K);
  const double *f = static_cast<const double *>(factors);
  for (int64_t i = 0; i < K * K; ++i) static_cast<double *>(hessian)[i] *= f[i / K] * f[i % K];
  return BL_OK;
}

BL_EXPORT int blr_hessian_blocks(const void *hessian, int64_t K, int64_t G, int dtype, void *out) {
  BL_TRY(bl::quantize::check_groups("blr_hessian_blocks", 0, K, G));
  for (int64_t i = 0; i < K * G; ++i) {
    const int64_t row = i / G, column = row / G * G + i % G;
    bl::store(dtype, out, i, static_cast<float>(static_cast<const double *>(hessian)[row * K + column]));
  }
  return BL_OK;
}

BL_EXPORT int blr_rounding_losses(int dtype, const void *w, const void *columns, int64_t N, int64_t K, int64_t G, int bits,
                                  int symmetric, int range, double share, int out_dtype, void *out) {
  using namespace bl::quantize;
  const Rule rule{bits, symmetric, range, 0};
  BL_TRY(check_rule("blr_rounding_losses", N, K, G, rule));
  const double *factors = static_cast<const double *>(columns);
  std::vector<double> group(G);
  for (int64_t start = 0; start < N * K; start += G) {
    for (int64_t i = 0; i < G; ++i) {
      const double weight = bl::load(dtype, w, start + i);
      group[i] = factors == nullptr ? weight : static_cast<float>(weight * factors[(start + i) % K]);
    }
    const Clipped clipped = fit_clipped(group.data(), G, share, rule);
    for (int64_t i = 0; i < G; ++i) {
      const double steps = code_in(group[i], clipped, bits) - clipped.grid.zero;
      const double inverse = factors == nullptr ? 1 : 1 / factors[(start + i) % K];
      const double loss = clipped.grid.scale * steps * inverse - bl::load(dtype, w, start + i);
      bl::store(out_dtype, out, start + i, static_cast<float>(loss));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_group_products(int dtype, const void *x, const void *y, int64_t N, int64_t K, int64_t G, void *sums) {
  BL_TRY(bl::quantize::check_groups("blr_group_products", N, K, G));
  for (int64_t g = 0; g < N * (K / G); ++g) {
    double sum = 0;
    for (int64_t i = g * G; i < (g + 1) * G; ++i)
      sum += static_cast<double>(bl::load(dtype, x, i)) * static_cast<const float *>(y)[i];
    static_cast<double *>(sums)[g] = sum;
  }
  return BL_OK;
}

BL_EXPORT int blr_keep_least(const void *errors, int64_t n, double value, int first, void *least, void *choice) {
  BL_REQUIRE(n >= 0, "blr_keep_least: n = %lld", (long long)n);
  for (int64_t i = 0; i < n; ++i) {
    const double error = static_cast<const double *>(errors)[i];
    double &most = static_cast<double *>(least)[i];
    if (first) most = HUGE_VAL;
    if (error < most || first) static_cast<double *>(choice)[i] = value;
    if (error < most) most = error;
  }
  return BL_OK;
}

BL_EXPORT int blr_round_clipped(int dtype, const void *w, int64_t N, int64_t K, int64_t G, int bits, int symmetric,
                                int range, const void *shares, void *codes, void *scales, void *zeros) {
  using namespace bl::quantize;
  const Rule rule{bits, symmetric, range, 0};
  BL_TRY(check_rule("blr_round_clipped", N, K, G, rule));
  std::vector<double> group(G);
  for (int64_t g = 0; g < N * (K / G); ++g) {
    for (int64_t i = 0; i < G; ++i) group[i] = bl::load(dtype, w, g * G + i);
    const Clipped clipped = fit_clipped(group.data(), G, static_cast<const double *>(shares)[g], rule);
    static_cast<float *>(scales)[g] = static_cast<float>(clipped.grid.scale);
    static_cast<int16_t *>(zeros)[g] = static_cast<int16_t>(clipped.grid.zero);
    for (int64_t i = 0; i < G; ++i) {
      const double code = std::isfinite(clipped.grid.scale) ? code_in(group[i], clipped, bits) : 0;
      static_cast<uint8_t *>(codes)[g * G + i] = static_cast<uint8_t>(code);
    }
  }
  return BL_OK;
}

#endif
