/* Grids of SliM-LLM's groups in float64, for the host references and for device code alike: eval/math/mixed-groups.ts. */
#ifndef BITLOSS_MIXED_GROUPS_H
#define BITLOSS_MIXED_GROUPS_H

#include "../binary/levels.h"
#include "../quantize/grid.h"

namespace bl {
namespace mixed {

using quantize::Grid;
using quantize::Rule;
using quantize::minus;
using quantize::plus;
using quantize::times;

/* Ranges that the search tries: the true one, then 50 smaller and 50 larger ones by turns (Huang et al. 2024, code). */
constexpr int SCALED_STEPS = 101;

/* Of two bits and more. */
BL_SHARED Rule rule_of(int bits) { return Rule{bits, 0, BL_RANGE_ZERO, 0}; }

/* The grid of candidate `step`: 1, 0.998, 1.002, 0.996 … 1.1 times the range. */
BL_SHARED Grid scaled_grid(int step, double low, double high, const Rule &rule) {
  if (step == 0) return quantize::grid_of(low, high, rule);
  const double reach = times(0.1, static_cast<double>((step + 1) / 2)) / 50;
  const double p = step % 2 == 1 ? minus(1, reach) : plus(1, reach);
  return quantize::grid_of(times(p, low), times(p, high), rule);
}

/* ŵ of a code: with one bit mean ± distance, kept as zero and scale. */
BL_SHARED double mixed_weight(int code, int bits, double scale, double zero) {
  if (bits == 1) return plus(zero, code == 1 ? scale : -scale);
  return times(scale, minus(static_cast<double>(code), zero));
}

}  // namespace mixed
}  // namespace bl

#endif
