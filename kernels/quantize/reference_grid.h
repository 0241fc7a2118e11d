/* The grid of a group, with the shrink search as a plain loop. */
#ifndef BITLOSS_QUANTIZE_REFERENCE_GRID_H
#define BITLOSS_QUANTIZE_REFERENCE_GRID_H

#include <cmath>

#include "../common.h"
#include "grid.h"

namespace bl {
namespace quantize {

/* Grid of `count` weights; not finite where one of them is not. importance: factor on each error, or null. */
inline Grid fit(const double *weights, int64_t count, const Rule &rule, const float *importance) {
  double low = weights[0], high = weights[0];
  for (int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(weights[i])) return Grid{NAN, 0};
    low = smaller(low, weights[i]);
    high = larger(high, weights[i]);
  }
  Grid best = grid_of(low, high, rule);
  if (!rule.mse) return best;
  const double max_code = (1 << rule.bits) - 1;
  double best_error = HUGE_VAL;
  for (int step = 0; step < SHRINK_STEPS; ++step) {
    const Grid candidate = shrunk_grid(step, low, high, rule);
    double error = 0;
    for (int64_t i = 0; i < count; ++i) {
      const double one = error_of(weights[i], candidate, max_code);
      error += importance == nullptr ? one : importance[i] * one;
    }
    if (error >= best_error) continue;
    best_error = error;
    best = candidate;
  }
  return best;
}

}  // namespace quantize
}  // namespace bl

#endif
