/*
 * The nearest levels of a group, and the shift of a group whose codes carry the most information. Without calibration some
 * lanes share a group and read it twice: bound by memory. With it a block of threads sorts the group, so that the codes of a
 * shift are runs and counting them takes a binary search a boundary, each thread with shifts of its own: bound by shared
 * memory, 15 · log₂(G) reads a shift.
 */
#ifndef BITLOSS_QUANTIZE_LEVELS_CUH
#define BITLOSS_QUANTIZE_LEVELS_CUH

#include "../common.cuh"
#include "levels.h"

namespace bl {
namespace quantize {

constexpr int LEVEL_THREADS = 128;

template <class T>
struct LevelArguments {
  const T *weights;
  /* Of all rows. */
  int64_t groups, G;
  const float *levels, *factors;
  int64_t F;
  const double *costs;
  /* Lanes that share a group, a power of two up to 32; without calibration. */
  int lanes;
  uint8_t *codes;
  float *absmax, *shifts;
};

__device__ __forceinline__ void load_boundaries(const float *levels, float *boundaries) {
  if (threadIdx.x < LEVELS - 1) boundaries[threadIdx.x] = boundary_of(levels, static_cast<int>(threadIdx.x));
  __syncthreads();
}

template <class T>
__global__ void __launch_bounds__(LEVEL_THREADS) nearest_levels(LevelArguments<T> in) {
  __shared__ float boundaries[LEVELS - 1];
  load_boundaries(in.levels, boundaries);
  const int64_t thread = blockIdx.x * static_cast<int64_t>(LEVEL_THREADS) + threadIdx.x;
  const int lane = threadIdx.x % in.lanes;
  // Lanes behind the last group repeat it, so that whole warps take part in every exchange.
  const bool is_spare = thread / in.lanes >= in.groups;
  const int64_t g = is_spare ? in.groups - 1 : thread / in.lanes;
  const T *weights = in.weights + g * in.G;
  float most = 0, poison = 0;
  for (int64_t i = lane; i < in.G; i += in.lanes) {
    const float value = to_float(weights[i]);
    most = fmaxf(most, fabsf(value));
    poison = plus(poison, times(value, 0.0f));
  }
  for (int step = in.lanes / 2; step > 0; step /= 2) {
    most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, step));
    poison = plus(poison, __shfl_xor_sync(0xffffffffu, poison, step));
  }
  if (is_spare) return;
  const bool is_finite = poison == 0;
  if (lane == 0) in.absmax[g] = is_finite ? most : NAN;
  for (int64_t i = lane; i < in.G; i += in.lanes) {
    const int code = is_finite ? nearest_level(to_float(weights[i]), most, boundaries) : 0;
    in.codes[g * in.G + i] = static_cast<uint8_t>(code);
  }
}

/* Rising order of `size` values, a power of two (Batcher 1968). */
__device__ __forceinline__ void sort_shared(float *values, int size) {
  for (int width = 2; width <= size; width *= 2) {
    for (int step = width / 2; step > 0; step /= 2) {
      for (int i = threadIdx.x; i < size / 2; i += LEVEL_THREADS) {
        const int low = 2 * i - (i & (step - 1)), high = low + step;
        const bool is_rising = (low & width) == 0;
        const float a = values[low], b = values[high];
        if ((a > b) == is_rising) {
          values[low] = b;
          values[high] = a;
        }
      }
      __syncthreads();
    }
  }
}

/* The candidate with the least cost, of equals the first; the same in all threads. */
__device__ __forceinline__ int least_of_block(double cost, int candidate) {
  __shared__ double costs[LEVEL_THREADS / 32];
  __shared__ int candidates[LEVEL_THREADS / 32];
  const auto keep = [&](double other_cost, int other) {
    if (other_cost < cost || (other_cost == cost && other < candidate)) {
      cost = other_cost;
      candidate = other;
    }
  };
  for (int step = 16; step > 0; step /= 2)
    keep(__shfl_xor_sync(0xffffffffu, cost, step), __shfl_xor_sync(0xffffffffu, candidate, step));
  if (threadIdx.x % 32 == 0) {
    costs[threadIdx.x / 32] = cost;
    candidates[threadIdx.x / 32] = candidate;
  }
  __syncthreads();
  for (int warp = 0; warp < LEVEL_THREADS / 32; ++warp) keep(costs[warp], candidates[warp]);
  return candidate;
}

/* One block a group. Shared memory: G + 1 costs, then G weights up to a power of two. */
template <class T>
__global__ void __launch_bounds__(LEVEL_THREADS) calibrated_levels(LevelArguments<T> in, int size) {
  extern __shared__ double shared[];
  __shared__ float boundaries[LEVELS - 1];
  const int G = static_cast<int>(in.G);
  float *sorted = reinterpret_cast<float *>(shared + G + 1);
  load_boundaries(in.levels, boundaries);
  const int64_t g = blockIdx.x;
  const T *weights = in.weights + g * G;
  int is_finite = 1;
  for (int i = threadIdx.x; i < size; i += LEVEL_THREADS) {
    sorted[i] = i < G ? to_float(weights[i]) : INFINITY;
    is_finite &= i >= G || isfinite(sorted[i]);
  }
  for (int i = threadIdx.x; i <= G; i += LEVEL_THREADS) shared[i] = in.costs[i];
  is_finite = __syncthreads_and(is_finite);
  if (!is_finite) {
    for (int i = threadIdx.x; i < G; i += LEVEL_THREADS) in.codes[g * G + i] = 0;
    if (threadIdx.x == 0) {
      in.absmax[g] = NAN;
      in.shifts[g] = 0;
    }
    return;
  }
  sort_shared(sorted, size);
  double least = HUGE_VAL;
  int best = 0x7fffffff;
  for (int i = threadIdx.x; i <= in.F; i += LEVEL_THREADS) {
    const double cost = code_cost(sorted, G, shift_of(sorted, G, in.factors, in.F, i), boundaries, shared);
    if (cost < least) {
      least = cost;
      best = i;
    }
  }
  const float shift = shift_of(sorted, G, in.factors, in.F, least_of_block(least, best));
  const float most = largest_from(sorted[0], sorted[G - 1], shift);
  if (threadIdx.x == 0) {
    in.absmax[g] = most;
    in.shifts[g] = shift;
  }
  for (int i = threadIdx.x; i < G; i += LEVEL_THREADS) {
    const int code = nearest_level(plus(to_float(weights[i]), -shift), most, boundaries);
    in.codes[g * G + i] = static_cast<uint8_t>(code);
  }
}

template <class T>
int launch_levels(LevelArguments<T> in, cudaStream_t stream) {
  if (in.F > 0) {
    int size = 1;
    while (size < in.G) size *= 2;
    const size_t bytes = (in.G + 1) * sizeof(double) + size * sizeof(float);
    calibrated_levels<T><<<static_cast<unsigned>(in.groups), LEVEL_THREADS, bytes, stream>>>(in, size);
  } else {
    in.lanes = 1;
    while (in.lanes < 32 && 2 * in.lanes < in.G) in.lanes *= 2;
    const int64_t blocks = divide_up(in.groups * in.lanes, LEVEL_THREADS);
    nearest_levels<T><<<static_cast<unsigned>(blocks), LEVEL_THREADS, 0, stream>>>(in);
  }
  return launched("bl_round_levels");
}

}  // namespace quantize
}  // namespace bl

#endif
