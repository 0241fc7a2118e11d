/* Scores, selection and lists of kept weights by the obvious loops. */
#ifndef BITLOSS_PRUNE_REFERENCE_H
#define BITLOSS_PRUNE_REFERENCE_H

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "../reference/bl_reference.h"

BL_EXPORT int blr_prune_scores(int dtype, const void *w, const void *scale, int64_t N, int64_t K, void *scores) {
  BL_REQUIRE(N >= 0 && K >= 1, "blr_prune_scores: N = %lld, K = %lld", (long long)N, (long long)K);
  const double *factors = static_cast<const double *>(scale);
  for (int64_t i = 0; i < N * K; ++i) {
    const double size = std::fabs(static_cast<double>(bl::load(dtype, w, i)));
    static_cast<double *>(scores)[i] = factors == nullptr ? size : size * factors[i % K];
  }
  return BL_OK;
}

BL_EXPORT int blr_drop_smallest(const void *scores, int64_t segments, int64_t length, int64_t count, void *kept,
                                void *scratch) {
  (void)scratch;
  BL_REQUIRE(segments >= 0 && length >= 1 && length < (1ll << 32) && count >= 0 && count <= length,
             "blr_drop_smallest: %lld of %lld scores in %lld segments", (long long)count, (long long)length,
             (long long)segments);
  std::vector<int64_t> places(length);
  for (int64_t segment = 0; segment < segments; ++segment) {
    const double *own = static_cast<const double *>(scores) + segment * length;
    uint8_t *marks = static_cast<uint8_t *>(kept) + segment * length;
    std::iota(places.begin(), places.end(), 0);
    std::stable_sort(places.begin(), places.end(), [&](int64_t a, int64_t b) { return own[a] < own[b]; });
    for (int64_t i = 0; i < length; ++i) marks[places[i]] = i >= count;
  }
  return BL_OK;
}

BL_EXPORT int blr_mask_weights(int dtype, const void *w, const void *kept, int64_t n, void *out) {
  for (int64_t i = 0; i < n; ++i)
    static_cast<float *>(out)[i] = static_cast<const uint8_t *>(kept)[i] != 0 ? bl::load(dtype, w, i) : 0.0f;
  return BL_OK;
}

BL_EXPORT int blr_find_types(int dtype, const void *w, int64_t n, void *flags) {
  int32_t *found = static_cast<int32_t *>(flags);
  for (int64_t i = 0; i < n; ++i) {
    const float value = bl::load(dtype, w, i);
    uint16_t place;
    bl::store(BL_BF16, &place, 0, value);
    if (bl::load(BL_BF16, &place, 0) != value) found[0] = 1;
    bl::store(BL_F16, &place, 0, value);
    if (bl::load(BL_F16, &place, 0) != value) found[1] = 1;
    if (!std::isfinite(value)) found[2] = 1;
  }
  return BL_OK;
}

BL_EXPORT int blr_kept_offsets(const void *kept, int64_t N, int64_t K, void *offsets) {
  int64_t *out = static_cast<int64_t *>(offsets);
  out[0] = 0;
  for (int64_t n = 0; n < N; ++n) {
    const uint8_t *row = static_cast<const uint8_t *>(kept) + n * K;
    out[n + 1] = std::accumulate(row, row + K, out[n]);
  }
  return BL_OK;
}

BL_EXPORT int blr_gather_kept(int size, const void *all, const void *kept, const void *offsets, int64_t N, int64_t K,
                              void *list) {
  (void)offsets;
  char *to = static_cast<char *>(list);
  for (int64_t i = 0; i < N * K; ++i) {
    if (static_cast<const uint8_t *>(kept)[i] == 0) continue;
    std::memcpy(to, static_cast<const char *>(all) + i * size, size);
    to += size;
  }
  return BL_OK;
}

BL_EXPORT int blr_scatter_kept(int size, const void *list, const void *kept, const void *offsets, int64_t N, int64_t K,
                               void *all) {
  (void)offsets;
  const char *from = static_cast<const char *>(list);
  std::memset(all, 0, N * K * size);
  for (int64_t i = 0; i < N * K; ++i) {
    if (static_cast<const uint8_t *>(kept)[i] == 0) continue;
    std::memcpy(static_cast<char *>(all) + i * size, from, size);
    from += size;
  }
  return BL_OK;
}

BL_EXPORT int blr_number_runs(const void *kept, const void *numbers, int64_t runs, int m, void *codes) {
  for (int64_t run = 0; run < runs; ++run) {
    unsigned set = 0;
    for (int i = 0; i < m; ++i) set |= static_cast<unsigned>(static_cast<const uint8_t *>(kept)[run * m + i]) << i;
    static_cast<uint8_t *>(codes)[run] = static_cast<const uint8_t *>(numbers)[set];
  }
  return BL_OK;
}

BL_EXPORT int blr_open_runs(const void *codes, const void *sets, int64_t runs, int m, void *kept) {
  for (int64_t run = 0; run < runs; ++run) {
    const unsigned set = static_cast<const uint16_t *>(sets)[static_cast<const uint8_t *>(codes)[run]];
    for (int i = 0; i < m; ++i) static_cast<uint8_t *>(kept)[run * m + i] = set >> i & 1;
  }
  return BL_OK;
}

#endif
