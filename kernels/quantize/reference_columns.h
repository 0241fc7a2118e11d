/* GPTQ by the obvious loops: the factor of the inverse Hessian, and the column loop without blocks. */
#ifndef BITLOSS_QUANTIZE_REFERENCE_COLUMNS_H
#define BITLOSS_QUANTIZE_REFERENCE_COLUMNS_H

#include <algorithm>
#include <vector>

#include "../reference/bl_reference.h"
#include "checks.h"
#include "grid.h"
#include "reference_grid.h"

namespace bl {
namespace quantize {

/* Replaces a by its inverse's factor: a = R·Rᵀ from the last row to the first, then U = R⁻¹. False where a pivot is not clearly positive. */
inline bool factor_of_inverse(std::vector<double> &a, int64_t K) {
  std::vector<double> diagonal(K);
  for (int64_t i = 0; i < K; ++i) diagonal[i] = a[i * K + i];
  for (int64_t j = K - 1; j >= 0; --j) {
    const double pivot = a[j * K + j];
    if (!(pivot > static_cast<double>(K) * 0x1p-52 * diagonal[j]) || !std::isfinite(pivot)) return false;
    const double root = sqrt(pivot);
    a[j * K + j] = root;
    for (int64_t i = 0; i < j; ++i) a[i * K + j] /= root;
    for (int64_t i = 0; i < j; ++i) {
      for (int64_t l = i; l < j; ++l) a[i * K + l] -= a[i * K + j] * a[l * K + j];
    }
  }
  for (int64_t j = 0; j < K; ++j) {
    for (int64_t i = 0; i < j; ++i) {
      double sum = 0;
      for (int64_t t = i; t < j; ++t) sum += a[i * K + t] * a[t * K + j];
      a[i * K + j] = -sum / a[j * K + j];
    }
    a[j * K + j] = 1 / a[j * K + j];
    for (int64_t i = j + 1; i < K; ++i) a[i * K + j] = 0;
  }
  return true;
}

/* Where the loop is in one row. */
struct LoopRow {
  double *weights;
  const double *upper;
  uint8_t *codes;
  float *scales;
  int16_t *zeros;
};

/* Returns Σ ((w − ŵ)_i / U_ii)². */
inline double round_row(const LoopRow &row, int64_t K, int64_t G, const Rule &rule, const int32_t *group_of_step, bool fits) {
  const double max_code = (1 << rule.bits) - 1;
  double loss = 0;
  for (int64_t i = 0; i < K; ++i) {
    const int32_t g = group_of_step[i];
    if (fits && i % G == 0) {
      const Grid fitted = fit(row.weights + i, G, rule, nullptr);
      row.scales[g] = static_cast<float>(fitted.scale);
      row.zeros[g] = static_cast<int16_t>(fitted.zero);
    }
    const Grid grid{row.scales[g], static_cast<double>(row.zeros[g])};
    const double code = std::isfinite(grid.scale) ? code_of(row.weights[i], grid, max_code) : 0;
    row.codes[i] = static_cast<uint8_t>(code);
    const double error = (row.weights[i] - grid.scale * (code - grid.zero)) / row.upper[i * K + i];
    loss += error * error;
    for (int64_t j = i + 1; j < K; ++j) row.weights[j] -= error * row.upper[i * K + j];
  }
  return loss;
}

}  // namespace quantize
}  // namespace bl

BL_EXPORT int blr_factor(const void *hessian, int64_t K, double factor, double damping, int act_order, void *order,
                         void *dead, void *upper, void *scratch, double *mean) {
  (void)scratch;
  const double *values = static_cast<const double *>(hessian);
  int32_t *steps = static_cast<int32_t *>(order);
  uint8_t *marks = static_cast<uint8_t *>(dead);
  std::vector<double> diagonal(K), damped(K * K);
  double sum = 0;
  for (int64_t i = 0; i < K; ++i) {
    diagonal[i] = factor * values[i * K + i];
    marks[i] = diagonal[i] == 0;
    if (marks[i]) diagonal[i] = 1;
    steps[i] = static_cast<int32_t>(i);
    sum += diagonal[i];
  }
  *mean = sum / static_cast<double>(K);
  if (!std::isfinite(*mean)) return bl::fail(BL_NOT_POSITIVE, "blr_factor: the mean of the diagonal is %g", *mean);
  if (act_order) {
    std::stable_sort(steps, steps + K, [&](int32_t a, int32_t b) { return diagonal[a] > diagonal[b]; });
  }
  for (int64_t i = 0; i < K; ++i) {
    for (int64_t j = 0; j < K; ++j) damped[i * K + j] = factor * values[steps[i] * K + steps[j]];
    damped[i * K + i] = diagonal[steps[i]] + damping * *mean;
  }
  if (!bl::quantize::factor_of_inverse(damped, K)) return bl::fail(BL_NOT_POSITIVE, "blr_factor: there is no factor");
  std::copy(damped.begin(), damped.end(), static_cast<double *>(upper));
  return BL_OK;
}

BL_EXPORT int blr_fit_grids(const void *w, int64_t N, int64_t K, int64_t G, int bits, int symmetric, int range, int mse,
                            void *scales, void *zeros) {
  using namespace bl::quantize;
  const Rule rule{bits, symmetric, range, mse};
  BL_TRY(check_rule("blr_fit_grids", N, K, G, rule));
  for (int64_t g = 0; g < N * (K / G); ++g) {
    const Grid grid = fit(static_cast<const double *>(w) + g * G, G, rule, nullptr);
    static_cast<float *>(scales)[g] = static_cast<float>(grid.scale);
    static_cast<int16_t *>(zeros)[g] = static_cast<int16_t>(grid.zero);
  }
  return BL_OK;
}

BL_EXPORT int blr_column_loop(void *w, const void *upper, int64_t N, int64_t K, int64_t G, int bits, int symmetric,
                              int range, int mse, const void *group_of_step, int fit, void *codes, void *scales,
                              void *zeros, void *losses, void *errors) {
  using namespace bl::quantize;
  (void)errors;
  const Rule rule{bits, symmetric, range, mse};
  BL_TRY(check_rule("blr_column_loop", N, K, G, rule));
  for (int64_t n = 0; n < N; ++n) {
    const LoopRow row{static_cast<double *>(w) + n * K, static_cast<const double *>(upper),
                      static_cast<uint8_t *>(codes) + n * K, static_cast<float *>(scales) + n * (K / G),
                      static_cast<int16_t *>(zeros) + n * (K / G)};
    static_cast<double *>(losses)[n] = round_row(row, K, G, rule, static_cast<const int32_t *>(group_of_step), fit != 0);
  }
  return BL_OK;
}

#endif
