/* Routing as eval/engines/routing.ts, rows moved one value at a time, and products as sums in float64. */
#ifndef BITLOSS_EXPERTS_REFERENCE_H
#define BITLOSS_EXPERTS_REFERENCE_H

#include <vector>

#include "../reference/bl_reference.h"
#include "checks.h"

namespace bl::experts {

/** Places of the `count` largest values that are not shut, the lowest place first among equals. */
inline std::vector<int> highest(const std::vector<float> &values, const std::vector<bool> &shut, int64_t count) {
  std::vector<int> places;
  std::vector<bool> taken = shut;
  for (int64_t round = 0; round < count; ++round) {
    int best = -1;
    for (int place = 0; place < static_cast<int>(values.size()); ++place)
      if (!taken[place] && (best < 0 || values[place] > values[best])) best = place;
    taken[best] = true;
    places.push_back(best);
  }
  return places;
}

inline std::vector<float> softmax(const float *logits, int64_t E) {
  float top = -INFINITY;
  for (int64_t e = 0; e < E; ++e) top = fmaxf(top, logits[e]);
  std::vector<float> p(E);
  double sum = 0;
  for (int64_t e = 0; e < E; ++e) sum += p[e] = expf(logits[e] - top);
  for (float &value : p) value = static_cast<float>(value / sum);
  return p;
}

/** True for each expert outside the best groups; a group is as good as its best expert. */
inline std::vector<bool> shut_experts(const std::vector<float> &p, int groups, int groups_per_token) {
  std::vector<bool> shut(p.size(), groups > 0);
  if (groups == 0) return shut;
  const size_t size = p.size() / groups;
  std::vector<float> best(groups, -INFINITY);
  for (size_t e = 0; e < p.size(); ++e) best[e / size] = fmaxf(best[e / size], p[e]);
  for (const int group : highest(best, std::vector<bool>(groups), groups_per_token))
    for (size_t i = 0; i < size; ++i) shut[group * size + i] = false;
  return shut;
}

}  // namespace bl::experts

BL_EXPORT int blr_route(const void *logits, int64_t T, int64_t E, int64_t k, int renormalize, float factor, int groups,
                        int groups_per_token, void *chosen, void *shares, void *slots, void *order, void *places) {
  BL_TRY(bl::experts::check_rule("blr_route", T, E, k, groups, groups_per_token));
  const auto own_chosen = static_cast<int32_t *>(chosen);
  const auto own_slots = static_cast<int32_t *>(slots);
  std::vector<int32_t> next(E + 1, 0);
  for (int64_t t = 0; t < T; ++t) {
    const auto p = bl::experts::softmax(static_cast<const float *>(logits) + t * E, E);
    const auto best = bl::experts::highest(p, bl::experts::shut_experts(p, groups, groups_per_token), k);
    double sum = renormalize ? 0 : 1;
    if (renormalize)
      for (const int expert : best) sum += p[expert];
    for (int64_t j = 0; j < k; ++j) {
      own_chosen[t * k + j] = best[j];
      static_cast<float *>(shares)[t * k + j] = static_cast<float>(p[best[j]] / sum * factor);
      ++next[best[j] + 1];
    }
  }
  for (int64_t e = 0; e < E; ++e) next[e + 1] += next[e];
  for (int64_t e = 0; e <= E; ++e) own_slots[e] = next[e];
  for (int64_t item = 0; item < T * k; ++item) {
    const int32_t row = next[own_chosen[item]]++;
    static_cast<int32_t *>(places)[item] = row;
    static_cast<int32_t *>(order)[row] = static_cast<int32_t>(item);
  }
  return BL_OK;
}

BL_EXPORT int blr_gather_slots(int dtype, const void *x, int64_t x_stride, const void *order, int64_t k, void *out,
                               int64_t rows, int64_t width) {
  BL_TRY(bl::experts::check_gather("blr_gather_slots", x_stride, k, rows, width));
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t token = static_cast<const int32_t *>(order)[r] / k;
    for (int64_t i = 0; i < width; ++i) bl::store(dtype, out, r * width + i, bl::load(dtype, x, token * x_stride + i));
  }
  return BL_OK;
}

BL_EXPORT int blr_mix_experts(int dtype, const void *y, const void *places, const void *shares, int64_t k, void *to,
                              int64_t to_stride, int64_t T, int64_t width) {
  BL_TRY(bl::experts::check_mix("blr_mix_experts", k, to_stride, T, width));
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t i = 0; i < width; ++i) {
      double sum = bl::load(BL_F32, to, t * to_stride + i);
      for (int64_t j = 0; j < k; ++j) {
        const int64_t row = static_cast<const int32_t *>(places)[t * k + j];
        sum += static_cast<double>(bl::load(BL_F32, shares, t * k + j)) * bl::load(dtype, y, row * width + i);
      }
      bl::store(BL_F32, to, t * to_stride + i, static_cast<float>(sum));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_add_gated(int dtype, const void *y, int64_t y_stride, const void *gate, void *to, int64_t to_stride,
                            int64_t T, int64_t width) {
  BL_TRY(bl::experts::check_add_gated("blr_add_gated", y_stride, to_stride, T, width));
  for (int64_t t = 0; t < T; ++t) {
    const double factor = gate == nullptr ? 1 : 1 / (1 + exp(-static_cast<double>(bl::load(BL_F32, gate, t))));
    for (int64_t i = 0; i < width; ++i) {
      const double sum = bl::load(BL_F32, to, t * to_stride + i) + factor * bl::load(dtype, y, t * y_stride + i);
      bl::store(BL_F32, to, t * to_stride + i, static_cast<float>(sum));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_grouped_matmul(int dtype, const void *x, const void *experts, void *out, int out_dtype,
                                 const void *slots, int64_t E, int64_t rows, int64_t N, int64_t K) {
  BL_TRY(bl::experts::check_grouped("blr_grouped_matmul", dtype, out_dtype, E, rows, N, K));
  const auto first = static_cast<const int32_t *>(slots);
  for (int64_t e = 0; e < E; ++e) {
    for (int64_t r = first[e]; r < first[e + 1]; ++r) {
      for (int64_t n = 0; n < N; ++n) {
        double sum = 0;
        for (int64_t k = 0; k < K; ++k)
          sum += static_cast<double>(bl::load(dtype, x, r * K + k)) * bl::load(dtype, experts, (e * N + n) * K + k);
        bl::store(out_dtype, out, r * N + n, static_cast<float>(sum));
      }
    }
  }
  return BL_OK;
}

#endif
