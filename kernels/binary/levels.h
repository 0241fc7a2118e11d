/* Levels and weights of binarized matrices in float64, for the host references and for device code alike. */
#ifndef BITLOSS_BINARY_LEVELS_H
#define BITLOSS_BINARY_LEVELS_H

#include "../quantize/grid.h"

namespace bl {
namespace binary {

using quantize::minus;
using quantize::plus;
using quantize::times;

/* Numbers that a row of a block of BiLLM stores, and columns that a block may have. */
constexpr int LEVELS = 7;
constexpr int BLOCK_COLUMNS = 128;
/* BiLLM's searches (Huang et al. 2024, code): 1 … 49 salient columns; the quantiles 0.10, 0.11 … 0.90. */
constexpr int MOST_SALIENT = 49;
constexpr int SPLITS = 81;

BL_SHARED double split_share(int i) { return plus(0.1, times(0.01, static_cast<double>(i))); }

/* A value of either sign in half precision. */
BL_SHARED double signed_half(double value) {
  const double size = quantize::round_to_half(fabs(value));
  return value < 0 ? -size : size;
}

/* Sizes of at least 0 as whole numbers of the same order; a NaN is above all others, where an order of doubles would have none. */
BL_SHARED uint64_t key_of_size(double size) {
  uint64_t key;
  memcpy(&key, &size, sizeof key);
  return key;
}

/* The weight of a code of BiLLM; `levels` of its row and block. */
BL_SHARED double block_weight(int code, bool is_salient, const float *levels) {
  const int plus_sign = code & 1, upper = code >> 1;
  if (is_salient) {
    const double first = static_cast<double>(levels[1]), second = static_cast<double>(levels[2]);
    return plus(plus(static_cast<double>(levels[0]), plus_sign ? first : -first), upper ? second : -second);
  }
  const double distance = static_cast<double>(levels[upper ? 6 : 4]);
  return plus(static_cast<double>(levels[upper ? 5 : 3]), plus_sign ? distance : -distance);
}

}  // namespace binary
}  // namespace bl

#endif
