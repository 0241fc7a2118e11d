/* Preconditions of the attention operations, the same for the device and for the reference. */
#ifndef BITLOSS_ATTENTION_CHECK_H
#define BITLOSS_ATTENTION_CHECK_H

#include "../common.h"

namespace bl::attention {

constexpr int most_qk_dim = 1024, most_v_dim = 512;

inline int check(const char *op, int dtype, int64_t q_stride, int64_t out_stride, int heads, int kv_heads, int qk_dim,
                 int v_dim, float scale, float soft_cap, int window) {
  BL_REQUIRE(is_dtype(dtype), "%s: dtype %d is none of 0 (float32), 1 (float16), 2 (bfloat16)", op, dtype);
  BL_REQUIRE(kv_heads > 0 && heads > 0 && heads % kv_heads == 0,
             "%s: heads = %d is not a positive multiple of kv_heads = %d", op, heads, kv_heads);
  BL_REQUIRE(qk_dim > 0 && qk_dim <= most_qk_dim, "%s: qk_dim = %d is outside 1 … %d", op, qk_dim, most_qk_dim);
  BL_REQUIRE(v_dim > 0 && v_dim <= most_v_dim, "%s: v_dim = %d is outside 1 … %d", op, v_dim, most_v_dim);
  BL_REQUIRE(q_stride >= int64_t(heads) * qk_dim && out_stride >= int64_t(heads) * v_dim,
             "%s: rows of q (stride %lld) and out (stride %lld) must hold %d heads of %d and %d values", op,
             static_cast<long long>(q_stride), static_cast<long long>(out_stride), heads, qk_dim, v_dim);
  BL_REQUIRE(scale > 0 && soft_cap >= 0 && window >= 0,
             "%s: scale = %g must be positive, soft_cap = %g and window = %d not negative", op, double(scale),
             double(soft_cap), window);
  return BL_OK;
}

inline int check_segments(int64_t k_stride, int64_t v_stride, int kv_heads, int qk_dim, int v_dim, int64_t S,
                          int64_t max_queries) {
  BL_REQUIRE(k_stride >= int64_t(kv_heads) * qk_dim && v_stride >= int64_t(kv_heads) * v_dim,
             "bl_attention: rows of k (stride %lld) and v (stride %lld) must hold %d heads of %d and %d values",
             static_cast<long long>(k_stride), static_cast<long long>(v_stride), kv_heads, qk_dim, v_dim);
  BL_REQUIRE(S >= 0 && max_queries >= 0, "bl_attention: S = %lld and max_queries = %lld must not be negative",
             static_cast<long long>(S), static_cast<long long>(max_queries));
  return BL_OK;
}

inline int check_pages(const char *op, int64_t max_pages, int64_t page_size, int64_t B) {
  BL_REQUIRE(max_pages > 0 && page_size > 0 && max_pages * page_size < INT32_MAX,
             "%s: max_pages = %lld and page_size = %lld must be positive, their product below 2^31", op,
             static_cast<long long>(max_pages), static_cast<long long>(page_size));
  BL_REQUIRE(B >= 0 && B < 65536, "%s: %lld texts are outside 0 … 65535", op, static_cast<long long>(B));
  return BL_OK;
}

inline int check_cache(int dtype, int64_t x_stride, int64_t max_pages, int64_t page_size, int64_t M, int64_t width) {
  BL_REQUIRE(is_dtype(dtype), "bl_cache_write: dtype %d is none of 0 (float32), 1 (float16), 2 (bfloat16)", dtype);
  BL_REQUIRE(width > 0 && x_stride >= width && M >= 0,
             "bl_cache_write: width = %lld must be positive and at most x_stride = %lld, M = %lld not negative",
             static_cast<long long>(width), static_cast<long long>(x_stride), static_cast<long long>(M));
  return check_pages("bl_cache_write", max_pages, page_size, 0);
}

}  // namespace bl::attention

#endif
