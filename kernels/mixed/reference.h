/* SliM-LLM by the obvious loops in float64: eval/math/bit-allocation.ts and mixed-groups.ts. */
#ifndef BITLOSS_MIXED_REFERENCE_H
#define BITLOSS_MIXED_REFERENCE_H

#include <cmath>
#include <vector>

#include "../binary/reference_feedback.h"
#include "../quantize/checks.h"
#include "../reference/bl_reference.h"
#include "checks.h"
#include "groups.h"

namespace bl {
namespace mixed {

/* Mean and mean distance from it, in half precision, as zero and scale. */
inline Grid fit_signs(const double *weights, int64_t count) {
  double sum = 0, distance = 0;
  for (int64_t i = 0; i < count; ++i) sum += weights[i];
  const double mean = sum / static_cast<double>(count);
  for (int64_t i = 0; i < count; ++i) distance += fabs(weights[i] - mean);
  return Grid{binary::signed_half(distance / static_cast<double>(count)), binary::signed_half(mean)};
}

/* With or without the search; not finite where a weight is not. */
inline Grid fit_group(const double *weights, int64_t count, int bits, bool searches) {
  if (bits == 1) return fit_signs(weights, count);
  double low = weights[0], high = weights[0];
  for (int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(weights[i])) return Grid{NAN, 0};
    low = quantize::smaller(low, weights[i]);
    high = quantize::larger(high, weights[i]);
  }
  const Rule rule = rule_of(bits);
  Grid best = scaled_grid(0, low, high, rule);
  double least = HUGE_VAL;
  for (int step = 0; searches && step < SCALED_STEPS; ++step) {
    const Grid candidate = scaled_grid(step, low, high, rule);
    double error = 0;
    for (int64_t i = 0; i < count; ++i) error += quantize::error_of(weights[i], candidate, (1 << bits) - 1);
    if (error >= least) continue;
    least = error;
    best = candidate;
  }
  return best;
}

inline int code_on(double weight, int bits, const Grid &grid) {
  if (bits == 1) return weight >= grid.zero;
  return std::isfinite(grid.scale) ? static_cast<int>(quantize::code_of(weight, grid, (1 << bits) - 1)) : 0;
}

/* Of a group: the bytes of one of its rows. */
inline int64_t row_bytes(int64_t G, int bits) { return (G * bits + 7) / 8; }

}  // namespace mixed
}  // namespace bl

BL_EXPORT int blr_group_salience(const void *w, const void *upper, int64_t N, int64_t K, int64_t G, void *salience) {
  BL_TRY(bl::quantize::check_groups("blr_group_salience", N, K, G));
  double *sums = static_cast<double *>(salience);
  for (int64_t g = 0; g < K / G; ++g) sums[g] = 0;
  for (int64_t i = 0; i < N * K; ++i) {
    const int64_t k = i % K;
    const double ratio = static_cast<const double *>(w)[i] / static_cast<const double *>(upper)[k * K + k];
    sums[k / G] += ratio * ratio;
  }
  return BL_OK;
}

BL_EXPORT int blr_rounding_residuals(const void *w, int64_t N, int64_t K, int64_t G, int64_t start, int64_t columns, int bits,
                                     void *out, void *scratch) {
  using namespace bl::mixed;
  (void)scratch;
  BL_TRY(bl::mixed::check_residuals("blr_rounding_residuals", N, K, G, start, columns, bits));
  double *to = static_cast<double *>(out);
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t at = 0; at < columns; at += G) {
      const double *weights = static_cast<const double *>(w) + n * K + start + at;
      const Grid grid = fit_group(weights, G, bits, false);
      for (int64_t i = 0; i < G; ++i)
        to[n * columns + at + i] = weights[i] - mixed_weight(code_on(weights[i], bits, grid), bits, grid.scale, grid.zero);
    }
  }
  for (int64_t k = 0; k < columns; ++k) {
    double sum = 0;
    for (int64_t n = 0; n < N; ++n) sum += to[n * columns + k];
    for (int64_t n = 0; n < N; ++n) to[n * columns + k] -= sum / static_cast<double>(N);
  }
  return BL_OK;
}

BL_EXPORT int blr_replace_group(void *errors, const void *next, const void *hessian, double factor, int64_t N, int64_t K,
                                int64_t G, int64_t start, void *scratch, void *growth) {
  (void)scratch;
  BL_TRY(bl::mixed::check_residuals("blr_replace_group", N, K, G, start, G, 2));
  double sum = 0;
  std::vector<double> both(K);
  for (int64_t n = 0; n < N; ++n) {
    double *row = static_cast<double *>(errors) + n * K;
    const double *own = static_cast<const double *>(next) + n * G;
    for (int64_t k = 0; k < K; ++k) both[k] = 2 * row[k];
    for (int64_t i = 0; i < G; ++i) both[start + i] += own[i] - row[start + i];
    for (int64_t i = 0; i < G; ++i) {
      double product = 0;
      for (int64_t k = 0; k < K; ++k) product += both[k] * (factor * static_cast<const double *>(hessian)[k * K + start + i]);
      sum += product * (own[i] - row[start + i]);
    }
    for (int64_t i = 0; i < G; ++i) row[start + i] = own[i];
  }
  *static_cast<double *>(growth) = sum;
  return BL_OK;
}

BL_EXPORT int blr_mixed_loop(void *w, const void *upper, const void *bits, int64_t N, int64_t K, int64_t G, void *codes,
                             void *scales, void *zeros, void *losses, void *errors) {
  using namespace bl::mixed;
  (void)errors;
  BL_TRY(bl::quantize::check_groups("blr_mixed_loop", N, K, G));
  for (int64_t n = 0; n < N; ++n) {
    double *weights = static_cast<double *>(w) + n * K;
    Grid grid{0, 0};
    const auto round = [&](int64_t k, double weight) {
      const int own = static_cast<const uint8_t *>(bits)[k / G];
      if (k % G == 0) {
        grid = fit_group(weights + k, G, own, true);
        static_cast<float *>(scales)[n * (K / G) + k / G] = static_cast<float>(grid.scale);
        static_cast<float *>(zeros)[n * (K / G) + k / G] = static_cast<float>(grid.zero);
      }
      const int code = code_on(weight, own, grid);
      static_cast<uint8_t *>(codes)[n * K + k] = static_cast<uint8_t>(code);
      return mixed_weight(code, own, grid.scale, grid.zero);
    };
    static_cast<double *>(losses)[n] = bl::binary::feed_back(weights, static_cast<const double *>(upper), K, 0, K, true, round);
  }
  return BL_OK;
}

BL_EXPORT int blr_pack_mixed(const void *codes, const void *bits, const void *first, int64_t N, int64_t K, int64_t G,
                             void *packed) {
  BL_TRY(bl::quantize::check_groups("blr_pack_mixed", N, K, G));
  for (int64_t i = 0; i < N * (K / G); ++i) {
    const int64_t n = i / (K / G), b = i % (K / G);
    const int own = static_cast<const uint8_t *>(bits)[b];
    const int64_t bytes = bl::mixed::row_bytes(G, own);
    uint8_t *to = static_cast<uint8_t *>(packed) + static_cast<const int64_t *>(first)[b] + n * bytes;
    memset(to, 0, bytes);
    for (int64_t bit = 0; bit < G * own; ++bit) {
      const int code = static_cast<const uint8_t *>(codes)[n * K + b * G + bit / own];
      to[bit / 8] = static_cast<uint8_t>(to[bit / 8] | (code >> bit % own & 1) << bit % 8);
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_restore_mixed(const void *packed, const void *bits, const void *first, const void *scales, const void *zeros,
                                int64_t N, int64_t K, int64_t G, int dtype, void *out) {
  BL_TRY(bl::quantize::check_groups("blr_restore_mixed", N, K, G));
  for (int64_t i = 0; i < N * K; ++i) {
    const int64_t n = i / K, b = i % K / G, g = n * (K / G) + b;
    const int own = static_cast<const uint8_t *>(bits)[b];
    const uint8_t *row = static_cast<const uint8_t *>(packed) + static_cast<const int64_t *>(first)[b] +
                         n * bl::mixed::row_bytes(G, own);
    int code = 0;
    for (int bit = 0; bit < own; ++bit) {
      const int64_t at = i % G * own + bit;
      code |= (row[at / 8] >> at % 8 & 1) << bit;
    }
    bl::store(dtype, out, i, static_cast<float>(bl::mixed::mixed_weight(code, own, static_cast<const float *>(scales)[g],
                                                                        static_cast<const float *>(zeros)[g])));
  }
  return BL_OK;
}

#endif
