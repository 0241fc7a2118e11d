/* What the operations on experts ask of their arguments, the same on the device and in the reference. */
#ifndef BITLOSS_EXPERTS_CHECKS_H
#define BITLOSS_EXPERTS_CHECKS_H

#include "../common.h"

namespace bl::experts {

constexpr int MAX_EXPERTS = 256;
constexpr int MAX_PER_TOKEN = 16;

inline int check_rule(const char *op, int64_t T, int64_t E, int64_t k, int groups, int groups_per_token) {
  BL_REQUIRE(E >= 1 && E <= MAX_EXPERTS, "%s: E = %lld experts; it must be 1 … %d", op, (long long)E, MAX_EXPERTS);
  BL_REQUIRE(k >= 1 && k <= MAX_PER_TOKEN && k <= E, "%s: k = %lld of E = %lld experts; it must be 1 … %d and at most E",
             op, (long long)k, (long long)E, MAX_PER_TOKEN);
  BL_REQUIRE(T >= 0 && T <= INT32_MAX / k, "%s: T = %lld tokens with k = %lld; T·k must be 0 … 2^31 − 1", op,
             (long long)T, (long long)k);
  if (groups == 0) return BL_OK;
  BL_REQUIRE(groups > 0 && E % groups == 0, "%s: %d groups do not divide E = %lld experts", op, groups, (long long)E);
  BL_REQUIRE(groups_per_token >= 1 && groups_per_token <= groups && E / groups * groups_per_token >= k,
             "%s: %d of %d groups of %lld experts each cannot hold k = %lld", op, groups_per_token, groups,
             (long long)(E / groups), (long long)k);
  return BL_OK;
}

inline int check_gather(const char *op, int64_t x_stride, int64_t k, int64_t rows, int64_t width) {
  BL_REQUIRE(rows >= 0 && width >= 1 && x_stride >= width && k >= 1,
             "%s: rows = %lld of width = %lld with x_stride = %lld and k = %lld; the stride must be the width at least",
             op, (long long)rows, (long long)width, (long long)x_stride, (long long)k);
  return BL_OK;
}

inline int check_mix(const char *op, int64_t k, int64_t to_stride, int64_t T, int64_t width) {
  BL_REQUIRE(T >= 0 && width >= 1 && to_stride >= width && k >= 1,
             "%s: T = %lld tokens of width = %lld with to_stride = %lld and k = %lld; the stride must be the width at least",
             op, (long long)T, (long long)width, (long long)to_stride, (long long)k);
  return BL_OK;
}

inline int check_add_gated(const char *op, int64_t y_stride, int64_t to_stride, int64_t T, int64_t width) {
  BL_REQUIRE(T >= 0 && width >= 1 && y_stride >= width && to_stride >= width,
             "%s: T = %lld tokens of width = %lld with strides %lld and %lld; strides must be the width at least", op,
             (long long)T, (long long)width, (long long)y_stride, (long long)to_stride);
  return BL_OK;
}

inline int check_grouped(const char *op, int dtype, int out_dtype, int64_t E, int64_t rows, int64_t N, int64_t K) {
  BL_REQUIRE(is_dtype(dtype) && (out_dtype == dtype || out_dtype == BL_F32),
             "%s: dtype %d with out_dtype %d; out is of the same type or float32 (0)", op, dtype, out_dtype);
  BL_REQUIRE(E >= 1 && rows >= 0 && rows <= INT32_MAX && N >= 1 && K >= 1 && N <= INT32_MAX && K <= INT32_MAX,
             "%s: E = %lld experts of [N = %lld, K = %lld] for rows = %lld; sizes must be positive and below 2^31", op,
             (long long)E, (long long)N, (long long)K, (long long)rows);
  return BL_OK;
}

}  // namespace bl::experts

#endif
