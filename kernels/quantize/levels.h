/*
 * The steps of eval/math/normal-float.ts, information.ts and half-quadratic.ts that hosts and devices share, each rounded as
 * there: float32 for levels and shifts, float64 for zeros that are solved for.
 */
#ifndef BITLOSS_QUANTIZE_LEVELS_H
#define BITLOSS_QUANTIZE_LEVELS_H

#include "grid.h"

namespace bl {
namespace quantize {

constexpr int LEVELS = 16;
/* The code of the level that is 0. */
constexpr int LEVEL_OF_ZERO = 7;
/* Groups that are calibrated lie in the memory of one block of threads. */
constexpr int64_t LARGEST_CALIBRATED = 1024;

BL_SHARED float times(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

BL_SHARED float plus(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fadd_rn(a, b);
#else
  return a + b;
#endif
}

/* Halfway between two neighbouring levels. */
BL_SHARED float boundary_of(const float *levels, int code) { return times(0.5f, plus(levels[code], levels[code + 1])); }

/* The number of boundaries, scaled by absmax, below a value. */
BL_SHARED int nearest_level(float value, float absmax, const float *boundaries) {
  if (absmax == 0) return LEVEL_OF_ZERO;
  int code = 0;
  for (int step = LEVELS / 2; step > 0; step /= 2) {
    if (value > times(boundaries[code + step - 1], absmax)) code += step;
  }
  return code;
}

/* The larger |w − shift| of both ends of rising weights. */
BL_SHARED float largest_from(float low, float high, float shift) {
  return fmaxf(fabsf(plus(low, -shift)), fabsf(plus(high, -shift)));
}

/* Σ c·log₂ c over the codes of w − shift for `count` rising weights; costs holds c·log₂ c of each c. */
BL_SHARED double code_cost(const float *sorted, int count, float shift, const float *boundaries, const double *costs) {
  const float absmax = largest_from(sorted[0], sorted[count - 1], shift);
  if (absmax == 0) return costs[count];
  double cost = 0;
  int before = 0;
  for (int code = 0; code < LEVELS - 1; ++code) {
    const float limit = times(boundaries[code], absmax);
    int low = 0, high = count;
    while (low < high) {
      const int middle = (low + high) / 2;
      if (plus(sorted[middle], -shift) <= limit) low = middle + 1;
      else high = middle;
    }
    cost = plus(cost, costs[low - before]);
    before = low;
  }
  return plus(cost, costs[count - before]);
}

/* Candidate i of F + 1 shifts around the median of rising weights; the last is none at all. */
BL_SHARED float shift_of(const float *sorted, int count, const float *factors, int64_t F, int64_t i) {
  if (i == F) return 0;
  const float median = sorted[(count - 1) / 2];
  return plus(times(factors[i], largest_from(sorted[0], sorted[count - 1], median)), median);
}

/* As published: power 0.7, β = 10, κ = 1.01, 20 steps. */
constexpr double NORM_POWER = 0.7, FIRST_WEIGHT = 0.1, KAPPA = 1.01;
constexpr int SOLVER_STEPS = 20;

BL_SHARED double signed_to_half(double value) { return plus(copysign(round_to_half(fabs(value)), value), 0); }

/* The scale that spans low … high, and the zero that puts low on code 0; the zero fits half precision. */
BL_SHARED Grid spanning_grid(double low, double high, double max_code) {
  const double most = larger(fabs(low), fabs(high));
  const double scale = stored_scale(larger(minus(high, low) / max_code, most / 32768));
  return Grid{scale, plus(-low / scale, 0)};
}

BL_SHARED double code_from(double weight, const Grid &grid, double max_code) {
  return clamp(round_half_even(plus(weight / grid.scale, grid.zero)), 0, max_code);
}

/* What one weight adds to Σ|w − ŵ|^0.7 and to the sum of zeros that fit what its shrunken error leaves. */
BL_SHARED void solver_terms(double value, const Grid &grid, double max_code, double weight, double &error, double &sum) {
  const double code = code_from(value, grid, max_code);
  const double difference = minus(value, times(grid.scale, minus(code, grid.zero)));
  const double size = fabs(difference);
  const double slope = size == 0 ? 0 : pow(size, NORM_POWER - 1);
  error = plus(error, times(size, slope));
  const double kept = copysign(larger(minus(size, times(weight, slope)), 0), difference);
  sum = plus(sum, minus(code, minus(value, kept) / grid.scale));
}

}  // namespace quantize
}  // namespace bl

#endif
