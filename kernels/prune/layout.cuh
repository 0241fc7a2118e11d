/* Kernels that move kept weights between a matrix and a list of them, row by row; bound by memory. */
#ifndef BITLOSS_PRUNE_LAYOUT_CUH
#define BITLOSS_PRUNE_LAYOUT_CUH

#include "select.cuh"

namespace bl {
namespace prune {

constexpr int THREADS = 256;

inline unsigned blocks_for(int64_t items) { return static_cast<unsigned>(divide_up(items, THREADS)); }

__device__ __forceinline__ int64_t item() { return blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x; }

/* |w| · scale of its column, in float64; scale may be null. */
template <class T>
__global__ void scores_of(const T *weights, const double *scale, int64_t N, int64_t K, double *scores) {
  const int64_t i = item();
  if (i >= N * K) return;
  const double size = fabs(static_cast<double>(to_float(weights[i])));
  scores[i] = scale == nullptr ? size : __dmul_rn(size, scale[i % K]);
}

template <class T>
__global__ void mask(const T *values, const uint8_t *kept, int64_t n, float *out) {
  const int64_t i = item();
  if (i < n) out[i] = kept[i] != 0 ? to_float(values[i]) : 0.0f;
}

/* flags[0]: some value is no bfloat16; [1]: some value is no float16; [2]: some value is not finite. */
template <class T>
__global__ void find_types(const T *values, int64_t n, int32_t *flags) {
  for (int64_t i = item(); i < n; i += static_cast<int64_t>(gridDim.x) * THREADS) {
    const float value = to_float(values[i]);
    if (to_float(from_float<__nv_bfloat16>(value)) != value) flags[0] = 1;
    if (to_float(from_float<__half>(value)) != value) flags[1] = 1;
    if (!isfinite(value)) flags[2] = 1;
  }
}

/* One block a row. */
__global__ void count_kept(const uint8_t *kept, int64_t K, int64_t *counts) {
  __shared__ int64_t shared[33];
  int64_t own = 0, total;
  for (int64_t k = threadIdx.x; k < K; k += THREADS) own += kept[blockIdx.x * K + k];
  sum_before(own, shared, &total);
  if (threadIdx.x == 0) counts[blockIdx.x] = total;
}

/* One block a row; calls move(place in the matrix, place in the list) for kept weights and skip(place) for the others. */
template <class Move, class Skip>
__device__ __forceinline__ void each_kept(const uint8_t *kept, const int64_t *offsets, int64_t K, Move &&move, Skip &&skip) {
  __shared__ int64_t shared[33];
  int64_t next = offsets[blockIdx.x];
  for (int64_t from = 0; from < K; from += THREADS) {
    const int64_t k = from + threadIdx.x, at = blockIdx.x * K + k;
    const bool is_kept = k < K && kept[at] != 0;
    int64_t total;
    const int64_t place = next + sum_before(is_kept, shared, &total);
    next += total;
    if (is_kept) move(at, place);
    else if (k < K) skip(at);
  }
}

/* T is an unsigned integer of the element's size. */
template <class T>
__global__ void gather(const T *all, const uint8_t *kept, const int64_t *offsets, int64_t K, T *list) {
  each_kept(kept, offsets, K, [&](int64_t at, int64_t place) { list[place] = all[at]; }, [](int64_t) {});
}

template <class T>
__global__ void scatter(const T *list, const uint8_t *kept, const int64_t *offsets, int64_t K, T *all) {
  each_kept(kept, offsets, K, [&](int64_t at, int64_t place) { all[at] = list[place]; }, [&](int64_t at) { all[at] = 0; });
}

/* The number of each run's set of kept places; numbers: uint8 [2^m]. */
__global__ void number_runs(const uint8_t *kept, const uint8_t *numbers, int64_t runs, int m, uint8_t *codes) {
  const int64_t run = item();
  if (run >= runs) return;
  unsigned set = 0;
  for (int i = 0; i < m; ++i) set |= static_cast<unsigned>(kept[run * m + i]) << i;
  codes[run] = numbers[set];
}

/* The reverse; sets: uint16, a set for every number. */
__global__ void open_runs(const uint8_t *codes, const uint16_t *sets, int64_t runs, int m, uint8_t *kept) {
  const int64_t run = item();
  if (run >= runs) return;
  const unsigned set = sets[codes[run]];
  for (int i = 0; i < m; ++i) kept[run * m + i] = set >> i & 1;
}

}  // namespace prune
}  // namespace bl

#endif
