/* What the shapes of mixed bits must keep. */
#ifndef BITLOSS_MIXED_CHECKS_H
#define BITLOSS_MIXED_CHECKS_H

#include "../quantize/checks.h"

namespace bl {
namespace mixed {

/* Whole groups of columns, with 1 to 8 bits. */
inline int check_residuals(const char *op, int64_t N, int64_t K, int64_t G, int64_t start, int64_t columns, int bits) {
  BL_TRY(quantize::check_code_bits(op, N, K, G, bits));
  BL_REQUIRE(start >= 0 && columns >= 1 && start % G == 0 && columns % G == 0 && start + columns <= K,
             "%s: columns %lld … %lld of %lld are no whole groups of %lld", op, (long long)start, (long long)(start + columns),
             (long long)K, (long long)G);
  return BL_OK;
}

}  // namespace mixed
}  // namespace bl

#endif
