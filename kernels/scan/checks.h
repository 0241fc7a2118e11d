/* What the operations of a selective scan ask of their arguments, the same on the device and in the reference. */
#ifndef BITLOSS_SCAN_CHECKS_H
#define BITLOSS_SCAN_CHECKS_H

#include "../common.h"

namespace bl::scan {

/** One row of `segments`. */
struct Segment {
  int32_t first, rows, parent, unused;
};

inline int check_segments(const char *op, int dtype, int64_t S, int64_t max_rows, int levels, int64_t C) {
  BL_REQUIRE(is_dtype(dtype), "%s: dtype %d is none of 0 (float32), 1 (float16), 2 (bfloat16)", op, dtype);
  BL_REQUIRE(S >= 0 && S <= INT32_MAX && max_rows >= 0 && max_rows <= INT32_MAX && levels >= 0 && levels <= 64 && C >= 1 && C <= INT32_MAX,
             "%s: S = %lld segments of up to %lld rows with %d levels of parents (at most 64), C = %lld channels", op,
             (long long)S, (long long)max_rows, levels, (long long)C);
  return BL_OK;
}

inline int check_conv(const char *op, int64_t C, int64_t width, int64_t x_stride, int64_t out_stride) {
  BL_REQUIRE(width >= 1 && width <= 64, "%s: a convolution over width = %lld rows; it must be 1 … 64", op,
             (long long)width);
  BL_REQUIRE(x_stride >= C && out_stride >= C, "%s: strides %lld and %lld for C = %lld channels; they must be C at least",
             op, (long long)x_stride, (long long)out_stride, (long long)C);
  return BL_OK;
}

inline int check_scan(const char *op, int64_t C, int64_t n, int64_t x_stride, int64_t step_stride, int64_t z_stride,
                      int64_t out_stride) {
  BL_REQUIRE(n >= 1 && n <= 4096, "%s: n = %lld states a channel; it must be 1 … 4096", op, (long long)n);
  BL_REQUIRE(x_stride >= C && step_stride >= C && z_stride >= C && out_stride >= C,
             "%s: strides %lld, %lld, %lld, %lld of x, step, z, out for C = %lld channels; they must be C at least", op,
             (long long)x_stride, (long long)step_stride, (long long)z_stride, (long long)out_stride, (long long)C);
  return BL_OK;
}

}  // namespace bl::scan

#endif
