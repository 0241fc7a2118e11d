/* SparseGPT by the obvious loops: a column at a time, in blocks of 128 columns or of whole groups. */
#ifndef BITLOSS_QUANTIZE_REFERENCE_PRUNE_H
#define BITLOSS_QUANTIZE_REFERENCE_PRUNE_H

#include <algorithm>
#include <numeric>
#include <vector>

#include "../reference/bl_reference.h"
#include "checks.h"
#include "grid.h"
#include "reference_grid.h"

namespace bl {
namespace quantize {

/* What a call of blr_prune_columns is about. */
struct Pruning {
  double *weights;
  const double *upper;
  int64_t N, K, G;
  Rule rule;
  double percent;
  int run_n, run_m, value_type;
  bool fits;
  uint8_t *codes;
  float *scales;
  int16_t *zeros;
  float *restored;
  uint8_t *kept;
  const int32_t *group_of_step;

  double score(int64_t n, int64_t k) const { return std::fabs(weights[n * K + k] / upper[k * K + k]); }

  /* Drops the `count` smallest of the weights at these places, of equal ones the first. */
  void drop(std::vector<int64_t> &places, int64_t count) const {
    for (int64_t at : places) kept[at] = 1;
    std::stable_sort(places.begin(), places.end(),
                     [&](int64_t a, int64_t b) { return score(a / K, a % K) < score(b / K, b % K); });
    for (int64_t i = 0; i < count; ++i) kept[places[i]] = 0;
  }

  void drop_share(int64_t start, int64_t end) const {
    std::vector<int64_t> places;
    for (int64_t n = 0; n < N; ++n) for (int64_t k = start; k < end; ++k) places.push_back(n * K + k);
    const auto share = [&](int64_t columns) { return std::floor(static_cast<double>(N * columns) * percent / 100 + 0.5); };
    drop(places, static_cast<int64_t>(share(end) - share(start)));
  }

  void drop_run(int64_t n, int64_t k) const {
    std::vector<int64_t> places(run_m);
    std::iota(places.begin(), places.end(), n * K + k);
    drop(places, run_n);
  }

  float in_type(double value) const {
    const double most = value_type == BL_BF16 ? 0x1.fep127 : value_type == BL_F16 ? 65504 : 0x1.fffffep127;
    const float single = static_cast<float>(clamp(value, -most, most));
    float rounded = 0;
    uint32_t place = 0;
    store(value_type, &place, 0, single);
    rounded = load(value_type, &place, 0);
    return rounded;
  }

  /* ŵ of a weight that is kept. */
  double keep(int64_t n, int64_t k) const {
    const int64_t at = n * K + k;
    if (rule.bits == 0) return in_type(weights[at]);
    const int64_t g = n * (K / G) + group_of_step[k];
    if (fits && k % G == 0) {
      const Grid fitted = fit(weights + at, G, rule, nullptr);
      scales[g] = static_cast<float>(fitted.scale);
      zeros[g] = static_cast<int16_t>(fitted.zero);
    }
    const Grid grid{scales[g], static_cast<double>(zeros[g])};
    const double code = std::isfinite(grid.scale) ? code_of(weights[at], grid, (1 << rule.bits) - 1) : 0;
    codes[at] = static_cast<uint8_t>(code);
    return grid.scale * (code - grid.zero);
  }

  /* Returns the share of the loss. */
  double round(int64_t n, int64_t k) const {
    const int64_t at = n * K + k;
    if (run_m > 0 && k % run_m == 0) drop_run(n, k);
    double value = keep(n, k);
    if (kept[at] == 0) value = 0;
    if (rule.bits == 0) restored[at] = static_cast<float>(value);
    const double error = (weights[at] - value) / upper[k * K + k];
    for (int64_t j = k + 1; j < K; ++j) weights[n * K + j] -= error * upper[k * K + j];
    return error * error;
  }
};

}  // namespace quantize
}  // namespace bl

BL_EXPORT int blr_prune_columns(void *w, const void *upper, int64_t N, int64_t K, int64_t G, int bits, int symmetric,
                                int range, int mse, double percent, int run_n, int run_m, int value_type,
                                const void *group_of_step, int fit, void *codes, void *scales, void *zeros,
                                void *restored, void *kept, void *losses, void *errors, void *scores, void *scratch) {
  using namespace bl::quantize;
  (void)errors;
  (void)scores;
  (void)scratch;
  const Rule rule{bits, symmetric, range, mse};
  if (bits > 0) BL_TRY(check_rule("blr_prune_columns", N, K, G, rule));
  const Pruning in{static_cast<double *>(w), static_cast<const double *>(upper), N, K, G, rule, percent, run_n, run_m,
                   value_type, fit != 0, static_cast<uint8_t *>(codes), static_cast<float *>(scales),
                   static_cast<int16_t *>(zeros), static_cast<float *>(restored), static_cast<uint8_t *>(kept),
                   static_cast<const int32_t *>(group_of_step)};
  double *sums = static_cast<double *>(losses);
  std::fill(sums, sums + N, 0.0);
  int64_t next = 0;
  for (int64_t k = 0; k < K; ++k) {
    if (run_m == 0 && k == next) {
      const int64_t block = G <= 128 ? 128 / G * G : std::min<int64_t>(128, (k / G + 1) * G - k);
      next = std::min(K, k + block);
      in.drop_share(k, next);
    }
    for (int64_t n = 0; n < N; ++n) sums[n] += in.round(n, k);
  }
  return BL_OK;
}

#endif
