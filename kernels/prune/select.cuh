/*
 * The count-th smallest score by digits of 11 bits, from the highest: scores are at least 0, so their bits are in their order.
 * Each pass counts the scores that share the digits found so far by their next one, and picks the digit in which the place
 * falls. Of the scores that equal the last one dropped, the first go: they are counted in front of each tile, in order.
 * Bound: memory; seven reads of the scores, most of them from the second-level cache where those fit into it.
 */
#ifndef BITLOSS_PRUNE_SELECT_CUH
#define BITLOSS_PRUNE_SELECT_CUH

#include "select.h"

namespace bl {
namespace prune {

constexpr int DIGIT_BITS = 11;
constexpr int BINS = 1 << DIGIT_BITS;
constexpr int PASSES = 6;
constexpr int ROW_THREADS = 512;
constexpr int PICK_THREADS = 1024;
constexpr int TILE_THREADS = 256;
constexpr int TILE = 8 * TILE_THREADS;

/* What is known of the last score that is dropped. */
struct Place {
  /* Its digits so far, and where they are. */
  uint64_t digits, mask;
  /* How many of the scores with these digits are dropped. */
  int64_t remaining;
};

__device__ __forceinline__ uint64_t key_of(double score) { return static_cast<uint64_t>(__double_as_longlong(score)); }

/* The last digit has the 9 bits that are left. */
__device__ __forceinline__ int shift_of(int pass) { return pass == PASSES - 1 ? 0 : 64 - DIGIT_BITS * (pass + 1); }
__device__ __forceinline__ uint64_t digit_mask(int pass) { return pass == PASSES - 1 ? 511u : BINS - 1u; }

/* Sum of the values of all threads before this one; `total` that of all. shared: 33 numbers. */
__device__ __forceinline__ int64_t sum_before(int64_t value, int64_t *shared, int64_t *total) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  int64_t sum = value;
  for (int step = 1; step < 32; step *= 2) {
    const int64_t other = __shfl_up_sync(0xffffffffu, sum, step);
    if (lane >= step) sum += other;
  }
  __syncthreads();
  if (lane == 31) shared[warp] = sum;
  __syncthreads();
  int64_t before = 0, all = 0;
  for (int i = 0; i < warps; ++i) {
    if (i < warp) before += shared[i];
    all += shared[i];
  }
  *total = all;
  return before + sum - value;
}

/* Extends the place by the digit of a pass; all threads of a block take part, and bins become 0. */
__device__ __forceinline__ void pick_digit(uint32_t *bins, int pass, Place *place, int64_t *shared) {
  const int own = BINS / static_cast<int>(blockDim.x), first = own * static_cast<int>(threadIdx.x);
  int64_t sum = 0, total;
  for (int i = 0; i < own; ++i) sum += bins[first + i];
  int64_t before = sum_before(sum, shared, &total);
  const int64_t remaining = place->remaining;
  __syncthreads();
  const bool is_here = before < remaining && remaining <= before + sum;
  for (int i = 0; i < own; ++i) {
    const int64_t count = bins[first + i];
    if (is_here && before < remaining && remaining <= before + count) {
      place->digits |= static_cast<uint64_t>(first + i) << shift_of(pass);
      place->mask |= digit_mask(pass) << shift_of(pass);
      place->remaining = remaining - before;
    }
    before += count;
    bins[first + i] = 0;
  }
  __syncthreads();
}

__device__ __forceinline__ void count_digit(uint32_t *bins, uint64_t key, int pass, const Place &place) {
  if ((key & place.mask) == place.digits) atomicAdd(bins + (key >> shift_of(pass) & digit_mask(pass)), 1u);
}

__device__ __forceinline__ void put(const Selection &in, int64_t i, bool is_kept) {
  in.kept[i / in.columns * in.stride + i % in.columns] = is_kept;
}

/* ---- short segments: a thread a score counts those before it ------------------------------------------------------- */

__global__ void drop_in_runs(Selection in) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(TILE_THREADS) + threadIdx.x;
  if (i >= in.segments * in.length) return;
  const int64_t first = i - i % in.length;
  const double own = in.scores[i];
  int64_t before = 0;
  for (int64_t j = first; j < first + in.length; ++j) {
    const double other = in.scores[j];
    before += other < own || (other == own && j < i);
  }
  put(in, i, before >= in.count);
}

/* ---- one block a segment ------------------------------------------------------------------------------------------- */

__global__ void __launch_bounds__(ROW_THREADS) drop_in_rows(Selection in) {
  __shared__ uint32_t bins[BINS];
  __shared__ int64_t shared[33];
  __shared__ Place place;
  const int64_t first = blockIdx.x * in.length;
  const double *scores = in.scores + first;
  for (int i = threadIdx.x; i < BINS; i += ROW_THREADS) bins[i] = 0;
  if (threadIdx.x == 0) place = {0, 0, in.count};
  __syncthreads();
  for (int pass = 0; pass < PASSES; ++pass) {
    for (int64_t i = threadIdx.x; i < in.length; i += ROW_THREADS) count_digit(bins, key_of(scores[i]), pass, place);
    __syncthreads();
    pick_digit(bins, pass, &place, shared);
  }
  int64_t ties = 0;
  for (int64_t from = 0; from < in.length; from += ROW_THREADS) {
    const int64_t i = from + threadIdx.x;
    const uint64_t key = i < in.length ? key_of(scores[i]) : ~0ull;
    const bool is_tie = key == place.digits;
    int64_t total;
    const int64_t rank = ties + sum_before(is_tie, shared, &total);
    ties += total;
    if (i < in.length) put(in, first + i, key > place.digits || (is_tie && rank >= place.remaining));
  }
}

/* ---- one segment over the whole device ----------------------------------------------------------------------------- */

__global__ void begin_place(Place *place, uint32_t *bins, int64_t count) {
  for (int i = threadIdx.x; i < BINS; i += blockDim.x) bins[i] = 0;
  if (threadIdx.x == 0) *place = {0, 0, count};
}

__global__ void __launch_bounds__(ROW_THREADS) count_digits(const double *scores, int64_t length, int pass,
                                                            const Place *place, uint32_t *bins) {
  __shared__ uint32_t own[BINS];
  for (int i = threadIdx.x; i < BINS; i += ROW_THREADS) own[i] = 0;
  __syncthreads();
  const Place known = *place;
  const int64_t step = static_cast<int64_t>(gridDim.x) * ROW_THREADS;
  for (int64_t i = blockIdx.x * static_cast<int64_t>(ROW_THREADS) + threadIdx.x; i < length; i += step)
    count_digit(own, key_of(scores[i]), pass, known);
  __syncthreads();
  for (int i = threadIdx.x; i < BINS; i += ROW_THREADS) if (own[i] != 0) atomicAdd(bins + i, own[i]);
}

__global__ void __launch_bounds__(PICK_THREADS) pick(uint32_t *bins, int pass, Place *place) {
  __shared__ int64_t shared[33];
  pick_digit(bins, pass, place, shared);
}

__global__ void __launch_bounds__(TILE_THREADS) count_ties(const double *scores, int64_t length, const Place *place,
                                                           int64_t *counts) {
  __shared__ int64_t shared[33];
  const int64_t first = blockIdx.x * static_cast<int64_t>(TILE);
  int64_t own = 0, total;
  for (int64_t i = first + threadIdx.x; i < length && i < first + TILE; i += TILE_THREADS)
    own += key_of(scores[i]) == place->digits;
  sum_before(own, shared, &total);
  if (threadIdx.x == 0) counts[blockIdx.x] = total;
}

/* counts[i] becomes the sum of those before it. */
__global__ void __launch_bounds__(PICK_THREADS) sum_counts(int64_t *counts, int64_t n) {
  __shared__ int64_t shared[33];
  int64_t before = 0;
  for (int64_t from = 0; from < n; from += PICK_THREADS) {
    const int64_t i = from + threadIdx.x;
    const int64_t count = i < n ? counts[i] : 0;
    int64_t total;
    const int64_t sum = before + sum_before(count, shared, &total);
    before += total;
    if (i < n) counts[i] = sum;
  }
}

__global__ void __launch_bounds__(TILE_THREADS) drop_in_tiles(Selection in, const Place *place, const int64_t *counts) {
  __shared__ int64_t shared[33];
  const int64_t first = blockIdx.x * static_cast<int64_t>(TILE);
  const Place known = *place;
  int64_t ties = counts[blockIdx.x];
  for (int64_t from = first; from < first + TILE; from += TILE_THREADS) {
    const int64_t i = from + threadIdx.x;
    const uint64_t key = i < in.length ? key_of(in.scores[i]) : ~0ull;
    const bool is_tie = key == known.digits;
    int64_t total;
    const int64_t rank = ties + sum_before(is_tie, shared, &total);
    ties += total;
    if (i < in.length) put(in, i, key > known.digits || (is_tie && rank >= known.remaining));
  }
}

}  // namespace prune
}  // namespace bl

#endif
