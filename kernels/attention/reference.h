/*
 * Rung 0 of attention: the formula of bl_attention as plain loops on the host, softmax in two passes, everything between
 * reading and writing an element in float64. Parameters as in bl.h, with host memory.
 */
#ifndef BITLOSS_ATTENTION_REFERENCE_H
#define BITLOSS_ATTENTION_REFERENCE_H

#include <vector>

#include "../reference/bl_reference.h"
#include "check.h"

namespace bl::attention_reference {

struct Rule {
  int dtype, heads, kv_heads, qk_dim, v_dim;
  float scale, soft_cap;
  int window;
  const float *slopes;
  float rounded_factor;
};

inline double score(const Rule &rule, double product, int head, int64_t key, int64_t position) {
  double score = rule.scale * product;
  if (rule.soft_cap > 0) score = rule.soft_cap * tanh(score / rule.soft_cap);
  if (rule.slopes == nullptr) return score;
  if (!(rule.rounded_factor > 0)) return score + double(rule.slopes[head]) * double(key - position);
  const float at_key = float_of_bfloat(bfloat_of_float(static_cast<float>(key)));
  return score + double(rule.rounded_factor) * float_of_bfloat(bfloat_of_float(rule.slopes[head] * at_key));
}

/* One head of one query. q and out begin at its first element; key(j) and value(j) give the index in k and v of the
   first element of position j's vector for this head. */
template <class KeyAt, class ValueAt>
void attend(const Rule &rule, int head, int64_t position, const void *q, int64_t q_at, const void *k, KeyAt key,
            const void *v, ValueAt value, void *out, int64_t out_at) {
  const int64_t first = rule.window > 0 && position >= rule.window ? position - rule.window + 1 : 0;
  std::vector<double> scores(position - first + 1);
  double highest = -INFINITY, sum = 0;
  for (int64_t j = first; j <= position; j += 1) {
    double product = 0;
    const int64_t k_at = key(j);
    for (int d = 0; d < rule.qk_dim; d += 1) {
      product += double(load(rule.dtype, q, q_at + d)) * load(rule.dtype, k, k_at + d);
    }
    scores[j - first] = score(rule, product, head, j, position);
    highest = fmax(highest, scores[j - first]);
  }
  std::vector<double> result(rule.v_dim);
  for (int64_t j = first; j <= position; j += 1) {
    const double weight = exp(scores[j - first] - highest);
    const int64_t v_at = value(j);
    sum += weight;
    for (int d = 0; d < rule.v_dim; d += 1) result[d] += weight * load(rule.dtype, v, v_at + d);
  }
  for (int d = 0; d < rule.v_dim; d += 1) store(rule.dtype, out, out_at + d, static_cast<float>(result[d] / sum));
}

}  // namespace bl::attention_reference

BL_EXPORT int blr_attention(int dtype, const void *q, int64_t q_stride, const void *k, int64_t k_stride,
                            const void *v, int64_t v_stride, void *out, int64_t out_stride, int heads,
                            int kv_heads, int qk_dim, int v_dim, float scale, float soft_cap, int window,
                            const void *slopes, float rounded_factor, const void *segments, int64_t S,
                            int64_t max_queries, int rung) {
  BL_TRY(bl::attention::check("bl_attention", dtype, q_stride, out_stride, heads, kv_heads, qk_dim, v_dim, scale,
                              soft_cap, window));
  BL_TRY(bl::attention::check_segments(k_stride, v_stride, kv_heads, qk_dim, v_dim, S, max_queries));
  (void)rung;
  const bl::attention_reference::Rule rule = {dtype, heads,    kv_heads, qk_dim, v_dim,
                                scale, soft_cap, window,   static_cast<const float *>(slopes),
                                rounded_factor};
  for (int64_t s = 0; s < S; s += 1) {
    const int32_t *segment = static_cast<const int32_t *>(segments) + 6 * s;
    const int64_t query_row = segment[0], first_position = segment[2], prefix_row = segment[3];
    const int64_t prefix_length = segment[4], own_row = segment[5];
    const auto row = [&](int64_t j) { return j < prefix_length ? prefix_row + j : own_row + j - prefix_length; };
    for (int64_t i = 0; i < segment[1]; i += 1) {
      for (int head = 0; head < heads; head += 1) {
        const int64_t kv_head = head / (heads / kv_heads);
        bl::attention_reference::attend(
            rule, head, first_position + i, q, (query_row + i) * q_stride + int64_t(head) * qk_dim, k,
            [&](int64_t j) { return row(j) * k_stride + kv_head * qk_dim; }, v,
            [&](int64_t j) { return row(j) * v_stride + kv_head * v_dim; }, out,
            (query_row + i) * out_stride + int64_t(head) * v_dim);
      }
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_cache_write(int dtype, const void *x, int64_t x_stride, void *cache, const void *page_table,
                              int64_t max_pages, int64_t page_size, const void *positions, const void *texts,
                              int64_t M, int64_t width) {
  BL_TRY(bl::attention::check_cache(dtype, x_stride, max_pages, page_size, M, width));
  for (int64_t r = 0; r < M; r += 1) {
    const int64_t position = static_cast<const int32_t *>(positions)[r], text = static_cast<const int32_t *>(texts)[r];
    if (position < 0) continue;
    const int64_t page = static_cast<const int32_t *>(page_table)[text * max_pages + position / page_size];
    const int64_t bytes = bl::bytes_of(dtype), at = (page * page_size + position % page_size) * width;
    memcpy(static_cast<char *>(cache) + at * bytes, static_cast<const char *>(x) + r * x_stride * bytes, width * bytes);
  }
  return BL_OK;
}

BL_EXPORT int blr_attention_decode(int dtype, const void *q, int64_t q_stride, const void *k_cache,
                                   const void *v_cache, void *out, int64_t out_stride, int heads, int kv_heads,
                                   int qk_dim, int v_dim, float scale, float soft_cap, int window,
                                   const void *slopes, float rounded_factor, const void *page_table,
                                   int64_t max_pages, int64_t page_size, const void *positions, int64_t B,
                                   void *scratch) {
  BL_TRY(bl::attention::check("bl_attention_decode", dtype, q_stride, out_stride, heads, kv_heads, qk_dim, v_dim, scale,
                              soft_cap, window));
  BL_TRY(bl::attention::check_pages("bl_attention_decode", max_pages, page_size, B));
  (void)scratch;
  const bl::attention_reference::Rule rule = {dtype, heads,    kv_heads, qk_dim, v_dim,
                                scale, soft_cap, window,   static_cast<const float *>(slopes),
                                rounded_factor};
  for (int64_t b = 0; b < B; b += 1) {
    const int64_t position = static_cast<const int32_t *>(positions)[b];
    if (position < 0) continue;
    const int32_t *pages = static_cast<const int32_t *>(page_table) + b * max_pages;
    const auto row = [&](int64_t j) { return pages[j / page_size] * page_size + j % page_size; };
    for (int head = 0; head < heads; head += 1) {
      const int64_t kv_head = head / (heads / kv_heads);
      bl::attention_reference::attend(
          rule, head, position, q, b * q_stride + int64_t(head) * qk_dim, k_cache,
          [&](int64_t j) { return (row(j) * kv_heads + kv_head) * qk_dim; }, v_cache,
          [&](int64_t j) { return (row(j) * kv_heads + kv_head) * v_dim; }, out,
          b * out_stride + int64_t(head) * v_dim);
    }
  }
  return BL_OK;
}

#endif
