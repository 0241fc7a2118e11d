/*
 * One thread four states of a segment and channel, row after row. For many segments of few rows (decoding): every state is read
 * and written once, 16 bytes a thread. One long segment leaves most of the device idle.
 */
#ifndef BITLOSS_SCAN_ROW_BY_ROW_CUH
#define BITLOSS_SCAN_ROW_BY_ROW_CUH

#include "recurrence.cuh"

namespace bl::scan {

constexpr int ROW_THREADS = 128;

/** QUADS · 4 ≥ n, QUADS neighbouring threads a channel. y sums each quad, then quads in order, then the skip. */
template <class Element, int QUADS>
__global__ void __launch_bounds__(ROW_THREADS) row_by_row_kernel(const Operands<Element> to, int level) {
  const int64_t index = (blockIdx.x * static_cast<int64_t>(ROW_THREADS) + threadIdx.x) / QUADS;
  const int first = threadIdx.x % QUADS * 4;
  const int s = static_cast<int>(index / to.C), d = static_cast<int>(index % to.C);
  if (s >= to.S || level_of(to.segments, s) != level) return;
  // The threads of a channel are neighbours in a warp and take the same path; others of the warp may be in another segment.
  const unsigned together = ((1u << QUADS) - 1) << (threadIdx.x % 32 / QUADS * QUADS);
  const Segment segment = to.segments[s];
  const float *before = first_states(to, s, segment);
  const int64_t own = static_cast<int64_t>(d) * to.n;
  const bool has_quad = to.has_quads && first < to.n;
  float h[4] = {}, rate[4];
  if (before != nullptr) unpack(h, load_quad(before + own, first, to.n, has_quad));
  unpack(rate, load_quad(to.log_decay + own, first, to.n, has_quad));
#pragma unroll
  for (int i = 0; i < 4; ++i) rate[i] = first + i < to.n ? decay_rate(rate[i]) : 0;
  const float skip = to.skip[d];
  for (int64_t t = segment.first; t < segment.first + segment.rows; ++t) {
    const float size = softplus(to.step[t * to.step_stride + d]);
    const float value = to_float(to.x[t * to.x_stride + d]);
    const float z = to_float(to.z[t * to.z_stride + d]);
    const float4 c = load_quad(to.c + t * to.c_stride, first, to.n, false);
    const float input = __fmul_rn(size, value);
    float b[4];
    unpack(b, load_quad(to.b + t * to.b_stride, first, to.n, false));
#pragma unroll
    for (int i = 0; i < 4; ++i) h[i] = advance(h[i], power_of_two(__fmul_rn(size, rate[i])), input, b[i]);
    const float part = dot(c, h);
    float y = __shfl_sync(together, part, 0, QUADS);
#pragma unroll
    for (int q = 1; q < QUADS; ++q) y = __fadd_rn(y, __shfl_sync(together, part, q, QUADS));
    y = __fmaf_rn(skip, value, y);
    if (first == 0) to.out[t * to.out_stride + d] = from_float<Element>(__fmul_rn(y, silu(z)));
  }
  float *after = to.state + static_cast<int64_t>(s) * to.C * to.n + own + first;
  if (has_quad) {
    *reinterpret_cast<float4 *>(after) = make_float4(h[0], h[1], h[2], h[3]);
    return;
  }
#pragma unroll
  for (int i = 0; i < 4; ++i)
    if (first + i < to.n) after[i] = h[i];
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
