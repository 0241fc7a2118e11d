/*
 * Time is cut into chunks of CHUNK_ROWS rows, counted from the segment's first: all chunks of a stretch are scanned at once from a
 * state of zero, which gives each chunk's decay and end; the states before the chunks follow from those in order; then every
 * chunk is run again from the right state, with the decays kept in registers. A block owns CHANNELS channels of a
 * segment, so one long segment fills the device with C / CHANNELS blocks. A segment of one chunk has the bits of row_by_row.
 * Source: the chunked form of a linear recurrence, Blelloch 1990, CMU-CS-90-190, section 1.4.1.
 * Bound: one power of two for each row, channel and state: 0.15 ms for 8192 × 4096 × 16 on an H100.
 */
#ifndef BITLOSS_SCAN_CHUNKED_CUH
#define BITLOSS_SCAN_CHUNKED_CUH

#include "recurrence.cuh"

namespace bl::scan {

constexpr int CHANNELS = 16;
constexpr int CHUNK_ROWS = 8;
constexpr int CHUNK_THREADS = 256;

/** QUADS · 4 ≥ n; warps hold CHANNELS channels × 2 quads of one chunk. */
template <class Element, int QUADS>
struct Chunks {
  static constexpr int PER_STRETCH = CHUNK_THREADS / (CHANNELS * QUADS);
  static constexpr int ROWS = PER_STRETCH * CHUNK_ROWS; /* of a stretch */
  static constexpr int STATES = 4 * QUADS;
  static constexpr int OWN_ROWS = ROWS * CHANNELS / CHUNK_THREADS;      /* values of x a thread loads */
  static constexpr int OWN_STATES = ROWS * STATES / CHUNK_THREADS;      /* values of b */
  static_assert(OWN_ROWS >= 1 && OWN_STATES >= 1 && ROWS * STATES % CHUNK_THREADS == 0);

  struct Shared {
    float4 decay[PER_STRETCH][QUADS][CHANNELS]; /* of each whole chunk */
    float4 end[PER_STRETCH][QUADS][CHANNELS];   /* of each chunk, from zero */
    float4 carry[QUADS][CHANNELS];              /* states before the stretch */
    float2 input[ROWS][CHANNELS];               /* Δ and Δ·x */
    float4 b[ROWS][QUADS];
    float4 c[ROWS][QUADS];
    float y[ROWS][QUADS][CHANNELS];
  };
};

template <class Element, int QUADS>
__global__ void __launch_bounds__(CHUNK_THREADS, 2) chunked_kernel(const Operands<Element> to, int level) {
  using Own = Chunks<Element, QUADS>;
  extern __shared__ __align__(16) uint8_t raw[];
  auto &shared = *reinterpret_cast<typename Own::Shared *>(raw);
  const int groups = (to.C + CHANNELS - 1) / CHANNELS;
  const int s = blockIdx.x / groups;
  if (level_of(to.segments, s) != level) return;
  const Segment segment = to.segments[s];
  const int first_channel = blockIdx.x % groups * CHANNELS;
  const int lane = threadIdx.x % CHANNELS;
  const int quad = threadIdx.x / CHANNELS % QUADS;
  const int chunk = threadIdx.x / (CHANNELS * QUADS);
  const int channel = first_channel + lane;
  const float *before = first_states(to, s, segment);

  float rate[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const bool real = channel < to.C && 4 * quad + i < to.n;
    const int64_t at = static_cast<int64_t>(channel) * to.n + 4 * quad + i;
    rate[i] = real ? decay_rate(to.log_decay[at]) : 0;
    if (chunk == 0) reinterpret_cast<float *>(&shared.carry[quad][lane])[i] = real && before != nullptr ? before[at] : 0;
  }

  // What this thread loads of the next stretch, while the current one is computed: x, step and z of its channel, b and c.
  Element x[Own::OWN_ROWS], z[Own::OWN_ROWS];
  float step[Own::OWN_ROWS], b[Own::OWN_STATES], c[Own::OWN_STATES];
  const auto fetch = [&](int from) {
#pragma unroll
    for (int i = 0; i < Own::OWN_ROWS; ++i) {
      const int row = from + threadIdx.x / CHANNELS + i * (CHUNK_THREADS / CHANNELS);
      const bool real = row < segment.rows && channel < to.C;
      const int64_t t = segment.first + row;
      x[i] = real ? to.x[t * to.x_stride + channel] : from_float<Element>(0);
      z[i] = real ? to.z[t * to.z_stride + channel] : from_float<Element>(0);
      step[i] = real ? to.step[t * to.step_stride + channel] : -INFINITY;
    }
#pragma unroll
    for (int i = 0; i < Own::OWN_STATES; ++i) {
      const int at = threadIdx.x + i * CHUNK_THREADS;
      const int row = from + at / Own::STATES, n = at % Own::STATES;
      const bool real = row < segment.rows && n < to.n;
      const int64_t t = segment.first + row;
      b[i] = real ? to.b[t * to.b_stride + n] : 0;
      c[i] = real ? to.c[t * to.c_stride + n] : 0;
    }
  };

  fetch(0);
  for (int from = 0; from < segment.rows; from += Own::ROWS) {
    Element own_x[Own::OWN_ROWS], own_z[Own::OWN_ROWS];
#pragma unroll
    for (int i = 0; i < Own::OWN_ROWS; ++i) {
      // Rows behind the end have a step of zero: they change no state.
      const float size = softplus(step[i]);
      shared.input[threadIdx.x / CHANNELS + i * (CHUNK_THREADS / CHANNELS)][lane] = {size, __fmul_rn(size, to_float(x[i]))};
      own_x[i] = x[i], own_z[i] = z[i];
    }
#pragma unroll
    for (int i = 0; i < Own::OWN_STATES; ++i) {
      reinterpret_cast<float *>(shared.b)[threadIdx.x + i * CHUNK_THREADS] = b[i];
      reinterpret_cast<float *>(shared.c)[threadIdx.x + i * CHUNK_THREADS] = c[i];
    }
    fetch(from + Own::ROWS);
    __syncthreads();

    float decay[CHUNK_ROWS][4], h[4] = {}, whole[4] = {1, 1, 1, 1};
#pragma unroll
    for (int r = 0; r < CHUNK_ROWS; ++r) {
      const float2 input = shared.input[chunk * CHUNK_ROWS + r][lane];
      float own_b[4];
      unpack(own_b, shared.b[chunk * CHUNK_ROWS + r][quad]);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        decay[r][i] = power_of_two(__fmul_rn(input.x, rate[i]));
        h[i] = advance(h[i], decay[r][i], input.y, own_b[i]);
        whole[i] = __fmul_rn(whole[i], decay[r][i]);
      }
    }
    shared.end[chunk][quad][lane] = make_float4(h[0], h[1], h[2], h[3]);
    shared.decay[chunk][quad][lane] = make_float4(whole[0], whole[1], whole[2], whole[3]);
    __syncthreads();

    unpack(h, shared.carry[quad][lane]);
    for (int earlier = 0; earlier < chunk; ++earlier) {
      float end[4], factor[4];
      unpack(end, shared.end[earlier][quad][lane]);
      unpack(factor, shared.decay[earlier][quad][lane]);
#pragma unroll
      for (int i = 0; i < 4; ++i) h[i] = __fmaf_rn(factor[i], h[i], end[i]);
    }
#pragma unroll
    for (int r = 0; r < CHUNK_ROWS; ++r) {
      const float input = shared.input[chunk * CHUNK_ROWS + r][lane].y;
      float own_b[4];
      unpack(own_b, shared.b[chunk * CHUNK_ROWS + r][quad]);
#pragma unroll
      for (int i = 0; i < 4; ++i) h[i] = advance(h[i], decay[r][i], input, own_b[i]);
      shared.y[chunk * CHUNK_ROWS + r][quad][lane] = dot(shared.c[chunk * CHUNK_ROWS + r][quad], h);
    }
    __syncthreads();

    // The state of the chunk with the last row is the segment's, or goes on to the next stretch.
    const int last = min(segment.rows - from, Own::ROWS) - 1;
    if (chunk == last / CHUNK_ROWS) shared.carry[quad][lane] = make_float4(h[0], h[1], h[2], h[3]);
#pragma unroll
    for (int i = 0; i < Own::OWN_ROWS; ++i) {
      const int row = threadIdx.x / CHANNELS + i * (CHUNK_THREADS / CHANNELS);
      if (row > last || channel >= to.C) continue;
      float y = shared.y[row][0][lane];
#pragma unroll
      for (int q = 1; q < QUADS; ++q) y = __fadd_rn(y, shared.y[row][q][lane]);
      y = __fmaf_rn(to.skip[channel], to_float(own_x[i]), y);
      to.out[(segment.first + from + row) * to.out_stride + channel] =
          from_float<Element>(__fmul_rn(y, silu(to_float(own_z[i]))));
    }
  }
  __syncthreads();
  if (chunk > 0 || channel >= to.C) return;
  float *after = to.state + (static_cast<int64_t>(s) * to.C + channel) * to.n;
  float h[4];
  unpack(h, shared.carry[quad][lane]);
#pragma unroll
  for (int i = 0; i < 4; ++i)
    if (4 * quad + i < to.n) after[4 * quad + i] = h[i];
}

}  // namespace bl::scan

#endif
