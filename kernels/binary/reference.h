/* Binarization by the obvious loops in float64, in the order of eval/math: partly-binary.ts and what it stands on. */
#ifndef BITLOSS_BINARY_REFERENCE_H
#define BITLOSS_BINARY_REFERENCE_H

#include <algorithm>
#include <cmath>
#include <vector>

#include "../quantize/checks.h"
#include "../reference/bl_reference.h"
#include "levels.h"
#include "reference_blocks.h"
#include "reference_dual.h"
#include "reference_feedback.h"

BL_EXPORT int blr_binary_scratch(int64_t N, int64_t K, int64_t G, int64_t *bytes) {
  BL_TRY(bl::quantize::check_groups("blr_binary_scratch", N, K, G));
  *bytes = 8;
  return BL_OK;
}

BL_EXPORT int blr_least_salient(const void *w, const void *upper, int64_t N, int64_t K, int64_t G, int64_t count,
                                void *is_binary, void *scratch) {
  (void)scratch;
  BL_TRY(bl::quantize::check_groups("blr_least_salient", N, K, G));
  BL_REQUIRE(count >= 0 && count <= N * G, "blr_least_salient: count %lld of %lld weights a group", (long long)count,
             (long long)(N * G));
  uint8_t *marks = static_cast<uint8_t *>(is_binary);
  memset(marks, 0, N * K);
  if (count == 0) return BL_OK;
  const double *weights = static_cast<const double *>(w), *factor = static_cast<const double *>(upper);
  const auto size = [&](int64_t n, int64_t k) {
    return bl::binary::key_of_size(fabs(weights[n * K + k]) / (factor == nullptr ? 1 : factor[k * K + k]));
  };
  std::vector<uint64_t> sizes(N * G);
  for (int64_t start = 0; start < K; start += G) {
    for (int64_t i = 0; i < N * G; ++i) sizes[i] = size(i / G, start + i % G);
    std::sort(sizes.begin(), sizes.end());
    for (int64_t i = 0; i < N * G; ++i) {
      if (size(i / G, start + i % G) <= sizes[count - 1]) marks[i / G * K + start + i % G] = 1;
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_binary_levels(const void *w, const void *is_binary, int64_t N, int64_t K, int64_t G, int with_zeros,
                                void *means, void *deviations) {
  using namespace bl::binary;
  BL_TRY(bl::quantize::check_groups("blr_binary_levels", N, K, G));
  const double *weights = static_cast<const double *>(w);
  const uint8_t *marks = static_cast<const uint8_t *>(is_binary);
  for (int64_t g = 0; g < N * (K / G); ++g) {
    double sum = 0, members = 0, distance = 0;
    for (int64_t i = g * G; i < (g + 1) * G; ++i) {
      if (marks[i] == 0 && !with_zeros) continue;
      sum += marks[i] == 0 ? 0 : weights[i];
      members += 1;
    }
    const double mean = members == 0 ? 0 : sum / members;
    for (int64_t i = g * G; i < (g + 1) * G; ++i) {
      if (marks[i] != 0 || with_zeros) distance += fabs((marks[i] == 0 ? 0 : weights[i]) - mean);
    }
    static_cast<float *>(means)[g] = static_cast<float>(signed_half(mean));
    static_cast<float *>(deviations)[g] = members == 0 ? 0 : static_cast<float>(signed_half(distance / members));
  }
  return BL_OK;
}

BL_EXPORT int blr_binary_loop(void *w, const void *upper, const void *is_binary, int64_t N, int64_t K, int64_t G,
                              const void *means, const void *deviations, const void *scales, const void *zeros, void *codes,
                              void *losses, void *errors) {
  using namespace bl::binary;
  (void)errors;
  BL_TRY(bl::quantize::check_groups("blr_binary_loop", N, K, G));
  for (int64_t n = 0; n < N; ++n) {
    const bl::quantize::Grid grid{static_cast<const float *>(scales)[n],
                                  static_cast<double>(static_cast<const int16_t *>(zeros)[n])};
    const auto round = [&](int64_t k, double weight) {
      const int64_t at = n * K + k, g = n * (K / G) + k / G;
      uint8_t *code = static_cast<uint8_t *>(codes) + at;
      if (static_cast<const uint8_t *>(is_binary)[at] == 0) {
        *code = static_cast<uint8_t>(bl::quantize::code_of(weight, grid, 255));
        return grid.scale * (*code - grid.zero);
      }
      const double mean = static_cast<const float *>(means)[g], deviation = static_cast<const float *>(deviations)[g];
      *code = weight >= mean;
      return mean + (*code == 1 ? deviation : -deviation);
    };
    static_cast<double *>(losses)[n] = feed_back(static_cast<double *>(w) + n * K, static_cast<const double *>(upper), K, 0, K,
                                                 true, round);
  }
  return BL_OK;
}

BL_EXPORT int blr_count_unmarked(const void *marks, int64_t N, int64_t K, void *counts) {
  const uint8_t *of = static_cast<const uint8_t *>(marks);
  for (int64_t n = 0; n < N; ++n) static_cast<int32_t *>(counts)[n] = static_cast<int32_t>(std::count(of + n * K, of + (n + 1) * K, 0));
  return BL_OK;
}

BL_EXPORT int blr_gather_high(const void *marks, const void *codes, const void *first, int64_t N, int64_t K, void *high) {
  for (int64_t n = 0; n < N; ++n) {
    int64_t next = static_cast<const int64_t *>(first)[n];
    for (int64_t i = n * K; i < (n + 1) * K; ++i) {
      if (static_cast<const uint8_t *>(marks)[i] == 0) {
        static_cast<uint8_t *>(high)[next++] = static_cast<const uint8_t *>(codes)[i] >> 1;
      }
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_spread_high(const void *marks, const void *high, const void *first, int64_t N, int64_t K, void *codes) {
  uint8_t *to = static_cast<uint8_t *>(codes);
  for (int64_t n = 0; n < N; ++n) {
    int64_t next = static_cast<const int64_t *>(first)[n];
    for (int64_t i = n * K; i < (n + 1) * K; ++i) {
      if (static_cast<const uint8_t *>(marks)[i] != 0) continue;
      to[i] = static_cast<uint8_t>((to[i] & 1) | static_cast<const uint8_t *>(high)[next++] << 1);
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_restore_binary(const void *is_binary, const void *codes, const void *means, const void *deviations,
                                 const void *scales, const void *zeros, int64_t N, int64_t K, int64_t G, int dtype, void *out) {
  BL_TRY(bl::quantize::check_groups("blr_restore_binary", N, K, G));
  for (int64_t i = 0; i < N * K; ++i) {
    const int64_t n = i / K, g = n * (K / G) + i % K / G;
    const int code = static_cast<const uint8_t *>(codes)[i];
    const double deviation = static_cast<const float *>(deviations)[g], mean = static_cast<const float *>(means)[g];
    const double salient = static_cast<double>(static_cast<const float *>(scales)[n]) *
                           static_cast<double>(code - static_cast<const int16_t *>(zeros)[n]);
    const bool is_sign = static_cast<const uint8_t *>(is_binary)[i] != 0;
    bl::store(dtype, out, i, static_cast<float>(is_sign ? mean + (code == 1 ? deviation : -deviation) : salient));
  }
  return BL_OK;
}

BL_EXPORT int blr_restore_blocks(const void *codes, const void *levels, const void *salient, int64_t N, int64_t K, int64_t G,
                                 int dtype, void *out) {
  using namespace bl::binary;
  BL_TRY(bl::quantize::check_groups("blr_restore_blocks", N, K, G));
  for (int64_t i = 0; i < N * K; ++i) {
    const float *own = static_cast<const float *>(levels) + (i / K * (K / G) + i % K / G) * LEVELS;
    const bool is_salient = static_cast<const uint8_t *>(salient)[i % K] != 0;
    bl::store(dtype, out, i, static_cast<float>(block_weight(static_cast<const uint8_t *>(codes)[i], is_salient, own)));
  }
  return BL_OK;
}

#endif
