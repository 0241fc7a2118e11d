/*
 * The shrink search of a group over a few lanes, each taking some of the 80 candidates. All candidates are judged in
 * float32 first; those that come within its error of the best are judged again in float64, weight after weight as
 * eval/math/affine.ts does, so the choice is the same and the powers of float64 are few.
 */
#ifndef BITLOSS_QUANTIZE_SEARCH_CUH
#define BITLOSS_QUANTIZE_SEARCH_CUH

#include "device.cuh"

namespace bl {
namespace quantize {

/* Σ importance · (|w − ŵ| · unit)^2.4 in float32. */
template <class Weight, class Importance>
__device__ float rough_error(Weight weight, Importance importance, int count, const Grid &grid, float max_code, float unit) {
  const float scale = static_cast<float>(grid.scale), zero = static_cast<float>(grid.zero);
  const float reciprocal = 1.0f / scale;
  float sum = 0;
  for (int i = 0; i < count; ++i) {
    const float value = static_cast<float>(weight(i));
    const float code = fminf(fmaxf(rintf(value * reciprocal) + zero, 0.0f), max_code);
    const float error = fabsf(fmaf(-scale, code - zero, value)) * unit;
    sum += importance(i) * exp2f(static_cast<float>(ERROR_POWER) * __log2f(error));
  }
  return sum;
}

/* Up to which rough error a candidate may be the best, where the least rough error is `least`. */
__device__ __forceinline__ float rough_limit(float least, double low, double high, float unit) {
  // A weight of r scales has an error of r · 2^-24 scales in float32, beside errors of about a quarter of a scale.
  const float reach = static_cast<float>(larger(fabs(low), fabs(high))) * unit;
  // Below 1e-30 small terms may be lost altogether.
  return least > 1e-30f ? least * (1.002f + 2e-6f * reach) : INFINITY;
}

template <class Weight, class Importance>
__device__ double exact_error(Weight weight, Importance importance, int count, const Grid &grid, double max_code) {
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    sum = plus(sum, times(static_cast<double>(importance(i)), error_of(weight(i), grid, max_code)));
  }
  return sum;
}

/*
 * The best grid for weight(0) … weight(count − 1), whose range is low … high; the same in all `lanes` neighbouring lanes
 * (a power of two). All lanes of the warp call it.
 */
template <class Weight, class Importance>
__device__ Grid shrink(Weight weight, Importance importance, int count, double low, double high, const Rule &rule,
                       int lane, int lanes) {
  const double max_code = static_cast<double>((1 << rule.bits) - 1);
  const Grid whole = grid_of(low, high, rule);
  const float unit = static_cast<float>(1.0 / whole.scale);
  float rough[SHRINK_STEPS];
  float least = INFINITY;
  for (int step = lane, at = 0; step < SHRINK_STEPS; step += lanes, ++at) {
    rough[at] = rough_error(weight, importance, count, shrunk_grid(step, low, high, rule),
                            static_cast<float>(max_code), unit);
    least = fminf(least, rough[at]);
  }
  for (int step = lanes / 2; step > 0; step /= 2) least = fminf(least, __shfl_xor_sync(0xffffffffu, least, step));
  const float limit = rough_limit(least, low, high, unit);
  double best_error = HUGE_VAL;
  int best = SHRINK_STEPS;
  for (int step = lane, at = 0; step < SHRINK_STEPS; step += lanes, ++at) {
    if (!(rough[at] <= limit)) continue;
    const double error = exact_error(weight, importance, count, shrunk_grid(step, low, high, rule), max_code);
    if (!(error < best_error)) continue;
    best_error = error;
    best = step;
  }
  for (int step = lanes / 2; step > 0; step /= 2) {
    const double error = __shfl_xor_sync(0xffffffffu, best_error, step);
    const int other = __shfl_xor_sync(0xffffffffu, best, step);
    if (error < best_error || (error == best_error && other < best)) {
      best_error = error;
      best = other;
    }
  }
  return shrunk_grid(best < SHRINK_STEPS ? best : 0, low, high, rule);
}

}  // namespace quantize
}  // namespace bl

#endif
