/* Decode steps as obvious loops. */
#ifndef BITLOSS_DECODE_REFERENCE_H
#define BITLOSS_DECODE_REFERENCE_H

#include "../reference/bl_reference.h"

namespace bl {

inline double activated(int activation, double x) {
  switch (activation) {
    case BL_SILU: return x / (1 + exp(-x));
    case BL_GELU: return 0.5 * x * (1 + erf(x / sqrt(2.0)));
    case BL_GELU_TANH: return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    case BL_RELU: return x > 0 ? x : 0;
    default: return x;
  }
}

}  // namespace bl

BL_EXPORT int blr_decode_linear(int dtype, const void *x, int64_t x_stride, const void *w, const void *bias, void *out,
                                int out_dtype, int64_t out_stride, int64_t B, int64_t N, int64_t K, int accumulate,
                                int activation, int gated) {
  BL_REQUIRE(x_stride >= K && out_stride >= N, "blr_decode_linear: strides %lld and %lld with K = %lld, N = %lld",
             (long long)x_stride, (long long)out_stride, (long long)K, (long long)N);
  const auto feature = [&](int64_t b, int64_t row) {
    double sum = bias == nullptr ? 0 : bl::load(BL_F32, bias, row);
    for (int64_t k = 0; k < K; ++k)
      sum += static_cast<double>(bl::load(dtype, x, b * x_stride + k)) * bl::load(dtype, w, row * K + k);
    return sum;
  };
  for (int64_t b = 0; b < B; ++b) {
    for (int64_t n = 0; n < N; ++n) {
      double value = bl::activated(activation, feature(b, n));
      if (gated) value *= feature(b, N + n);
      if (accumulate) value += bl::load(out_dtype, out, b * out_stride + n);
      bl::store(out_dtype, out, b * out_stride + n, static_cast<float>(value));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_decode_norm(int kind, int dtype, const void *x, int64_t x_stride, void *out, int64_t out_stride,
                              const void *weight, const void *bias, float eps, int unit_offset, int64_t B,
                              int64_t width) {
  BL_REQUIRE(x_stride >= width && out_stride >= width, "blr_decode_norm: strides %lld and %lld with a width of %lld",
             (long long)x_stride, (long long)out_stride, (long long)width);
  for (int64_t b = 0; b < B; ++b) {
    double mean = 0, squares = 0;
    for (int64_t i = 0; kind == BL_LAYER && i < width; ++i) mean += bl::load(BL_F32, x, b * x_stride + i) / static_cast<double>(width);
    for (int64_t i = 0; i < width; ++i) {
      const double distance = bl::load(BL_F32, x, b * x_stride + i) - mean;
      squares += distance * distance / static_cast<double>(width);
    }
    for (int64_t i = 0; i < width; ++i) {
      const double factor = bl::load(BL_F32, weight, i) + (unit_offset ? 1.0 : 0.0);
      double value = (bl::load(BL_F32, x, b * x_stride + i) - mean) / sqrt(squares + eps) * factor;
      if (bias != nullptr) value += bl::load(BL_F32, bias, i);
      bl::store(dtype, out, b * out_stride + i, static_cast<float>(value));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_decode_rotate(int dtype, void *x, int64_t x_stride, int heads, int kv_heads, int qk_dim, int v_dim,
                                const void *cos, const void *sin, const void *rows, int half, int interleaved,
                                void *k_cache, void *v_cache, const void *page_table, int64_t max_pages,
                                int64_t page_size, const void *positions, int64_t B) {
  BL_REQUIRE(2 * half <= qk_dim, "blr_decode_rotate: %d pairs turn of %d values", half, qk_dim);
  for (int64_t b = 0; b < B; ++b) {
    const int position = static_cast<const int32_t *>(positions)[b];
    if (position < 0) continue;
    const int64_t first = b * x_stride, values = first + static_cast<int64_t>(heads + kv_heads) * qk_dim;
    for (int64_t head = 0; half > 0 && head < heads + kv_heads; ++head) {
      const int64_t row = static_cast<const int32_t *>(rows)[b] * static_cast<int64_t>(half);
      for (int i = 0; i < half; ++i) {
        const int64_t at = first + head * qk_dim;
        const int64_t low = at + (interleaved ? 2 * i : i), high = at + (interleaved ? 2 * i + 1 : i + half);
        const double a = bl::load(dtype, x, low), z = bl::load(dtype, x, high);
        const double c = bl::load(BL_F32, cos, row + i), s = bl::load(BL_F32, sin, row + i);
        bl::store(dtype, x, low, static_cast<float>(a * c - z * s));
        bl::store(dtype, x, high, static_cast<float>(z * c + a * s));
      }
    }
    if (k_cache == nullptr) continue;
    const int64_t page = static_cast<const int32_t *>(page_table)[b * max_pages + position / page_size];
    const int64_t place = page * page_size + position % page_size;
    for (int64_t i = 0; i < static_cast<int64_t>(kv_heads) * qk_dim; ++i)
      bl::store(dtype, k_cache, place * kv_heads * qk_dim + i, bl::load(dtype, x, first + static_cast<int64_t>(heads) * qk_dim + i));
    for (int64_t i = 0; i < static_cast<int64_t>(kv_heads) * v_dim; ++i)
      bl::store(dtype, v_cache, place * kv_heads * v_dim + i, bl::load(dtype, x, values + i));
  }
  return BL_OK;
}

BL_EXPORT int blr_decode_advance(const void *logits, int64_t stride, void *token, void *ids, void *positions, void *rows,
                                 int64_t row_tables, int64_t row_stride, int64_t B) {
  int32_t *const tokens = static_cast<int32_t *>(token);
  for (int64_t b = 0; b < B; ++b) {
    if (static_cast<int32_t *>(positions)[b] < 0) continue;
    if (tokens[b] < 0 || !isfinite(bl::load(BL_F32, logits, b * stride + tokens[b]))) {
      tokens[b] = -1;
      continue;
    }
    static_cast<int32_t *>(ids)[b] = tokens[b];
    static_cast<int32_t *>(positions)[b] += 1;
    for (int64_t table = 0; table < row_tables; ++table) static_cast<int32_t *>(rows)[table * row_stride + b] += 1;
  }
  return BL_OK;
}

#endif
