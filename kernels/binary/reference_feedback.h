/* The column loop of one row for any rounding. */
#ifndef BITLOSS_BINARY_REFERENCE_FEEDBACK_H
#define BITLOSS_BINARY_REFERENCE_FEEDBACK_H

#include <stdint.h>

#include <vector>

namespace bl {
namespace binary {

/*
 * Columns start … end of a row of weights [K] become round(k, weight); later columns make up for them, inside the block too or
 * only behind it. Returns the sum of squares of the errors.
 */
template <class Round>
double feed_back(double *weights, const double *upper, int64_t K, int64_t start, int64_t end, bool inside, Round round) {
  std::vector<double> errors;
  double loss = 0;
  for (int64_t k = start; k < end; ++k) {
    const double error = (weights[k] - round(k, weights[k])) / upper[k * K + k];
    loss += error * error;
    errors.push_back(error);
    for (int64_t j = k + 1; inside && j < end; ++j) weights[j] -= error * upper[k * K + j];
  }
  for (int64_t j = end; j < K; ++j) {
    double sum = 0;
    for (int64_t k = start; k < end; ++k) sum += errors[k - start] * upper[k * K + j];
    weights[j] -= sum;
  }
  return loss;
}

}  // namespace binary
}  // namespace bl

#endif
