/*
 * Rows that are read once and kept in registers while all of a row is reduced: narrow rows by a part of a warp each, wide
 * ones by a block. The element that a thread holds, and so the order of every sum, depends on the width alone.
 */
#ifndef BITLOSS_ELEMENTWISE_ROW_CUH
#define BITLOSS_ELEMENTWISE_ROW_CUH

#include <type_traits>

#include "sheet.cuh"

namespace bl {

constexpr int ROW_PACK = 4;
constexpr int ROW_THREADS = 256;

/* How rows of one width are spread: `threads` a row (a power of two up to 32, or a whole block), `kept` packs a thread. */
struct RowPlan {
  int threads, kept;

  bool is_block() const { return threads > 32; }
  int block() const { return is_block() ? threads : ROW_THREADS; }
  int64_t blocks(int64_t rows) const { return is_block() ? rows : divide_up(rows, ROW_THREADS / threads); }
};

inline RowPlan plan_rows(int64_t width) {
  const int64_t packs = divide_up(width, ROW_PACK);
  if (packs <= 32) {
    int threads = 1;
    while (threads < packs) threads *= 2;
    return {threads, 1};
  }
  if (packs <= 128) return {32, 4};
  if (packs <= 256) return {32, 8};
  int threads = 128;
  while (threads < 1024 && threads * 4 < packs) threads *= 2;
  return {threads, packs <= 4096 ? 4 : 8};
}

/* One row in the registers of its threads. Packs beyond `KEPT` are read again at every use; only rows of more than 32,768
   elements have any. */
template <class T, int KEPT, bool BLOCK>
struct Row {
  const T *x;
  int width, threads, lane;
  bool aligned;
  float kept[KEPT][ROW_PACK];

  __device__ __forceinline__ Row(const T *x, int width, int threads, bool aligned)
      : x(x), width(width), threads(threads), lane(BLOCK ? threadIdx.x : threadIdx.x & (threads - 1)), aligned(aligned) {
#pragma unroll
    for (int i = 0; i < KEPT; ++i) load_pack(x + column(i), width - column(i), aligned, kept[i]);
  }

  __device__ __forceinline__ int column(int i) const { return (i * threads + lane) * ROW_PACK; }

  /* Calls use(column, values, elements left) for the packs of this thread, in order. */
  template <class Use>
  __device__ __forceinline__ void each(Use &&use) const {
#pragma unroll
    for (int i = 0; i < KEPT; ++i) {
      if (column(i) < width) use(column(i), kept[i], width - column(i));
    }
    if constexpr (BLOCK && KEPT == 8) {
      for (int i = KEPT; column(i) < width; ++i) {
        float values[ROW_PACK];
        load_pack(x + column(i), width - column(i), aligned, values);
        use(column(i), values, width - column(i));
      }
    }
  }

  /* combine over the threads of the row, in every one of them; always the same tree. */
  template <class Combine>
  __device__ __forceinline__ float together(float value, Combine &&combine, float *shared) const {
    const int span = BLOCK ? 32 : threads;
    for (int step = span / 2; step > 0; step /= 2) value = combine(value, __shfl_xor_sync(0xffffffffu, value, step));
    if constexpr (BLOCK) {
      if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
      __syncthreads();
      value = shared[0];
      for (int warp = 1; warp < threads / 32; ++warp) value = combine(value, shared[warp]);
      __syncthreads();
    }
    return value;
  }
};

/* Row of this thread; beyond the last one where there is none. */
template <bool BLOCK>
__device__ __forceinline__ int64_t row_of_thread(int threads) {
  if (BLOCK) return blockIdx.x;
  return static_cast<int64_t>(blockIdx.x) * (ROW_THREADS / threads) + threadIdx.x / threads;
}

/* Calls launch(kept packs, whether a block has one row), both as compile-time constants, as the plan says. */
template <class Launch>
void with_plan(const RowPlan &plan, Launch &&launch) {
  using One = std::integral_constant<int, 1>;
  using Four = std::integral_constant<int, 4>;
  using Eight = std::integral_constant<int, 8>;
  if (plan.is_block()) plan.kept == 4 ? launch(Four{}, std::true_type{}) : launch(Eight{}, std::true_type{});
  else if (plan.kept == 1) launch(One{}, std::false_type{});
  else if (plan.kept == 4) launch(Four{}, std::false_type{});
  else launch(Eight{}, std::false_type{});
}

}  // namespace bl

#endif
