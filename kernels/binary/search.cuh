/*
 * BiLLM's two searches in a block of at most 128 columns, a warp a row, four columns a lane. An error is taken from sums: binarizing n
 * values with mean μ and mean distance α from it leaves Σv² − n·(μ² + α²), and again with those of what is left. The sums of all
 * rows are made in a fixed order.
 * Bound: float64 arithmetic and shuffles, some 130 candidates of about 100 instructions a row.
 */
#ifndef BITLOSS_BINARY_SEARCH_CUH
#define BITLOSS_BINARY_SEARCH_CUH

#include "../common.cuh"
#include "levels.h"

namespace bl {
namespace binary {

constexpr int SEARCH_WARPS = 8;
constexpr int SEARCH_BLOCKS = 256;
/* Errors of candidates that a warp sums, three a lane. */
constexpr int CANDIDATES = 96;
constexpr int LANE_COLUMNS = BLOCK_COLUMNS / 32;

struct Block {
  /* [N, K]. */
  const double *weights;
  const double *upper;
  int64_t N, K, start;
  int G;
  /* The searches look at salience. */
  bool compat;
};

/* What a search finds, in device memory. */
struct Found {
  /* Columns by falling salience, and how many of them are salient. */
  int order[BLOCK_COLUMNS];
  int count;
  double splits[SPLITS];
  double split;
};

__device__ __forceinline__ double salience_of(const Block &in, int64_t n, int j) {
  const int64_t k = in.start + j;
  const double ratio = in.weights[n * in.K + k] / in.upper[k * in.K + k];
  return times(ratio, ratio);
}

__device__ __forceinline__ double target_of(const Block &in, int64_t n, int j) {
  return in.compat ? salience_of(in, n, j) : in.weights[n * in.K + in.start + j];
}

/* Both sums over the warp, in every lane. */
__device__ __forceinline__ void warp_sums(double &a, double &b) {
  const bool is_low = threadIdx.x % 32 < 16;
  const double given = __shfl_xor_sync(0xffffffffu, is_low ? b : a, 16);
  double own = (is_low ? a : b) + given;
#pragma unroll
  for (int step = 8; step > 0; step /= 2) own += __shfl_xor_sync(0xffffffffu, own, step);
  a = __shfl_sync(0xffffffffu, own, 0);
  b = __shfl_sync(0xffffffffu, own, 16);
}

__device__ __forceinline__ double over(double sum, int count) { return count == 0 ? 0.0 : sum / count; }

/* Errors of the candidates, summed by this block of threads, into sums[blockIdx.x, CANDIDATES]. */
__device__ __forceinline__ void write_errors(const double *errors, double *sums) {
  __shared__ double shared[SEARCH_WARPS][CANDIDATES];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
  for (int s = 0; s < CANDIDATES / 32; ++s) shared[warp][lane + 32 * s] = errors[s];
  __syncthreads();
  if (threadIdx.x >= CANDIDATES) return;
  double sum = 0;
  for (int w = 0; w < SEARCH_WARPS; ++w) sum += shared[w][threadIdx.x];
  sums[blockIdx.x * CANDIDATES + threadIdx.x] = sum;
}

/* Candidate c − 1: the first c columns and the others, both with order 2. */
__global__ void __launch_bounds__(32 * SEARCH_WARPS) search_salient(Block in, int most, const Found *found, double *sums) {
  const int lane = threadIdx.x % 32, G = in.G;
  double errors[CANDIDATES / 32] = {};
  int order[LANE_COLUMNS];
#pragma unroll
  for (int s = 0; s < LANE_COLUMNS; ++s) order[s] = lane + 32 * s < G ? found->order[lane + 32 * s] : 0;
  for (int64_t n = blockIdx.x * SEARCH_WARPS + threadIdx.x / 32; n < in.N; n += SEARCH_BLOCKS * SEARCH_WARPS) {
    double values[LANE_COLUMNS], sum = 0, square = 0;
#pragma unroll
    for (int s = 0; s < LANE_COLUMNS; ++s) {
      values[s] = lane + 32 * s < G ? target_of(in, n, order[s]) : 0.0;
      sum += values[s];
      square += values[s] * values[s];
    }
    warp_sums(sum, square);
    double first = 0;
    for (int c = 1; c <= most; ++c) {
      first += __shfl_sync(0xffffffffu, c <= 32 ? values[0] : values[1], (c - 1) % 32);
      const double mean_a = first / c, mean_b = over(sum - first, G - c);
      double left[LANE_COLUMNS], distance_a = 0, distance_b = 0;
      int plus_a = 0, plus_b = 0;
#pragma unroll
      for (int s = 0; s < LANE_COLUMNS; ++s) {
        const int p = lane + 32 * s;
        const bool is_first = p < c, is_active = p < G;
        left[s] = values[s] - (is_first ? mean_a : mean_b);
        if (is_first) distance_a += fabs(left[s]);
        else if (is_active) distance_b += fabs(left[s]);
        plus_a += __popc(__ballot_sync(0xffffffffu, is_first && left[s] >= 0));
        plus_b += __popc(__ballot_sync(0xffffffffu, is_active && !is_first && left[s] >= 0));
      }
      warp_sums(distance_a, distance_b);
      const double alpha_a = distance_a / c, alpha_b = over(distance_b, G - c);
      const double again_a = -alpha_a * (2 * plus_a - c) / c, again_b = over(-alpha_b * (2 * plus_b - (G - c)), G - c);
      double second_a = 0, second_b = 0;
#pragma unroll
      for (int s = 0; s < LANE_COLUMNS; ++s) {
        const int p = lane + 32 * s;
        const double alpha = p < c ? alpha_a : alpha_b;
        const double rest = left[s] - (left[s] >= 0 ? alpha : -alpha);
        if (p < c) second_a += fabs(rest - again_a);
        else if (p < G) second_b += fabs(rest - again_b);
      }
      warp_sums(second_a, second_b);
      const double beta_a = second_a / c, beta_b = over(second_b, G - c);
      const double kept_a = mean_a * mean_a + alpha_a * alpha_a + again_a * again_a + beta_a * beta_a;
      const double kept_b = mean_b * mean_b + alpha_b * alpha_b + again_b * again_b + beta_b * beta_b;
      const double error = square - c * kept_a - (G - c) * kept_b;
      if (lane == (c - 1) % 32) errors[c <= 32 ? 0 : 1] += error;
    }
  }
  write_errors(errors, sums);
}

/* Candidate i: columns that are not salient, apart below and from splits[i] on, both with order 1. */
__global__ void __launch_bounds__(32 * SEARCH_WARPS) search_splits(Block in, const Found *found, const uint8_t *salient,
                                                                   double *sums) {
  const int lane = threadIdx.x % 32, count = in.G - found->count;
  __shared__ double splits[CANDIDATES];
  if (threadIdx.x < SPLITS) splits[threadIdx.x] = found->splits[threadIdx.x];
  __syncthreads();
  double errors[CANDIDATES / 32] = {};
  for (int64_t n = blockIdx.x * SEARCH_WARPS + threadIdx.x / 32; n < in.N; n += SEARCH_BLOCKS * SEARCH_WARPS) {
    double values[LANE_COLUMNS], sum = 0, square = 0;
    bool is_active[LANE_COLUMNS];
#pragma unroll
    for (int s = 0; s < LANE_COLUMNS; ++s) {
      const int j = lane + 32 * s;
      is_active[s] = j < in.G && salient[in.start + j] == 0;
      values[s] = is_active[s] ? target_of(in, n, j) : 0.0;
      sum += values[s];
      square += values[s] * values[s];
    }
    warp_sums(sum, square);
#pragma unroll
    for (int slot = 0; slot < CANDIDATES / 32; ++slot) {
      for (int i = 32 * slot; i < min(SPLITS, 32 * slot + 32); ++i) {
        double small = 0;
        int below = 0;
#pragma unroll
        for (int s = 0; s < LANE_COLUMNS; ++s) {
          const bool is_small = is_active[s] && fabs(values[s]) < splits[i];
          if (is_small) small += values[s];
          below += __popc(__ballot_sync(0xffffffffu, is_small));
        }
        small = bl::warp_sum(small);
        const double mean_a = over(small, below), mean_b = over(sum - small, count - below);
        double distance_a = 0, distance_b = 0;
#pragma unroll
        for (int s = 0; s < LANE_COLUMNS; ++s) {
          if (!is_active[s]) continue;
          if (fabs(values[s]) < splits[i]) distance_a += fabs(values[s] - mean_a);
          else distance_b += fabs(values[s] - mean_b);
        }
        warp_sums(distance_a, distance_b);
        const double alpha_a = over(distance_a, below), alpha_b = over(distance_b, count - below);
        const double error = square - below * (mean_a * mean_a + alpha_a * alpha_a) -
                             (count - below) * (mean_b * mean_b + alpha_b * alpha_b);
        if (lane == i % 32) errors[slot] += error;
      }
    }
  }
  write_errors(errors, sums);
}

}  // namespace binary
}  // namespace bl

#endif
