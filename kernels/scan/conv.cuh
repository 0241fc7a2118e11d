/*
 * Causal convolution over time, one thread a channel and a strip of rows: the last inputs stay in registers, so that each is read
 * once. Bound by memory: an input read and an output written.
 */
#ifndef BITLOSS_SCAN_CONV_CUH
#define BITLOSS_SCAN_CONV_CUH

#include "recurrence.cuh"

namespace bl::scan {

constexpr int CONV_THREADS = 128;
constexpr int STRIP = 64;

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

/**
 * Strips blockIdx.y, blockIdx.y + gridDim.y, … of segment blockIdx.x / groups. WIDTH 0: any, read again for each row.
 * keep 1: the history is replaced as well, which needs one strip walker a segment and no parents.
 */
template <class Element, int WIDTH>
__global__ void __launch_bounds__(CONV_THREADS) conv_kernel(const ConvOperands<Element> to, int keep) {
  const int groups = (to.C + CONV_THREADS - 1) / CONV_THREADS;
  const int s = blockIdx.x / groups;
  const int channel = blockIdx.x % groups * CONV_THREADS + threadIdx.x;
  if (channel >= to.C) return;
  const Segment segment = to.segments[s];
  const float bias = to.bias == nullptr ? 0 : to.bias[channel];
  const float *weight = to.weight + static_cast<int64_t>(channel) * to.width;
  constexpr int KEPT = WIDTH > 0 ? WIDTH : 1;
  float weights[KEPT];
#pragma unroll
  for (int i = 0; i < WIDTH; ++i) weights[i] = weight[i];
  const auto write = [&](int64_t row, float sum) {
    to.out[(segment.first + row) * to.out_stride + channel] = from_float<Element>(silu(sum));
  };
  for (int64_t from = static_cast<int64_t>(blockIdx.y) * STRIP; from < segment.rows; from += static_cast<int64_t>(gridDim.y) * STRIP) {
    const int64_t end = min(from + STRIP, static_cast<int64_t>(segment.rows));
    if constexpr (WIDTH > 0) {
      float window[KEPT];
#pragma unroll
      for (int i = 1; i < WIDTH; ++i) window[i] = input_at(to, s, from + i - WIDTH, channel);
#pragma unroll 4
      for (int64_t row = from; row < end; ++row) {
#pragma unroll
        for (int i = 1; i < WIDTH; ++i) window[i - 1] = window[i];
        window[WIDTH - 1] = to_float(to.x[(segment.first + row) * to.x_stride + channel]);
        float sum = bias;
#pragma unroll
        for (int i = 0; i < WIDTH; ++i) sum = __fmaf_rn(weights[i], window[i], sum);
        write(row, sum);
      }
    } else {
      for (int64_t row = from; row < end; ++row) {
        float sum = bias;
        for (int i = 0; i < to.width; ++i)
          sum = __fmaf_rn(weight[i], input_at(to, s, row + i - (to.width - 1), channel), sum);
        write(row, sum);
      }
    }
  }
  if (keep) keep_history(to, s, channel);
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
