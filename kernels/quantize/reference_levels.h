/* Codes of shared levels and zeros that are solved for, group by group; weights in other layouts. */
#ifndef BITLOSS_QUANTIZE_REFERENCE_LEVELS_H
#define BITLOSS_QUANTIZE_REFERENCE_LEVELS_H

#include <algorithm>
#include <cmath>
#include <vector>

#include "../reference/bl_reference.h"
#include "checks.h"
#include "levels.h"

BL_EXPORT int blr_round_levels(int dtype, const void *w, int64_t N, int64_t K, int64_t G, const void *levels,
                               const void *factors, int64_t F, const void *costs, void *codes, void *absmax,
                               void *shifts) {
  using namespace bl::quantize;
  BL_TRY(check_levels("blr_round_levels", N, K, G, F));
  float boundaries[LEVELS - 1];
  for (int code = 0; code + 1 < LEVELS; ++code) boundaries[code] = boundary_of(static_cast<const float *>(levels), code);
  std::vector<float> group(G);
  for (int64_t g = 0; g < N * (K / G); ++g) {
    bool is_finite = true;
    for (int64_t i = 0; i < G; ++i) is_finite = std::isfinite(group[i] = bl::load(dtype, w, g * G + i)) && is_finite;
    if (is_finite) std::sort(group.begin(), group.end());
    float shift = 0;
    double least = HUGE_VAL;
    for (int64_t i = 0; F > 0 && is_finite && i <= F; ++i) {
      const float candidate = shift_of(group.data(), static_cast<int>(G), static_cast<const float *>(factors), F, i);
      const double cost = code_cost(group.data(), static_cast<int>(G), candidate, boundaries, static_cast<const double *>(costs));
      if (cost >= least) continue;
      least = cost;
      shift = candidate;
    }
    const float most = is_finite ? largest_from(group[0], group[G - 1], shift) : NAN;
    static_cast<float *>(absmax)[g] = most;
    if (F > 0) static_cast<float *>(shifts)[g] = shift;
    for (int64_t i = 0; i < G; ++i) {
      const float value = plus(bl::load(dtype, w, g * G + i), -shift);
      static_cast<uint8_t *>(codes)[g * G + i] = is_finite ? static_cast<uint8_t>(nearest_level(value, most, boundaries)) : 0;
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_half_quadratic(int dtype, const void *w, int64_t N, int64_t K, int64_t G, int bits, void *codes,
                                 void *scales, void *zeros) {
  using namespace bl::quantize;
  BL_TRY(check_code_bits("blr_half_quadratic", N, K, G, bits));
  const double max_code = (1 << bits) - 1;
  std::vector<double> group(G);
  for (int64_t g = 0; g < N * (K / G); ++g) {
    bool is_finite = true;
    for (int64_t i = 0; i < G; ++i) is_finite = std::isfinite(group[i] = bl::load(dtype, w, g * G + i)) && is_finite;
    const Grid first = spanning_grid(*std::min_element(group.begin(), group.end()),
                                     *std::max_element(group.begin(), group.end()), max_code);
    const bool is_usable = is_finite && std::isfinite(first.scale);
    Grid grid{first.scale, signed_to_half(round_half_even(first.zero))}, best = grid;
    double least = HUGE_VAL, weight = FIRST_WEIGHT;
    for (int step = -1; is_usable && step <= SOLVER_STEPS; ++step) {
      double error = 0, sum = 0;
      for (const double value : group) solver_terms(value, grid, max_code, weight, error, sum);
      if (error < least) {
        least = error;
        best = grid;
      }
      if (step >= 0) weight /= KAPPA;
      grid.zero = step >= 0 ? signed_to_half(sum / static_cast<double>(G)) : bits == 4 ? grid.zero : signed_to_half(first.zero);
    }
    static_cast<float *>(scales)[g] = is_usable ? static_cast<float>(best.scale) : NAN;
    static_cast<float *>(zeros)[g] = is_usable ? static_cast<float>(best.zero) : 0;
    for (int64_t i = 0; i < G; ++i)
      static_cast<uint8_t *>(codes)[g * G + i] = is_usable ? static_cast<uint8_t>(code_from(group[i], best, max_code)) : 0;
  }
  return BL_OK;
}

BL_EXPORT int blr_dequantize_codebook(const void *codes, const void *levels, const void *scales, const void *zeros,
                                      const void *shifts, int64_t N, int64_t K, int64_t G, int dtype, void *out) {
  using namespace bl::quantize;
  BL_TRY(check_groups("blr_dequantize_codebook", N, K, G));
  for (int64_t i = 0; i < N * K; ++i) {
    const int64_t g = i / G;
    const uint8_t code = static_cast<const uint8_t *>(codes)[i];
    float level = levels == nullptr ? static_cast<float>(code) : static_cast<const float *>(levels)[code];
    if (zeros != nullptr) level = plus(level, -static_cast<const float *>(zeros)[g]);
    level = times(static_cast<const float *>(scales)[g], level);
    bl::store(dtype, out, i, shifts == nullptr ? level : plus(level, static_cast<const float *>(shifts)[g]));
  }
  return BL_OK;
}

BL_EXPORT int blr_weight_errors(int dtype, const void *w, const void *restored, int64_t N, int64_t K, void *sums) {
  BL_REQUIRE(N >= 0 && K >= 1 && bl::is_dtype(dtype), "blr_weight_errors: N = %lld, K = %lld, dtype %d", (long long)N,
             (long long)K, dtype);
  double *out = static_cast<double *>(sums);
  for (int64_t n = 0; n < N; ++n) {
    out[2 * n] = out[2 * n + 1] = 0;
    for (int64_t i = n * K; i < (n + 1) * K; ++i) {
      const double weight = bl::load(dtype, w, i), difference = weight - static_cast<const float *>(restored)[i];
      out[2 * n] += difference * difference;
      out[2 * n + 1] += weight * weight;
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_take_columns(int dtype, const void *w, const void *columns, int64_t N, int64_t K, int64_t C, void *out) {
  BL_TRY(bl::quantize::check_columns("blr_take_columns", N, K, C));
  for (int64_t i = 0; i < N * C; ++i)
    bl::store(dtype, out, i, bl::load(dtype, w, i / C * K + static_cast<const int32_t *>(columns)[i % C]));
  return BL_OK;
}

BL_EXPORT int blr_put_columns(int dtype, const void *from, const void *columns, int64_t N, int64_t K, int64_t C, void *out) {
  BL_TRY(bl::quantize::check_columns("blr_put_columns", N, K, C));
  for (int64_t i = 0; i < N * C; ++i)
    bl::store(dtype, out, i / C * K + static_cast<const int32_t *>(columns)[i % C], bl::load(dtype, from, i));
  return BL_OK;
}

#endif
