/* Float64 steps of the column loop that are short chains of instructions, and a group's range over neighbouring lanes. */
#ifndef BITLOSS_QUANTIZE_DEVICE_CUH
#define BITLOSS_QUANTIZE_DEVICE_CUH

#include "../common.cuh"
#include "grid.h"

namespace bl {
namespace quantize {

/*
 * a / divisor from the rounded reciprocal of the divisor, in three steps instead of a division's dozen: a first quotient,
 * its exact remainder, and the correction. Exact wherever the quotient is representable, so ties stay ties.
 * Source: Markstein 1990, IBM Journal of Research and Development 34(1), theorem 8.
 */
__device__ __forceinline__ double divide(double a, double divisor, double reciprocal) {
  const double first = __dmul_rn(a, reciprocal);
  return __fma_rn(__fma_rn(-first, divisor, a), reciprocal, first);
}

/* 1.5 · 2^52: added to a double below 2^51 it rounds it to a whole number, which then is the low word. */
__device__ constexpr double WHOLE = 6755399441055744.0;

/* code_of(…) − zero for x = weight / scale, without conversions between integers and doubles. */
__device__ __forceinline__ int code_at(double x, int zero, int max_code) {
  const int high = __double2hiint(x);
  int nearest = __double2loint(__dadd_rn(x, WHOLE));
  // From 2^30 on the low word may wrap around; NaN ends here too.
  if ((high & 0x7fffffff) >= 0x41d00000) nearest = high < 0 ? -(1 << 30) : 1 << 30;
  return min(max(nearest + zero, 0), max_code);
}

/* The double of a small whole number. */
__device__ __forceinline__ double double_of(int value) {
  return __dsub_rn(__hiloint2double(0x43380000 + (value >> 31), value), WHOLE);
}

/* The nearest float32, then the nearest value of a type; its largest number beyond that. */
__device__ __forceinline__ float round_to_type(double value, int type) {
  if (type == BL_BF16) {
    constexpr double most = 0x1.fep127;
    return to_float(from_float<__nv_bfloat16>(static_cast<float>(clamp(value, -most, most))));
  }
  if (type == BL_F16) return fminf(fmaxf(to_float(from_float<__half>(__double2float_rn(value))), -65504.0f), 65504.0f);
  constexpr double most = 0x1.fffffep127;
  return static_cast<float>(clamp(value, -most, most));
}

/* Smallest and largest weight of a group, and a NaN or 0 that tells whether all are finite. */
struct Range {
  double low, high, poison;
  __device__ Range() : low(HUGE_VAL), high(-HUGE_VAL), poison(0) {}
  __device__ void add(double value) {
    low = smaller(low, value);
    high = larger(high, value);
    poison = __fma_rn(value, 0.0, poison);
  }
  /* Over `lanes` neighbouring lanes (a power of two); all lanes of the warp take part. */
  __device__ void merge(int lanes) {
    for (int step = lanes / 2; step > 0; step /= 2) {
      low = smaller(low, __shfl_xor_sync(0xffffffffu, low, step));
      high = larger(high, __shfl_xor_sync(0xffffffffu, high, step));
      poison = __dadd_rn(poison, __shfl_xor_sync(0xffffffffu, poison, step));
    }
  }
  __device__ bool is_finite() const { return poison == 0; }
};

}  // namespace quantize
}  // namespace bl

#endif
