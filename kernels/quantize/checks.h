/* What the shapes and rules of quantization must keep, checked at the door of every function. */
#ifndef BITLOSS_QUANTIZE_CHECKS_H
#define BITLOSS_QUANTIZE_CHECKS_H

#include "../common.h"
#include "grid.h"
#include "levels.h"

namespace bl {
namespace quantize {

inline int check_groups(const char *op, int64_t N, int64_t K, int64_t G) {
  BL_REQUIRE(N >= 0 && K >= 1, "%s: N = %lld rows of K = %lld columns", op, (long long)N, (long long)K);
  BL_REQUIRE(G >= 1 && K % G == 0, "%s: group size %lld does not divide K = %lld", op, (long long)G, (long long)K);
  return BL_OK;
}

inline int check_rule(const char *op, int64_t N, int64_t K, int64_t G, const Rule &rule) {
  BL_TRY(check_groups(op, N, K, G));
  BL_REQUIRE(rule.bits >= 2 && rule.bits <= 8, "%s: %d bits; 2 to 8 are possible", op, rule.bits);
  BL_REQUIRE(rule.range >= BL_RANGE_ZERO && rule.range <= BL_RANGE_FREE, "%s: range %d is none of 0, 1, 2", op, rule.range);
  return BL_OK;
}

/* F factors of calibration; 0 without it. */
inline int check_levels(const char *op, int64_t N, int64_t K, int64_t G, int64_t F) {
  BL_TRY(check_groups(op, N, K, G));
  BL_REQUIRE(F >= 0 && (F == 0 || G <= LARGEST_CALIBRATED), "%s: %lld factors for groups of %lld, of at most %lld", op,
             (long long)F, (long long)G, (long long)LARGEST_CALIBRATED);
  return BL_OK;
}

inline int check_code_bits(const char *op, int64_t N, int64_t K, int64_t G, int bits) {
  BL_TRY(check_groups(op, N, K, G));
  BL_REQUIRE(bits >= 1 && bits <= 8, "%s: %d bits; 1 to 8 are possible", op, bits);
  return BL_OK;
}

inline int check_columns(const char *op, int64_t N, int64_t K, int64_t C) {
  BL_REQUIRE(N >= 0 && K >= 1 && C >= 0 && C <= K, "%s: %lld of K = %lld columns, N = %lld rows", op, (long long)C,
             (long long)K, (long long)N);
  return BL_OK;
}

}  // namespace quantize
}  // namespace bl

#endif
