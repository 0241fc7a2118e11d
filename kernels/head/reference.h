/* Rung 0 of the head: distributions over the vocabulary in float64, sampling by sorting. */
#ifndef BITLOSS_HEAD_REFERENCE_H
#define BITLOSS_HEAD_REFERENCE_H

#include <algorithm>
#include <vector>

#include "../reference/bl_reference.h"

namespace {

/* A logit with its bias, capped. */
float adjusted(float logit, const void *bias, int64_t column, float soft_cap) {
  const float sum = bias == nullptr ? logit : logit + bl::load(BL_F32, bias, column);
  return soft_cap > 0 ? soft_cap * tanhf(sum / soft_cap) : sum;
}

/* Highest logit so far, Σ e^(logit − highest), and the lowest id of the highest. */
struct Distribution {
  double highest = -INFINITY, sum = 0;
  int32_t best = 0;

  /* @returns the factor of sums so far, and the share of this logit. */
  std::pair<double, double> add(double logit, int64_t token) {
    double factor = 1;
    if (logit > highest) {
      factor = exp(highest - logit);
      highest = logit;
      best = static_cast<int32_t>(token);
    }
    const double share = logit == -INFINITY ? 0 : exp(logit - highest);
    sum = sum * factor + share;
    return {factor, share};
  }
};

/* Tokens by falling logit, equals by rising id. */
std::vector<int64_t> ranked(const float *logits, int64_t V) {
  std::vector<int64_t> order;
  for (int64_t v = 0; v < V; ++v) {
    if (!isnan(logits[v])) order.push_back(v);
  }
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return logits[a] > logits[b]; });
  return order;
}

/* The token of one row; probabilities are integers as in search.cuh. */
int32_t drawn(const float *logits, int64_t V, float temperature, int top_k, float top_p, const void *uniforms, int64_t row) {
  std::vector<int64_t> order = ranked(logits, V);
  if (order.empty()) return 0;
  const float inverse = 1 / temperature, highest = logits[order[0]];
  if (temperature == 0 || isinf(inverse) || top_k == 1) return static_cast<int32_t>(order[0]);
  std::vector<uint64_t> up_to;
  uint64_t mass = 0;
  for (const int64_t token : order) {
    const float distance = (highest - logits[token]) * inverse;
    const uint64_t weight = distance < 30 ? static_cast<uint64_t>(llrint(static_cast<double>(expf(-distance) * 0x1p42f))) : 0;
    if (weight == 0) break;
    up_to.push_back(mass += weight);
  }
  if (up_to.empty()) return static_cast<int32_t>(order[0]);
  if (top_k > 0 && static_cast<size_t>(top_k) < up_to.size()) up_to.resize(static_cast<size_t>(top_k));
  const double needed = static_cast<double>(top_p) * static_cast<double>(up_to.back());
  size_t kept = 0;
  while (top_p < 1 && static_cast<double>(up_to[kept]) < needed) ++kept;
  if (top_p < 1) up_to.resize(kept + 1);
  const double wanted = static_cast<double>(bl::load(BL_F32, uniforms, row)) * static_cast<double>(up_to.back());
  const uint64_t target = std::min(static_cast<uint64_t>(wanted), up_to.back() - 1);
  const auto first = std::upper_bound(up_to.begin(), up_to.end(), target);
  return static_cast<int32_t>(order[static_cast<size_t>(first - up_to.begin())]);
}

}  // namespace

BL_EXPORT int blr_head_update(void *logits, int64_t stride, int64_t R, int64_t width, int64_t first, const void *bias,
                              float soft_cap, void *highest, void *sum, void *best) {
  auto *highest_of = static_cast<float *>(highest);
  auto *sum_of = static_cast<double *>(sum);
  auto *best_of = static_cast<int32_t *>(best);
  for (int64_t r = 0; r < R; ++r) {
    Distribution row;
    if (first > 0) row = {highest_of[r], sum_of[r], best_of[r]};
    for (int64_t v = 0; v < width; ++v) {
      const float logit = adjusted(bl::load(BL_F32, logits, r * stride + v), bias, v, soft_cap);
      bl::store(BL_F32, logits, r * stride + v, logit);
      row.add(logit, first + v);
    }
    highest_of[r] = static_cast<float>(row.highest);
    sum_of[r] = row.sum;
    best_of[r] = row.best;
  }
  return BL_OK;
}

BL_EXPORT int blr_head_pick(const void *logits, int64_t stride, int64_t width, int64_t first, const void *rows,
                            const void *tokens, int64_t n, void *picked) {
  for (int64_t i = 0; i < n; ++i) {
    const int64_t column = static_cast<const int32_t *>(tokens)[i] - first;
    if (column < 0 || column >= width) continue;
    const int64_t row = static_cast<const int32_t *>(rows)[i];
    bl::store(BL_F32, picked, i, bl::load(BL_F32, logits, row * stride + column));
  }
  return BL_OK;
}

BL_EXPORT int blr_head_finish(const void *highest, const void *sum, const void *picked, const void *rows, int64_t n, void *out) {
  for (int64_t i = 0; i < n; ++i) {
    const int64_t row = static_cast<const int32_t *>(rows)[i];
    const double distance = static_cast<double>(bl::load(BL_F32, picked, i)) - bl::load(BL_F32, highest, row);
    static_cast<double *>(out)[i] = distance - log(static_cast<const double *>(sum)[row]);
  }
  return BL_OK;
}

BL_EXPORT int blr_divergence_update(const void *p, const void *q, int64_t stride, int64_t R, int64_t width, int64_t first,
                                    const void *bias, float soft_cap, void *state, void *best) {
  for (int64_t r = 0; r < R; ++r) {
    double *of = static_cast<double *>(state) + r * 5;
    int32_t *best_of = static_cast<int32_t *>(best) + r * 2;
    Distribution reference, other;
    double difference = 0;
    if (first > 0) {
      reference = {of[0], of[1], best_of[0]};
      other = {of[3], of[4], best_of[1]};
      difference = of[2];
    }
    for (int64_t v = 0; v < width; ++v) {
      const double a = adjusted(bl::load(BL_F32, p, r * stride + v), bias, v, soft_cap);
      const double b = adjusted(bl::load(BL_F32, q, r * stride + v), bias, v, soft_cap);
      const auto [factor, share] = reference.add(a, first + v);
      difference = difference * factor + (share > 0 ? share * (a - b) : 0);
      other.add(b, first + v);
    }
    of[0] = reference.highest;
    of[1] = reference.sum;
    of[2] = difference;
    of[3] = other.highest;
    of[4] = other.sum;
    best_of[0] = reference.best;
    best_of[1] = other.best;
  }
  return BL_OK;
}

BL_EXPORT int blr_divergence_finish(const void *state, const void *best, int64_t R, void *kl, void *same) {
  for (int64_t r = 0; r < R; ++r) {
    const double *of = static_cast<const double *>(state) + r * 5;
    const double value = of[2] / of[1] - ((of[0] - of[3]) + (log(of[1]) - log(of[4])));
    static_cast<double *>(kl)[r] = value < 0 ? 0 : value;
    const int32_t *best_of = static_cast<const int32_t *>(best) + r * 2;
    static_cast<uint8_t *>(same)[r] = best_of[0] == best_of[1];
  }
  return BL_OK;
}

BL_EXPORT int blr_sample(const void *logits, int64_t stride, int64_t B, int64_t V, float temperature, int top_k, float top_p,
                         const void *uniforms, void *token) {
  BL_REQUIRE(temperature >= 0 && top_p > 0 && top_k >= 0,
             "blr_sample: temperature %g, top_k %d, top_p %g; none may be negative and top_p must be above 0", temperature,
             top_k, top_p);
  for (int64_t b = 0; b < B; ++b) {
    const float *row = static_cast<const float *>(logits) + b * stride;
    static_cast<int32_t *>(token)[b] = drawn(row, V, temperature, top_k, top_p, uniforms, b);
  }
  return BL_OK;
}

#endif
