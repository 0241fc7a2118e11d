/*
 * Causal convolution over time, one thread a few channels and a strip of rows: the last inputs stay in registers, so that each is read
 * once. Bound by memory: an input read and an output written.
 */
#ifndef BITLOSS_SCAN_CONV_CUH
#define BITLOSS_SCAN_CONV_CUH

#include <type_traits>

#include "recurrence.cuh"

namespace bl::scan {

constexpr int CONV_THREADS = 128;
constexpr int STRIP = 32;
constexpr int AHEAD = 8;

template <class Element>
struct ConvOperands {
  const Element *x;
  Element *out;
  int64_t x_stride, out_stride;
  const float *weight, *bias; /* bias null: none */
  const Segment *segments;
  float *history; /* null: none */
  int S, C, width;
};

/** What the convolution reads at `position` of a segment, which may be before its first row and in a parent. */
template <class Element>
__device__ __forceinline__ float input_at(const ConvOperands<Element> &to, int s, int64_t position, int channel) {
  while (position < 0 && to.segments[s].parent >= 0) {
    s = to.segments[s].parent;
    position += to.segments[s].rows;
  }
  if (position >= 0) return to_float(to.x[(to.segments[s].first + position) * to.x_stride + channel]);
  if (to.history == nullptr) return 0;
  return to.history[(static_cast<int64_t>(s) * (to.width - 1) + position + to.width - 1) * to.C + channel];
}

/** Replaces a segment's history by its last inputs. Ascending, since what is read lies at or behind what is written. */
template <class Element>
__device__ __forceinline__ void keep_history(const ConvOperands<Element> &to, int s, int channel) {
  const int64_t rows = to.segments[s].rows;
  for (int i = 0; i < to.width - 1; ++i) {
    const float value = input_at(to, s, rows + i - (to.width - 1), channel);
    to.history[(static_cast<int64_t>(s) * (to.width - 1) + i) * to.C + channel] = value;
  }
}

/** VECTOR neighbouring channels of one row. */
template <class Element, int VECTOR>
struct alignas(sizeof(Element) * VECTOR) Channels {
  Element values[VECTOR];
};

/**
 * Strips blockIdx.y, blockIdx.y + gridDim.y, … of segment blockIdx.x / groups, VECTOR channels a thread. WIDTH 0: any, one
 * channel, inputs read again for each row. keep 1: the history is replaced as well, which needs one block along time and
 * no parents.
 */
template <class Element, int WIDTH, int VECTOR>
__global__ void __launch_bounds__(CONV_THREADS) conv_kernel(const ConvOperands<Element> to, int keep) {
  using Values = Channels<Element, VECTOR>;
  constexpr int KEPT = WIDTH > 0 ? WIDTH : 1;
  const int groups = (to.C + CONV_THREADS * VECTOR - 1) / (CONV_THREADS * VECTOR);
  const int s = blockIdx.x / groups;
  const int channel = (blockIdx.x % groups * CONV_THREADS + threadIdx.x) * VECTOR;
  if (channel >= to.C) return;
  const Segment segment = to.segments[s];
  const auto at = [&](auto *base, int64_t stride, int64_t row) {
    using Target = std::conditional_t<std::is_const_v<std::remove_pointer_t<decltype(base)>>, const Values, Values>;
    return reinterpret_cast<Target *>(base + (segment.first + row) * stride + channel);
  };
  float bias[VECTOR], weights[KEPT][VECTOR];
#pragma unroll
  for (int v = 0; v < VECTOR; ++v) {
    bias[v] = to.bias == nullptr ? 0 : to.bias[channel + v];
#pragma unroll
    for (int i = 0; i < WIDTH; ++i) weights[i][v] = to.weight[static_cast<int64_t>(channel + v) * WIDTH + i];
  }
  for (int64_t from = static_cast<int64_t>(blockIdx.y) * STRIP; from < segment.rows;
       from += static_cast<int64_t>(gridDim.y) * STRIP) {
    const int64_t end = min(from + STRIP, static_cast<int64_t>(segment.rows));
    float window[KEPT][VECTOR];
#pragma unroll
    for (int i = 1; i < WIDTH; ++i)
#pragma unroll
      for (int v = 0; v < VECTOR; ++v) window[i][v] = input_at(to, s, from + i - WIDTH, channel + v);
    // Some rows are read before the first of them is written, so that many reads are on their way at once.
    for (int64_t first = from; first < end; first += AHEAD) {
      Values fresh[AHEAD];
#pragma unroll
      for (int r = 0; r < AHEAD; ++r)
        if (WIDTH > 0 && first + r < end) fresh[r] = *at(to.x, to.x_stride, first + r);
#pragma unroll
      for (int r = 0; r < AHEAD; ++r) {
        if (first + r >= end) break;
        float sums[VECTOR];
#pragma unroll
        for (int v = 0; v < VECTOR; ++v) {
          sums[v] = bias[v];
          if constexpr (WIDTH > 0) {
#pragma unroll
            for (int i = 1; i < WIDTH; ++i) window[i - 1][v] = window[i][v];
            window[WIDTH - 1][v] = to_float(fresh[r].values[v]);
#pragma unroll
            for (int i = 0; i < WIDTH; ++i) sums[v] = __fmaf_rn(weights[i][v], window[i][v], sums[v]);
          } else {
            for (int i = 0; i < to.width; ++i)
              sums[v] = __fmaf_rn(to.weight[static_cast<int64_t>(channel + v) * to.width + i],
                                  input_at(to, s, first + r + i - (to.width - 1), channel + v), sums[v]);
          }
        }
        Values result;
#pragma unroll
        for (int v = 0; v < VECTOR; ++v) result.values[v] = from_float<Element>(silu(sums[v]));
        *at(to.out, to.out_stride, first + r) = result;
      }
    }
  }
  if (keep)
    for (int v = 0; v < VECTOR; ++v) keep_history(to, s, channel + v);
}

/** Replaces the histories of the segments with a parent, or of those without. Those with one read the others' old ones. */
template <class Element>
__global__ void __launch_bounds__(CONV_THREADS) history_kernel(const ConvOperands<Element> to, int with_parent) {
  const int groups = (to.C + CONV_THREADS - 1) / CONV_THREADS;
  const int s = blockIdx.x / groups;
  const int channel = blockIdx.x % groups * CONV_THREADS + threadIdx.x;
  if (channel < to.C && (to.segments[s].parent >= 0) == (with_parent != 0)) keep_history(to, s, channel);
}

}  // namespace bl::scan

#endif
