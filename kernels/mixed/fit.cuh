/*
 * The grid of a group, found by a warp. All 101 candidates of the search are judged in float32 first, a lane a candidate; those
 * that come within its error of the best are judged again in float64 by the whole warp.
 * Bound: 101 passes over the group, which lies in the nearest cache, and some ten powers of float64 a weight.
 */
#ifndef BITLOSS_MIXED_FIT_CUH
#define BITLOSS_MIXED_FIT_CUH

#include "../quantize/search.cuh"
#include "groups.h"

namespace bl {
namespace mixed {

constexpr int LANE_STEPS = (SCALED_STEPS + 31) / 32;

/* Σ|w − ŵ|^2.4 in float64, in every lane. */
__device__ __forceinline__ double warp_error(const double *weights, int64_t count, const Grid &grid, double max_code, int lane) {
  double sum = 0;
  for (int64_t i = lane; i < count; i += 32) sum = plus(sum, quantize::error_of(weights[i], grid, max_code));
  return warp_sum(sum);
}

__device__ inline Grid search_scaled(const double *weights, int64_t count, double low, double high, const Rule &rule, int lane) {
  const double max_code = static_cast<double>((1 << rule.bits) - 1);
  const float unit = static_cast<float>(1.0 / quantize::grid_of(low, high, rule).scale);
  float rough[LANE_STEPS], least = INFINITY;
#pragma unroll
  for (int at = 0; at < LANE_STEPS; ++at) {
    const int step = lane + 32 * at;
    rough[at] = step >= SCALED_STEPS ? INFINITY
                                     : quantize::rough_error([weights](int i) { return weights[i]; }, [](int) { return 1.0f; },
                                                             static_cast<int>(count), scaled_grid(step, low, high, rule),
                                                             static_cast<float>(max_code), unit);
    least = fminf(least, rough[at]);
  }
  for (int step = 16; step > 0; step /= 2) least = fminf(least, __shfl_xor_sync(0xffffffffu, least, step));
  const float limit = quantize::rough_limit(least, low, high, unit);
  double best_error = HUGE_VAL;
  int best = 0;
#pragma unroll
  for (int at = 0; at < LANE_STEPS; ++at) {
    unsigned near = __ballot_sync(0xffffffffu, lane + 32 * at < SCALED_STEPS && rough[at] <= limit);
    for (; near != 0; near &= near - 1) {
      const int step = 32 * at + __ffs(near) - 1;
      const double error = warp_error(weights, count, scaled_grid(step, low, high, rule), max_code, lane);
      if (!(error < best_error)) continue;
      best_error = error;
      best = step;
    }
  }
  return scaled_grid(best, low, high, rule);
}

/* With one bit mean distance and mean. Not finite where a weight is not. */
__device__ inline Grid warp_fit(const double *weights, int64_t count, int bits, bool searches, int lane) {
  if (bits == 1) {
    double sum = 0, distance = 0;
    for (int64_t i = lane; i < count; i += 32) sum += weights[i];
    const double mean = warp_sum(sum) / static_cast<double>(count);
    for (int64_t i = lane; i < count; i += 32) distance += fabs(weights[i] - mean);
    return Grid{binary::signed_half(warp_sum(distance) / static_cast<double>(count)), binary::signed_half(mean)};
  }
  quantize::Range range;
  for (int64_t i = lane; i < count; i += 32) range.add(weights[i]);
  range.merge(32);
  if (!range.is_finite()) return Grid{NAN, 0};
  const Rule rule = rule_of(bits);
  if (searches) return search_scaled(weights, count, range.low, range.high, rule, lane);
  return quantize::grid_of(range.low, range.high, rule);
}

}  // namespace mixed
}  // namespace bl

#endif
