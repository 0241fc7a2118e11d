/* Levels and codes of a block of BiLLM once its parts are known, and its weights for the column loop. */
#ifndef BITLOSS_BINARY_ROWS_CUH
#define BITLOSS_BINARY_ROWS_CUH

#include "feedback.cuh"
#include "search.cuh"

namespace bl {
namespace binary {

/* Mean of `count` values over the warp. */
__device__ __forceinline__ double warp_mean(double sum, int count) { return over(bl::warp_sum(sum), count); }

/* A warp a row. */
__global__ void __launch_bounds__(32 * SEARCH_WARPS) binarize_rows(Block in, const Found *found, const uint8_t *salient,
                                                                   uint8_t *codes, float *levels) {
  const int64_t n = blockIdx.x * static_cast<int64_t>(SEARCH_WARPS) + threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  if (n >= in.N) return;
  double values[LANE_COLUMNS];
  // 0: concentrated, 1: sparse, 2: salient, 3: no column.
  int part[LANE_COLUMNS];
#pragma unroll
  for (int s = 0; s < LANE_COLUMNS; ++s) {
    const int j = lane + 32 * s;
    part[s] = 3;
    values[s] = 0;
    if (j >= in.G) continue;
    values[s] = in.weights[n * in.K + in.start + j];
    part[s] = salient[in.start + j] != 0 ? 2 : fabs(target_of(in, n, j)) < found->split ? 0 : 1;
  }
  double mean[3], distance[3];
  for (int which = 0; which < 3; ++which) {
    double sum = 0;
    int count = 0;
    for (int s = 0; s < LANE_COLUMNS; ++s) {
      if (part[s] == which) sum += values[s];
      count += __popc(__ballot_sync(0xffffffffu, part[s] == which));
    }
    mean[which] = warp_mean(sum, count);
    double off = 0;
    for (int s = 0; s < LANE_COLUMNS; ++s) if (part[s] == which) off += fabs(values[s] - mean[which]);
    distance[which] = signed_half(warp_mean(off, count));
  }
  double rest[LANE_COLUMNS], sum = 0, off = 0;
  for (int s = 0; s < LANE_COLUMNS; ++s) {
    rest[s] = minus(values[s], mean[2]);
    rest[s] = rest[s] >= 0 ? minus(rest[s], distance[2]) : plus(rest[s], distance[2]);
    if (part[s] == 2) sum += rest[s];
  }
  const double again = warp_mean(sum, found->count);
  for (int s = 0; s < LANE_COLUMNS; ++s) if (part[s] == 2) off += fabs(rest[s] - again);
  const double second = signed_half(warp_mean(off, found->count));
  const double small = signed_half(mean[0]), large = signed_half(mean[1]);
  for (int s = 0; s < LANE_COLUMNS; ++s) {
    if (part[s] == 3) continue;
    int code = part[s] == 0 ? values[s] >= small : 2 + (values[s] >= large);
    if (part[s] == 2) code = (values[s] >= mean[2]) + 2 * (rest[s] >= again);
    codes[n * in.K + in.start + lane + 32 * s] = static_cast<uint8_t>(code);
  }
  if (lane != 0) return;
  float *to = levels + (n * (in.K / in.G) + in.start / in.G) * LEVELS;
  const double all[LEVELS] = {signed_half(mean[2] + again), distance[2], second, small, distance[0], large, distance[1]};
  for (int i = 0; i < LEVELS; ++i) to[i] = static_cast<float>(all[i]);
}

/* The weights that the codes stand for. */
struct GivenBlocks {
  const uint8_t *codes, *salient;
  const float *levels;
  int64_t K, G;

  struct Row {
    double weight[SLOTS];

    __device__ Row(const GivenBlocks &of, int64_t n, int64_t start, int columns, int lane) {
      const float *levels = of.levels + (n * (of.K / of.G) + start / of.G) * LEVELS;
#pragma unroll
      for (int s = 0; s < SLOTS; ++s) {
        const int64_t k = start + lane + 32 * s;
        weight[s] = lane + 32 * s < columns ? block_weight(of.codes[n * of.K + k], of.salient[k] != 0, levels) : 0.0;
      }
    }

    __device__ __forceinline__ double round(int s, double, bool) const { return weight[s]; }
  };
};

}  // namespace binary
}  // namespace bl

#endif
