/*
 * One thread a segment and channel, row after row. Enough where there are many segments of few rows (decoding): every state is
 * read and written once. One long segment leaves most of the device idle.
 */
#ifndef BITLOSS_SCAN_ROW_BY_ROW_CUH
#define BITLOSS_SCAN_ROW_BY_ROW_CUH

#include "recurrence.cuh"

namespace bl::scan {

constexpr int ROW_THREADS = 128;

/** States in registers: QUADS · 4 ≥ n. y sums each quad, then quads in order, then the skip. */
template <class Element, int QUADS>
__global__ void __launch_bounds__(ROW_THREADS) row_by_row_kernel(const Operands<Element> to, int level) {
  const int64_t index = blockIdx.x * static_cast<int64_t>(ROW_THREADS) + threadIdx.x;
  const int s = static_cast<int>(index / to.C), d = static_cast<int>(index % to.C);
  if (s >= to.S || level_of(to.segments, s) != level) return;
  const Segment segment = to.segments[s];
  const float *before = first_states(to, s, segment);
  float h[QUADS][4], rate[QUADS][4];
  const auto state_at = [&](int q, int i) { return static_cast<int64_t>(d) * to.n + 4 * q + i; };
#pragma unroll
  for (int q = 0; q < QUADS; ++q) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const bool real = 4 * q + i < to.n;
      h[q][i] = real && before != nullptr ? before[state_at(q, i)] : 0;
      rate[q][i] = real ? decay_rate(to.log_decay[state_at(q, i)]) : 0;
    }
  }
  const float skip = to.skip[d];
  for (int64_t t = segment.first; t < segment.first + segment.rows; ++t) {
    const float size = softplus(to.step[t * to.step_stride + d]);
    const float value = to_float(to.x[t * to.x_stride + d]);
    const float input = __fmul_rn(size, value);
    const auto quad_of = [&](const float *row, int q) {
      float values[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) values[i] = 4 * q + i < to.n ? row[4 * q + i] : 0;
      return make_float4(values[0], values[1], values[2], values[3]);
    };
    float y = 0;
#pragma unroll
    for (int q = 0; q < QUADS; ++q) {
      const float4 b = quad_of(to.b + t * to.b_stride, q);
      const float4 c = quad_of(to.c + t * to.c_stride, q);
      const float own_b[4] = {b.x, b.y, b.z, b.w};
#pragma unroll
      for (int i = 0; i < 4; ++i) h[q][i] = advance(h[q][i], power_of_two(__fmul_rn(size, rate[q][i])), input, own_b[i]);
      y = q == 0 ? dot(c, h[q]) : __fadd_rn(y, dot(c, h[q]));
    }
    y = __fmaf_rn(skip, value, y);
    to.out[t * to.out_stride + d] = from_float<Element>(__fmul_rn(y, silu(to_float(to.z[t * to.z_stride + d]))));
  }
  float *after = to.state + static_cast<int64_t>(s) * to.C * to.n;
#pragma unroll
  for (int q = 0; q < QUADS; ++q)
#pragma unroll
    for (int i = 0; i < 4; ++i)
      if (4 * q + i < to.n) after[state_at(q, i)] = h[q][i];
}

/** Any number of states, kept in `state`. */
template <class Element>
__global__ void __launch_bounds__(ROW_THREADS) any_states_kernel(const Operands<Element> to, int level) {
  const int64_t index = blockIdx.x * static_cast<int64_t>(ROW_THREADS) + threadIdx.x;
  const int s = static_cast<int>(index / to.C), d = static_cast<int>(index % to.C);
  if (s >= to.S || level_of(to.segments, s) != level) return;
  const Segment segment = to.segments[s];
  const float *before = first_states(to, s, segment);
  const int64_t own = static_cast<int64_t>(d) * to.n;
  float *h = to.state + static_cast<int64_t>(s) * to.C * to.n + own;
  for (int i = 0; i < to.n; ++i) h[i] = before == nullptr ? 0 : before[own + i];
  for (int64_t t = segment.first; t < segment.first + segment.rows; ++t) {
    const float size = softplus(to.step[t * to.step_stride + d]);
    const float value = to_float(to.x[t * to.x_stride + d]);
    const float input = __fmul_rn(size, value);
    float y = 0;
    for (int i = 0; i < to.n; ++i) {
      const float decay = power_of_two(__fmul_rn(size, decay_rate(to.log_decay[own + i])));
      h[i] = advance(h[i], decay, input, to.b[t * to.b_stride + i]);
      y = __fmaf_rn(to.c[t * to.c_stride + i], h[i], y);
    }
    y = __fmaf_rn(to.skip[d], value, y);
    to.out[t * to.out_stride + d] = from_float<Element>(__fmul_rn(y, silu(to_float(to.z[t * to.z_stride + d]))));
  }
}

}  // namespace bl::scan

#endif
