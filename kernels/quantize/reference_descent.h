/* Rung 0 of passes over codes in which each becomes the best one beside all others. */
#ifndef BITLOSS_QUANTIZE_REFERENCE_DESCENT_H
#define BITLOSS_QUANTIZE_REFERENCE_DESCENT_H

#include <vector>

#include "../reference/bl_reference.h"

BL_EXPORT int blr_descent_start(const void *hessian, int64_t K, double factor, double added, const void *order,
                                const void *dead, void *arranged, void *inverse) {
  const auto *values = static_cast<const double *>(hessian);
  const auto *steps = static_cast<const int32_t *>(order);
  const auto *marks = static_cast<const uint8_t *>(dead);
  auto *all = static_cast<double *>(arranged), *out = static_cast<double *>(inverse);
  for (int64_t i = 0; i < K; ++i) {
    for (int64_t j = 0; j < K; ++j) all[i * K + j] = factor * values[steps[i] * K + steps[j]];
    all[i * K + i] = (marks[steps[i]] != 0 ? 1 : all[i * K + i]) + added;
  }
  for (int64_t j = 0; j < K; ++j) {
    for (int64_t i = 0; i < j; ++i) {
      double sum = 0;
      for (int64_t t = i; t < j; ++t) sum += out[i * K + t] * all[t * K + j];
      out[i * K + j] = -sum / all[j * K + j];
    }
    out[j * K + j] = 1 / all[j * K + j];
    for (int64_t i = j + 1; i < K; ++i) out[i * K + j] = 0;
  }
  return BL_OK;
}

BL_EXPORT int blr_descent_step(const void *w, const void *codes, const void *scales, const void *zeros,
                               const void *arranged, const void *inverse, int64_t N, int64_t K, void *errors, void *slopes,
                               void *next, void *losses) {
  const auto *all = static_cast<const double *>(arranged), *upper = static_cast<const double *>(inverse);
  for (int64_t n = 0; n < N; ++n) {
    double *difference = static_cast<double *>(errors) + n * K, *products = static_cast<double *>(slopes) + n * K;
    std::vector<double> restored(K);
    for (int64_t k = 0; k < K; ++k) {
      const int steps = static_cast<const uint8_t *>(codes)[n * K + k] - static_cast<const int16_t *>(zeros)[n];
      restored[k] = static_cast<double>(static_cast<const float *>(scales)[n]) * steps;
      difference[k] = restored[k] - static_cast<const double *>(w)[n * K + k];
    }
    double loss = 0;
    for (int64_t j = 0; j < K; ++j) {
      products[j] = 0;
      for (int64_t k = 0; k < K; ++k) products[j] += difference[k] * all[k * K + j];
      loss += difference[j] * products[j];
    }
    static_cast<double *>(losses)[n] = loss;
    if (next == nullptr) continue;
    for (int64_t j = 0; j < K; ++j) {
      double sum = 0;
      for (int64_t k = 0; k <= j; ++k) sum += products[k] * upper[k * K + j];
      static_cast<double *>(next)[n * K + j] = restored[j] - sum;
    }
  }
  return BL_OK;
}

#endif
