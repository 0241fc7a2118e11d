/* Convolution and scan one value after the other, segments in order, sums in float64 and states in float32. */
#ifndef BITLOSS_SCAN_REFERENCE_H
#define BITLOSS_SCAN_REFERENCE_H

#include <vector>

#include "../reference/bl_reference.h"
#include "checks.h"

namespace bl::scan {

inline double silu(double value) { return value / (1 + exp(-value)); }

/** ln(1 + e^value), without overflow. */
inline double softplus(double value) { return fmax(value, 0) + log1p(exp(-fabs(value))); }

/** What the convolution reads at `position` of a segment, which may be before its first row. */
struct ConvInput {
  int dtype;
  const void *x;
  int64_t x_stride;
  const Segment *segments;
  const std::vector<float> &history; /* as before the call; empty: none */
  int64_t C, width;

  float at(int64_t segment, int64_t position, int64_t channel) const {
    while (position < 0 && segments[segment].parent >= 0) {
      segment = segments[segment].parent;
      position += segments[segment].rows;
    }
    if (position >= 0) return bl::load(dtype, x, (segments[segment].first + position) * x_stride + channel);
    if (history.empty() || position < 1 - width) return 0;
    return history[(segment * (width - 1) + position + width - 1) * C + channel];
  }
};

}  // namespace bl::scan

BL_EXPORT int blr_causal_conv(int dtype, const void *x, int64_t x_stride, void *out, int64_t out_stride,
                              const void *weight, const void *bias, const void *segments, int64_t S, int64_t max_rows,
                              int levels, int64_t C, int64_t width, void *history) {
  BL_TRY(bl::scan::check_segments("blr_causal_conv", dtype, S, max_rows, levels, C));
  BL_TRY(bl::scan::check_conv("blr_causal_conv", C, width, x_stride, out_stride));
  const auto own = static_cast<const bl::scan::Segment *>(segments);
  const auto kept = static_cast<float *>(history);
  const std::vector<float> before(kept, kept == nullptr ? kept : kept + S * (width - 1) * C);
  const bl::scan::ConvInput input = {dtype, x, x_stride, own, before, C, width};
  for (int64_t s = 0; s < S; ++s) {
    for (int64_t c = 0; c < C; ++c) {
      for (int64_t t = 0; t < own[s].rows; ++t) {
        double sum = bias == nullptr ? 0 : bl::load(BL_F32, bias, c);
        for (int64_t i = 0; i < width; ++i)
          sum += static_cast<double>(bl::load(BL_F32, weight, c * width + i)) * input.at(s, t + i - (width - 1), c);
        bl::store(dtype, out, (own[s].first + t) * out_stride + c, static_cast<float>(bl::scan::silu(sum)));
      }
      if (kept == nullptr) continue;
      for (int64_t i = 0; i < width - 1; ++i)
        kept[(s * (width - 1) + i) * C + c] = input.at(s, own[s].rows + i - (width - 1), c);
    }
  }
  return BL_OK;
}

BL_EXPORT int blr_selective_scan(int dtype, const void *x, int64_t x_stride, const void *step, int64_t step_stride,
                                 const void *b, int64_t b_stride, const void *c, int64_t c_stride, const void *z,
                                 int64_t z_stride, void *out, int64_t out_stride, const void *log_decay,
                                 const void *skip, const void *segments, int64_t S, int64_t max_rows, int levels,
                                 int64_t C, int64_t n, void *state, int resume) {
  BL_TRY(bl::scan::check_segments("blr_selective_scan", dtype, S, max_rows, levels, C));
  BL_TRY(bl::scan::check_scan("blr_selective_scan", C, n, x_stride, step_stride, z_stride, out_stride));
  const auto own = static_cast<const bl::scan::Segment *>(segments);
  const auto states = static_cast<float *>(state);
  for (int64_t s = 0; s < S; ++s) {
    BL_REQUIRE(own[s].parent < s, "blr_selective_scan: segment %lld has parent %d; parents come first", (long long)s,
               own[s].parent);
    for (int64_t d = 0; d < C; ++d) {
      float *h = states + (s * C + d) * n;
      for (int64_t i = 0; i < n; ++i) {
        if (own[s].parent >= 0) h[i] = states[(own[s].parent * C + d) * n + i];
        else if (!resume) h[i] = 0;
      }
      for (int64_t t = own[s].first; t < own[s].first + own[s].rows; ++t) {
        const double size = bl::scan::softplus(bl::load(BL_F32, step, t * step_stride + d));
        const double value = bl::load(dtype, x, t * x_stride + d);
        double y = bl::load(BL_F32, skip, d) * value;
        for (int64_t i = 0; i < n; ++i) {
          const double decay = exp(-size * exp(static_cast<double>(bl::load(BL_F32, log_decay, d * n + i))));
          h[i] = static_cast<float>(decay * h[i] + size * bl::load(BL_F32, b, t * b_stride + i) * value);
          y += static_cast<double>(bl::load(BL_F32, c, t * c_stride + i)) * h[i];
        }
        const double gate = bl::scan::silu(bl::load(dtype, z, t * z_stride + d));
        bl::store(dtype, out, t * out_stride + d, static_cast<float>(y * gate));
      }
    }
  }
  return BL_OK;
}

#endif
