/*
 * Sorts the T·k choices by expert, tokens ascending: a counting sort over blocks of neighbouring choices whose counts are
 * added up in order, so that no place depends on which block ran first. Until `order` is filled it holds the counts,
 * int32 [blocks, E], which fit because a block has at least as many choices as there are experts.
 */
#ifndef BITLOSS_EXPERTS_COUNTING_SORT_CUH
#define BITLOSS_EXPERTS_COUNTING_SORT_CUH

#include "pick.cuh"

namespace bl::experts {

constexpr int SORT_THREADS = 256;
constexpr int SORT_WARPS = SORT_THREADS / 32;
constexpr int MAX_SORT_BLOCKS = 512;
constexpr int MIN_BLOCK_ITEMS = 2048;
static_assert(MIN_BLOCK_ITEMS >= MAX_EXPERTS, "counts of a block must fit where its order goes");

/** Choices of a block, a multiple of SORT_THREADS. */
inline int64_t items_of_block(int64_t items) {
  const int64_t even = (items + MAX_SORT_BLOCKS - 1) / MAX_SORT_BLOCKS;
  const int64_t rounded = (even + SORT_THREADS - 1) / SORT_THREADS * SORT_THREADS;
  return rounded > MIN_BLOCK_ITEMS ? rounded : MIN_BLOCK_ITEMS;
}

struct SortSpace {
  int counts[SORT_WARPS][MAX_EXPERTS];
  int base[MAX_EXPERTS];
};

/**
 * Gives choices from … to their places. base[e]: where the block's first choice of expert e goes; it moves on.
 * Called by SORT_THREADS threads.
 */
__device__ inline void place_items(const int32_t *chosen, int64_t from, int64_t to, int E, int32_t *places,
                                   SortSpace &space) {
  const int warp = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  for (int64_t at = from; at < to; at += SORT_THREADS) {
    for (int e = lane; e < E; e += 32) space.counts[warp][e] = 0;
    __syncthreads();
    const int64_t item = at + threadIdx.x;
    const bool real = item < to;
    const int expert = real ? chosen[item] : -1;
    const unsigned same = __match_any_sync(ALL, expert);
    const int rank = __popc(same & ((1u << lane) - 1));
    if (real && rank == 0) space.counts[warp][expert] = __popc(same);
    __syncthreads();
    if (real) {
      int place = space.base[expert] + rank;
      for (int w = 0; w < warp; ++w) place += space.counts[w][expert];
      places[item] = place;
    }
    __syncthreads();
    for (int e = threadIdx.x; e < E; e += SORT_THREADS)
      for (int w = 0; w < SORT_WARPS; ++w) space.base[e] += space.counts[w][e];
    __syncthreads();
  }
}

/** counts [blocks, E] ← choices of each expert in each block. */
__global__ void __launch_bounds__(SORT_THREADS) count_kernel(const int32_t *chosen, int64_t items, int64_t per_block,
                                                             int E, int32_t *counts) {
  __shared__ int own[MAX_EXPERTS];
  for (int e = threadIdx.x; e < E; e += SORT_THREADS) own[e] = 0;
  __syncthreads();
  const int64_t from = blockIdx.x * per_block;
  const int64_t to = min(items, from + per_block);
  // A sum of integers is the same in any order.
  for (int64_t item = from + threadIdx.x; item < to; item += SORT_THREADS) atomicAdd(&own[chosen[item]], 1);
  __syncthreads();
  for (int e = threadIdx.x; e < E; e += SORT_THREADS) counts[blockIdx.x * static_cast<int64_t>(E) + e] = own[e];
}

/** Exclusive sums over experts of shared totals [E] → slots [E + 1]; totals [e] becomes slots [e]. Called by a block. */
__device__ inline void sum_slots(int *totals, int E, int32_t *slots) {
  if (threadIdx.x < 32) {
    const int lane = threadIdx.x;
    int before = 0;
    for (int base = 0; base < E; base += 32) {
      const int own = base + lane < E ? totals[base + lane] : 0;
      int sum = own;
      for (int step = 1; step < 32; step *= 2) {
        const int other = __shfl_up_sync(ALL, sum, step);
        if (lane >= step) sum += other;
      }
      if (base + lane < E) slots[base + lane] = totals[base + lane] = before + sum - own;
      before += __shfl_sync(ALL, sum, 31);
    }
    if (lane == 0) slots[E] = before;
  }
  __syncthreads();
}

/** counts [blocks, E] → where each block's choices of each expert begin; slots [E + 1]. One block, a thread an expert. */
__global__ void __launch_bounds__(MAX_EXPERTS) offsets_kernel(int32_t *counts, int blocks, int E, int32_t *slots) {
  __shared__ int totals[MAX_EXPERTS];
  const int e = threadIdx.x;
  if (e < E) {
    int sum = 0;
#pragma unroll 8
    for (int b = 0; b < blocks; ++b) sum += counts[static_cast<int64_t>(b) * E + e];
    totals[e] = sum;
  }
  __syncthreads();
  sum_slots(totals, E, slots);
  if (e >= E) return;
  int at = totals[e];
#pragma unroll 8
  for (int b = 0; b < blocks; ++b) {
    int32_t &count = counts[static_cast<int64_t>(b) * E + e];
    const int next = at + count;
    count = at;
    at = next;
  }
}

__global__ void __launch_bounds__(SORT_THREADS) place_kernel(const int32_t *chosen, int64_t items, int64_t per_block,
                                                             int E, const int32_t *offsets, int32_t *places) {
  __shared__ SortSpace space;
  for (int e = threadIdx.x; e < E; e += SORT_THREADS)
    space.base[e] = offsets[blockIdx.x * static_cast<int64_t>(E) + e];
  const int64_t from = blockIdx.x * per_block;
  place_items(chosen, from, min(items, from + per_block), E, places, space);
}

/** order[places[i]] = i. */
__global__ void __launch_bounds__(SORT_THREADS) invert_kernel(const int32_t *places, int64_t items, int32_t *order) {
  const int64_t item = blockIdx.x * static_cast<int64_t>(SORT_THREADS) + threadIdx.x;
  if (item < items) order[places[item]] = static_cast<int32_t>(item);
}

/** One warp a token. */
__global__ void __launch_bounds__(SORT_THREADS) pick_kernel(const float *logits, int64_t T, Rule rule, int32_t *chosen,
                                                            float *shares) {
  __shared__ float keys[SORT_WARPS][MAX_EXPERTS];
  __shared__ float best[SORT_WARPS][MAX_EXPERTS];
  const int warp = threadIdx.x / 32;
  const int64_t t = blockIdx.x * static_cast<int64_t>(SORT_WARPS) + warp;
  if (t < T) pick(rule, logits + t * rule.E, chosen + t * rule.k, shares + t * rule.k, keys[warp], best[warp]);
}

/** The whole sort by one block of SORT_THREADS threads. */
__device__ inline void sort_block(const int32_t *chosen, int items, int E, int32_t *slots, int32_t *order,
                                  int32_t *places, SortSpace &space) {
  for (int e = threadIdx.x; e < E; e += SORT_THREADS) space.base[e] = 0;
  __syncthreads();
  for (int item = threadIdx.x; item < items; item += SORT_THREADS) atomicAdd(&space.base[chosen[item]], 1);
  __syncthreads();
  sum_slots(space.base, E, slots);
  place_items(chosen, 0, items, E, places, space);
  __syncthreads();
  for (int item = threadIdx.x; item < items; item += SORT_THREADS) order[places[item]] = item;
}

__global__ void __launch_bounds__(SORT_THREADS) sort_block_kernel(const int32_t *chosen, int items, int E,
                                                                  int32_t *slots, int32_t *order, int32_t *places) {
  __shared__ SortSpace space;
  sort_block(chosen, items, E, slots, order, places, space);
}

/** The whole routing of few tokens in one launch, for decoding. */
__global__ void __launch_bounds__(SORT_THREADS) route_few_kernel(const float *logits, int T, Rule rule, int32_t *chosen,
                                                                 float *shares, int32_t *slots, int32_t *order,
                                                                 int32_t *places) {
  __shared__ float keys[SORT_WARPS][MAX_EXPERTS];
  __shared__ float best[SORT_WARPS][MAX_EXPERTS];
  __shared__ SortSpace space;
  const int warp = threadIdx.x / 32;
  for (int t = warp; t < T; t += SORT_WARPS)
    pick(rule, logits + static_cast<int64_t>(t) * rule.E, chosen + t * rule.k, shares + t * rule.k, keys[warp],
         best[warp]);
  __syncthreads();
  sort_block(chosen, T * rule.k, rule.E, slots, order, places, space);
}

}  // namespace bl::experts

#endif
