/* DB-LLM's column loop and its weights again by the obvious loops in float64. */
#ifndef BITLOSS_BINARY_REFERENCE_DUAL_H
#define BITLOSS_BINARY_REFERENCE_DUAL_H

#include <cmath>

#include "../quantize/checks.h"
#include "../reference/bl_reference.h"
#include "dual.h"
#include "reference_feedback.h"

namespace bl {
namespace binary {

inline DualPair fit_dual_group(const double *weights, const double *importance, int64_t count) {
  double absmax = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(weights[i])) return DualPair{NAN, NAN};
    absmax = quantize::larger(absmax, fabs(weights[i]));
  }
  return fit_dual(absmax, [&](const double *levels) {
    DualSums sums{};
    for (int64_t i = 0; i < count; ++i) add_dual(weights[i], importance[i], levels, sums);
    return sums;
  });
}

}  // namespace binary
}  // namespace bl

BL_EXPORT int blr_dual_loop(void *w, const void *upper, const void *importance, int64_t N, int64_t K, int64_t G, void *codes,
                            void *first, void *second, void *losses, void *errors) {
  using namespace bl::binary;
  (void)errors;
  BL_TRY(bl::quantize::check_groups("blr_dual_loop", N, K, G));
  for (int64_t n = 0; n < N; ++n) {
    double *weights = static_cast<double *>(w) + n * K;
    const auto round = [&](int64_t k, double weight) {
      float *a = static_cast<float *>(first) + n * (K / G) + k / G, *b = static_cast<float *>(second) + n * (K / G) + k / G;
      if (k % G == 0) {
        const DualPair fitted = fit_dual_group(weights + k, static_cast<const double *>(importance) + k, G);
        *a = static_cast<float>(fitted.first);
        *b = static_cast<float>(fitted.second);
      }
      const DualPair pair{*a, *b};
      const double levels[4] = {dual_level(0, pair), dual_level(1, pair), dual_level(2, pair), dual_level(3, pair)};
      double distance;
      const int code = dual_code(weight, levels, distance);
      static_cast<uint8_t *>(codes)[n * K + k] = static_cast<uint8_t>(code);
      return levels[code];
    };
    static_cast<double *>(losses)[n] = feed_back(weights, static_cast<const double *>(upper), K, 0, K, true, round);
  }
  return BL_OK;
}

BL_EXPORT int blr_restore_dual(const void *codes, const void *first, const void *second, int64_t N, int64_t K, int64_t G,
                               int dtype, void *out) {
  BL_TRY(bl::quantize::check_groups("blr_restore_dual", N, K, G));
  for (int64_t i = 0; i < N * K; ++i) {
    const bl::binary::DualPair pair{static_cast<const float *>(first)[i / G], static_cast<const float *>(second)[i / G]};
    bl::store(dtype, out, i, static_cast<float>(bl::binary::dual_level(static_cast<const uint8_t *>(codes)[i], pair)));
  }
  return BL_OK;
}

#endif
