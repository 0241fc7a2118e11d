/*
 * Rows that are read once and kept in registers while all of a row is reduced: narrow rows by a few threads of a warp, wide
 * ones by a block. The element that a thread holds, and so the order of every sum, depends on the width and the type alone.
 */
#ifndef BITLOSS_ELEMENTWISE_ROW_CUH
#define BITLOSS_ELEMENTWISE_ROW_CUH

#include <type_traits>

#include "sheet.cuh"

namespace bl {

constexpr int ROW_THREADS = 256;

/* How rows of one width are spread. */
struct RowPlan {
  int threads;  // of a row: a power of two up to 32, or a whole block
  int kept;     // packs of a thread; 0: the row is too long and read again at every use

  bool is_block() const { return threads > 32; }
  int block() const { return is_block() ? threads : ROW_THREADS; }
  int64_t blocks(int64_t rows) const { return is_block() ? rows : divide_up(rows, ROW_THREADS / threads); }
};

/* For elements of T, in packs of 16 bytes. Four packs a thread where there are that many: they are in flight together, and
   what every thread computes for its row is shared by more elements. */
template <class T>
RowPlan plan_rows(int64_t width) {
  const int64_t packs = divide_up(width, lanes_of<T>);
  int threads = 1;
  while (threads < 32 && threads * 4 < packs) threads *= 2;
  if (threads * 4 >= packs) return {threads, 4};
  // Eight packs of 16-bit elements would not leave registers for their 64 floats.
  constexpr int MOST = sizeof(T) == 4 ? 8 : 4;
  if (packs <= 32 * MOST) return {32, MOST};
  if (packs <= 1024) return {packs <= 512 ? 128 : 256, 4};
  threads = 256;
  while (threads < 1024 && threads * MOST < packs) threads *= 2;
  return {threads, threads * MOST < packs ? 0 : MOST};
}

/* One row in the registers of its threads. */
template <class T, int KEPT, bool BLOCK>
struct Row {
  static constexpr int PACK = lanes_of<T>;

  const T *x;
  int width, threads, lane;
  bool aligned;
  Vector<T> kept[KEPT == 0 ? 1 : KEPT];

  __device__ __forceinline__ Row(const T *x, int width, int threads, bool aligned)
      : x(x), width(width), threads(threads), aligned(aligned && width % PACK == 0) {
    lane = BLOCK ? threadIdx.x : threadIdx.x & (threads - 1);
#pragma unroll
    for (int i = 0; i < KEPT; ++i) kept[i] = read(i);
  }

  __device__ __forceinline__ int column(int i) const { return (i * threads + lane) * PACK; }

  /* Behind the end of a row, its pack repeats the first element. */
  __device__ __forceinline__ Vector<T> read(int i) const {
    Vector<T> vector = {};
    if (column(i) >= width) return vector;
    if (aligned) return load_vector(x + column(i));
#pragma unroll
    for (int j = 0; j < PACK; ++j) vector.values[j] = x[column(i) + (column(i) + j < width ? j : 0)];
    return vector;
  }

  /* Calls use(column, elements left, values) for the packs of this thread, in order. */
  template <class Use>
  __device__ __forceinline__ void each(Use &&use) const {
    const auto visit = [&](int i, const Vector<T> &vector) {
      float values[PACK];
#pragma unroll
      for (int j = 0; j < PACK; ++j) values[j] = to_float(vector.values[j]);
      use(column(i), width - column(i), values);
    };
    if constexpr (KEPT == 0) {
      for (int i = 0; column(i) < width; ++i) visit(i, read(i));
    }
#pragma unroll
    for (int i = 0; i < KEPT; ++i) {
      if (column(i) < width) visit(i, kept[i]);
    }
  }

  /* combine over the threads of the row, in every one of them; always the same tree. `shared`: room for 32 values, other
     ones at every call of a kernel. */
  template <class Combine>
  __device__ __forceinline__ float together(float value, Combine &&combine, float *shared) const {
    const int span = BLOCK ? 32 : threads;
    for (int step = span / 2; step > 0; step /= 2) value = combine(value, __shfl_xor_sync(0xffffffffu, value, step));
    if constexpr (BLOCK) {
      if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
      __syncthreads();
      value = shared[0];
      for (int warp = 1; warp < threads / 32; ++warp) value = combine(value, shared[warp]);
    }
    return value;
  }
};

/* The row of this thread, which may be behind the last. */
template <bool BLOCK>
__device__ __forceinline__ int64_t row_of_thread(int threads) {
  if (BLOCK) return blockIdx.x;
  return static_cast<int64_t>(blockIdx.x) * (ROW_THREADS / threads) + threadIdx.x / threads;
}

/* Calls launch(KEPT, BLOCK) of the plan as compile-time constants. */
template <class T, class Launch>
void with_plan(const RowPlan &plan, Launch &&launch) {
  const auto with = [&](auto kept) { plan.is_block() ? launch(kept, std::true_type{}) : launch(kept, std::false_type{}); };
  if (plan.kept == 4) with(std::integral_constant<int, 4>{});
  else if (plan.kept == 0) launch(std::integral_constant<int, 0>{}, std::true_type{});
  else if constexpr (sizeof(T) == 4) with(std::integral_constant<int, 8>{});
}

/* Most threads of a block with so many packs a thread, as plan_rows has them. */
template <class T, int KEPT, bool BLOCK>
constexpr int row_threads = BLOCK && (KEPT != 4 || sizeof(T) == 2) ? 1024 : ROW_THREADS;

}  // namespace bl

#endif
