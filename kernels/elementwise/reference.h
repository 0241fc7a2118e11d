/* Rung 0 of the operations that treat elements or short vectors by themselves: sums in float64, rounding in float32. */
#ifndef BITLOSS_ELEMENTWISE_REFERENCE_H
#define BITLOSS_ELEMENTWISE_REFERENCE_H

#include "../reference/bl_reference.h"

namespace {

/* Calls each(start in x, start in out) for outer × inner vectors. */
template <class Each>
void over_vectors(int64_t outer, int64_t inner, int64_t x_outer, int64_t x_inner, int64_t out_outer, int64_t out_inner,
                  Each &&each) {
  for (int64_t i = 0; i < outer; ++i) {
    for (int64_t j = 0; j < inner; ++j) each(i * x_outer + j * x_inner, i * out_outer + j * out_inner);
  }
}

double activated(int activation, double x) {
  if (activation == BL_SILU) return x * (1 / (1 + exp(-x)));
  if (activation == BL_GELU) return x * ((erf(x * sqrt(0.5)) + 1) * 0.5);
  if (activation == BL_GELU_TANH) return x * ((tanh((x + x * x * x * 0.044715) * sqrt(2 / M_PI)) + 1) * 0.5);
  return x < 0 ? 0 : x;
}

/* How the values of a group are rounded, as bl_round_groups takes it. */
struct GroupRule {
  int bits, range, symmetric;
  float clip, outliers;
};

/* Smallest and largest of what is no outlier; NaN where any is one. */
void extremes(int dtype, const void *x, int64_t at, int64_t G, float outliers, float &low, float &high) {
  for (int64_t i = 0; i < G; ++i) {
    float value = bl::load(dtype, x, at + i);
    if (outliers > 0 && fabsf(value) >= outliers) value = 0;
    if (!(value >= low)) low = value;
    if (!(value <= high)) high = value;
    if (isnan(value)) return void(low = high = value);
  }
}

/* One group as in roundGroups of eval/engines/forward-quantizer.ts. */
void round_group(int dtype, void *x, int64_t at, int64_t G, const GroupRule &rule) {
  const bool from_zero = rule.range == BL_RANGE_ZERO || rule.symmetric;
  float low = from_zero ? 0.0f : INFINITY, high = from_zero ? 0.0f : -INFINITY;
  extremes(dtype, x, at, G, rule.outliers, low, high);
  low *= rule.clip;
  high *= rule.clip;
  const float most = static_cast<float>((1 << rule.bits) - 1), middle = static_cast<float>(1 << (rule.bits - 1));
  const float smallest = rule.range == BL_RANGE_ZERO ? 1e-30f : 1e-5f;
  const float width = !rule.symmetric ? high - low : -low > high ? -low : high;
  const float scale = (width < smallest ? smallest : width) / (rule.symmetric ? middle - 1 : most);
  const auto code_of = [&](float steps) { return steps >= most ? most : steps > 0 ? steps : 0.0f; };
  const float zero = rule.symmetric ? middle : code_of(rintf(-low / scale));
  for (int64_t i = at; i < at + G; ++i) {
    const float value = bl::load(dtype, x, i);
    if (rule.outliers > 0 && fabsf(value) >= rule.outliers) continue;
    const float code = code_of(rintf(value / scale) + zero);
    bl::store(dtype, x, i, (code - zero) * scale);
  }
}

}  // namespace

BL_EXPORT int blr_gather_rows(int dtype, const void *table, const void *ids, int64_t offset, float scale, void *out, int64_t T,
                              int64_t width, int accumulate) {
  for (int64_t t = 0; t < T; ++t) {
    const int64_t row = static_cast<const int32_t *>(ids)[t] + offset;
    for (int64_t i = 0; i < width; ++i) {
      const double before = accumulate ? bl::load(BL_F32, out, t * width + i) : 0;
      const double sum = before + static_cast<double>(scale) * bl::load(dtype, table, row * width + i);
      bl::store(BL_F32, out, t * width + i, static_cast<float>(sum));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_norm(int kind, int x_dtype, const void *x, int64_t x_outer, int64_t x_inner, int out_dtype, void *out,
                       int64_t out_outer, int64_t out_inner, const void *weight, const void *bias, float eps, int unit_offset,
                       int64_t outer, int64_t inner, int64_t width) {
  BL_REQUIRE(kind == BL_RMS || kind == BL_LAYER, "blr_norm: kind %d is none of 0 (RMS), 1 (layer)", kind);
  BL_REQUIRE(inner >= 1 && width >= 1, "blr_norm: %lld vectors of %lld elements in a row; both must be positive",
             (long long)inner, (long long)width);
  over_vectors(outer, inner, x_outer, x_inner, out_outer, out_inner, [&](int64_t from, int64_t to) {
    double mean = 0, square = 0;
    for (int64_t i = 0; i < width; ++i) mean += kind == BL_LAYER ? bl::load(x_dtype, x, from + i) : 0;
    mean /= static_cast<double>(width);
    for (int64_t i = 0; i < width; ++i) {
      const double value = bl::load(x_dtype, x, from + i) - mean;
      square += value * value;
    }
    const double factor = 1 / sqrt(square / static_cast<double>(width) + eps);
    for (int64_t i = 0; i < width; ++i) {
      const double gain = bl::load(BL_F32, weight, i) + (unit_offset ? 1.0 : 0.0);
      const double shift = bias == nullptr ? 0 : bl::load(BL_F32, bias, i);
      const double value = (bl::load(x_dtype, x, from + i) - mean) * factor * gain + shift;
      bl::store(out_dtype, out, to + i, static_cast<float>(value));
    }
  });
  return BL_OK;
}

BL_EXPORT int blr_add(void *to, int64_t to_stride, int from_dtype, const void *from, int64_t from_stride, float factor,
                      int64_t M, int64_t width) {
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t i = 0; i < width; ++i) {
      const double added = static_cast<double>(factor) * bl::load(from_dtype, from, m * from_stride + i);
      bl::store(BL_F32, to, m * to_stride + i, static_cast<float>(bl::load(BL_F32, to, m * to_stride + i) + added));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_move(int x_dtype, const void *x, int64_t x_outer, int64_t x_inner, int out_dtype, void *out,
                       int64_t out_outer, int64_t out_inner, int64_t outer, int64_t inner, int64_t width) {
  over_vectors(outer, inner, x_outer, x_inner, out_outer, out_inner, [&](int64_t from, int64_t to) {
    for (int64_t i = 0; i < width; ++i) bl::store(out_dtype, out, to + i, bl::load(x_dtype, x, from + i));
  });
  return BL_OK;
}

BL_EXPORT int blr_activate(int dtype, int activation, const void *x, int64_t x_stride, void *out, int64_t out_stride, int64_t M,
                           int64_t width) {
  BL_REQUIRE(activation >= BL_SILU && activation <= BL_RELU, "blr_activate: activation %d is not in 0 to 3", activation);
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t i = 0; i < width; ++i) {
      const double value = activated(activation, bl::load(dtype, x, m * x_stride + i));
      bl::store(dtype, out, m * out_stride + i, static_cast<float>(value));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_glu(int dtype, int activation, const void *gate, int64_t gate_stride, const void *up, int64_t up_stride,
                      void *out, int64_t out_stride, int64_t M, int64_t width) {
  BL_REQUIRE(activation >= BL_SILU && activation <= BL_RELU, "blr_glu: activation %d is not in 0 to 3", activation);
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t i = 0; i < width; ++i) {
      const double value = activated(activation, bl::load(dtype, gate, m * gate_stride + i));
      bl::store(dtype, out, m * out_stride + i, static_cast<float>(value * bl::load(dtype, up, m * up_stride + i)));
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_rope(int dtype, void *x, int64_t token_stride, int64_t head_stride, const void *rows, const void *cos,
                       const void *sin, int64_t half, int interleaved, int64_t T, int64_t heads) {
  over_vectors(T, heads, token_stride, head_stride, 1, 0, [&](int64_t start, int64_t token) {
    const int64_t table = static_cast<const int32_t *>(rows)[token] * half;
    for (int64_t i = 0; i < half; ++i) {
      const int64_t first = start + (interleaved ? 2 * i : i), second = interleaved ? first + 1 : first + half;
      const double a = bl::load(dtype, x, first), b = bl::load(dtype, x, second);
      const double c = bl::load(BL_F32, cos, table + i), s = bl::load(BL_F32, sin, table + i);
      bl::store(dtype, x, first, static_cast<float>(a * c - b * s));
      bl::store(dtype, x, second, static_cast<float>(b * c + a * s));
    }
  });
  return BL_OK;
}

BL_EXPORT int blr_round_groups(int dtype, void *x, int64_t x_outer, int64_t x_inner, int64_t outer, int64_t inner,
                               int64_t width, int64_t G, int bits, int range, int symmetric, float clip, float outliers) {
  BL_REQUIRE(G >= 1 && width % G == 0, "blr_round_groups: groups of %lld do not divide %lld elements", (long long)G,
             (long long)width);
  BL_REQUIRE(bits >= 2 && bits <= 8, "blr_round_groups: %d bits; 2 to 8 are supported", bits);
  BL_REQUIRE(range == BL_RANGE_ZERO || range == BL_RANGE_MINMAX, "blr_round_groups: range %d is none of 0 (zero), 1 (minmax)",
             range);
  BL_REQUIRE(clip > 0 && clip <= 1, "blr_round_groups: a clip of %g is not above 0 and at most 1", clip);
  const GroupRule rule = {bits, range, symmetric, clip, outliers};
  over_vectors(outer, inner, x_outer, x_inner, 0, 0, [&](int64_t start, int64_t) {
    for (int64_t at = start; at < start + width; at += G) round_group(dtype, x, at, G, rule);
  });
  return BL_OK;
}

BL_EXPORT int blr_check_finite(const void *x, int64_t n, void *flag) {
  for (int64_t i = 0; i < n; ++i) {
    if (!isfinite(bl::load(BL_F32, x, i))) *static_cast<int32_t *>(flag) = 1;
  }
  return BL_OK;
}

#include "reference_rotate.h"

#endif
