/*
 * The rules of eval/math/affine.ts in the same float64 steps, for the host references and for device code alike: the grid
 * of a group from its smallest and largest weight, the code of a weight, and half-precision scales. Every product that is
 * followed by a sum is rounded by itself: compilers must not fuse the two (times, plus, minus on the device;
 * -ffp-contract=off on hosts that have fused instructions).
 */
#ifndef BITLOSS_QUANTIZE_GRID_H
#define BITLOSS_QUANTIZE_GRID_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../bl.h"

#ifdef __CUDACC__
#define BL_SHARED __host__ __device__ __forceinline__
#else
#define BL_SHARED inline
#endif

namespace bl {
namespace quantize {

struct Rule {
  int bits;
  int symmetric;
  /* bl_range */
  int range;
  int mse;
};

/* A scale is representable in half precision, or infinite. Zeros are whole numbers. */
struct Grid {
  double scale;
  double zero;
};

/* The shrink search tries p = 1, 0.99 … 0.21 of the range (Frantar et al., reference code). */
constexpr int SHRINK_STEPS = 80;
constexpr double ERROR_POWER = 2.4;

BL_SHARED double times(double a, double b) {
#ifdef __CUDA_ARCH__
  return __dmul_rn(a, b);
#else
  return a * b;
#endif
}

BL_SHARED double plus(double a, double b) {
#ifdef __CUDA_ARCH__
  return __dadd_rn(a, b);
#else
  return a + b;
#endif
}

BL_SHARED double minus(double a, double b) {
#ifdef __CUDA_ARCH__
  return __dsub_rn(a, b);
#else
  return a - b;
#endif
}

BL_SHARED double larger(double a, double b) { return a < b ? b : a; }
BL_SHARED double smaller(double a, double b) { return b < a ? b : a; }
BL_SHARED double clamp(double value, double low, double high) { return smaller(larger(value, low), high); }

/* Nearest whole number, halves to the even one: beyond 2^52 a double has no bits for a fraction. */
BL_SHARED double round_half_even(double x) {
  constexpr double whole = 4503599627370496.0;
  if (x >= 0) return x < whole ? minus(plus(x, whole), whole) : x;
  return x > -whole ? plus(minus(x, whole), whole) : x;
}

/* 2^exponent for −1022 … 1023. */
BL_SHARED double power_of_two(int exponent) {
  const uint64_t bits = static_cast<uint64_t>(exponent + 1023) << 52;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* A value of at least 0 in half precision, ties to even; infinite from 65520 on. */
BL_SHARED double round_to_half(double value) {
  constexpr double smallest_normal = 0x1p-14, beyond = 65520.0;
  if (!(value < beyond)) return value != value ? value : HUGE_VAL;
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  const int exponent = value < smallest_normal ? -14 : static_cast<int>(bits >> 52) - 1023;
  // Adding 1.5 · 2^52 last places of the half leaves no bits for what is to be rounded away.
  const double magic = times(1.5, power_of_two(exponent - 10 + 52));
  return minus(plus(value, magic), magic);
}

/* A range too narrow for half precision gets its smallest number rather than a scale of 0. */
BL_SHARED double stored_scale(double scale) { return larger(round_to_half(scale), 0x1p-24); }

BL_SHARED double symmetric_scale(double absmax, const Rule &rule) {
  if (rule.range == BL_RANGE_ZERO) return times(2, absmax == 0 ? 1 : absmax) / static_cast<double>((1 << rule.bits) - 1);
  const double steps = static_cast<double>((1 << (rule.bits - 1)) - 1);
  if (rule.range == BL_RANGE_MINMAX) return larger(absmax, 1e-5) / steps;
  return clamp(absmax / steps, 1e-5, 1e4);
}

BL_SHARED Grid grid_of(double low, double high, const Rule &rule) {
  Grid grid;
  if (rule.symmetric) {
    grid.scale = stored_scale(symmetric_scale(larger(fabs(low), fabs(high)), rule));
    grid.zero = static_cast<double>(1 << (rule.bits - 1));
    return grid;
  }
  const double max_code = static_cast<double>((1 << rule.bits) - 1);
  double width = minus(high, low);
  if (rule.range == BL_RANGE_ZERO) {
    low = smaller(low, 0);
    width = minus(larger(high, 0), low);
    if (width == 0) {
      low = -1;
      width = 2;
    }
  }
  if (rule.range == BL_RANGE_MINMAX) width = larger(width, 1e-5);
  const double scale = width / max_code;
  grid.scale = stored_scale(rule.range == BL_RANGE_FREE ? clamp(scale, 1e-5, 1e4) : scale);
  const double zero = round_half_even(-low / grid.scale);
  // Plus 0 turns −0 into 0.
  grid.zero = plus(rule.range == BL_RANGE_FREE ? clamp(zero, -1e4, 1e4) : clamp(zero, 0, max_code), 0);
  return grid;
}

BL_SHARED double code_of(double weight, const Grid &grid, double max_code) {
  return clamp(plus(round_half_even(weight / grid.scale), grid.zero), 0, max_code);
}

/* |w − ŵ|^2.4. */
BL_SHARED double error_of(double weight, const Grid &grid, double max_code) {
  const double restored = times(grid.scale, minus(code_of(weight, grid, max_code), grid.zero));
  return pow(fabs(minus(weight, restored)), ERROR_POWER);
}

/* The grid of shrink step i = 0 … SHRINK_STEPS − 1. */
BL_SHARED Grid shrunk_grid(int i, double low, double high, const Rule &rule) {
  if (i == 0) return grid_of(low, high, rule);
  const double p = minus(1, static_cast<double>(i) / 100);
  return grid_of(times(p, low), times(p, high), rule);
}

}  // namespace quantize
}  // namespace bl

#endif
