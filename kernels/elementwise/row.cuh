/*
 * Rows that are read once and kept in registers while all of a row is reduced: narrow rows by a part of a warp each, wide
 * ones by a block. The element that a thread holds, and so the order of every sum, depends on the width alone.
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
  int kept;     // packs a thread; 0: the row is too long and read again at every use
  int rows;     // rows a thread works on at a time, so that enough loads are in flight

  bool is_block() const { return threads > 32; }
  int block() const { return is_block() ? threads : ROW_THREADS; }
  int64_t blocks(int64_t count) const { return is_block() ? count : divide_up(count, ROW_THREADS / threads * rows); }
};

/* For elements of T, in packs of 16 bytes. */
template <class T>
RowPlan plan_rows(int64_t width) {
  const int64_t packs = divide_up(width, lanes_of<T>);
  if (packs <= 32) {
    int threads = 1;
    while (threads < packs) threads *= 2;
    return {threads, 1, 4};
  }
  if (packs <= 128) return {32, 4, 1};
  // Eight packs of 16-bit elements would not leave registers for their 64 floats.
  constexpr int MOST = sizeof(T) == 4 ? 8 : 4;
  if (packs <= 32 * MOST) return {32, MOST, 1};
  if (packs <= 1024) return {packs <= 512 ? 128 : 256, 4, 1};
  int threads = 256;
  while (threads < 1024 && threads * MOST < packs) threads *= 2;
  return {threads, threads * MOST < packs ? 0 : MOST, 1};
}

/* The rows of one thread: ROWS neighbours from `first` on, of which those from `count` on are missing. */
template <class T, int KEPT, int ROWS, bool BLOCK>
struct Rows {
  static constexpr int PACK = lanes_of<T>;

  int width, threads, lane;
  int64_t first, count;
  bool aligned;
  const T *x[ROWS];
  Vector<T> kept[ROWS][KEPT == 0 ? 1 : KEPT];

  /* start(rows of the thread, their starts in memory [ROWS]) says where rows begin. */
  template <class Start>
  __device__ __forceinline__ Rows(const T *base, int width, int64_t count, int threads, bool aligned, Start &&start)
      : width(width), threads(threads), count(count), aligned(aligned && width % PACK == 0) {
    lane = BLOCK ? threadIdx.x : threadIdx.x & (threads - 1);
    first = BLOCK ? blockIdx.x : (static_cast<int64_t>(blockIdx.x) * (ROW_THREADS / threads) + threadIdx.x / threads) * ROWS;
    int64_t starts[ROWS];
    start(first < count ? first : count - 1, starts);
    // A missing row reads the first one.
#pragma unroll
    for (int r = 0; r < ROWS; ++r) x[r] = base + (has(r) ? starts[r] : starts[0]);
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
#pragma unroll
      for (int i = 0; i < KEPT; ++i) kept[r][i] = read(r, i);
    }
  }

  __device__ __forceinline__ bool has(int r) const { return BLOCK || first + r < count; }
  __device__ __forceinline__ int column(int i) const { return (i * threads + lane) * PACK; }

  /* Behind the end of a row, its pack repeats the first element. */
  __device__ __forceinline__ Vector<T> read(int r, int i) const {
    Vector<T> vector = {};
    if (column(i) >= width) return vector;
    if (aligned) return load_vector(x[r] + column(i));
#pragma unroll
    for (int j = 0; j < PACK; ++j) vector.values[j] = x[r][column(i) + (column(i) + j < width ? j : 0)];
    return vector;
  }

  /* Calls use(column, elements left, values [ROWS][PACK]) for the packs of this thread, in order. */
  template <class Use>
  __device__ __forceinline__ void each(Use &&use) const {
    const auto visit = [&](int i, auto &&pack) {
      float values[ROWS][PACK];
#pragma unroll
      for (int r = 0; r < ROWS; ++r) {
        const Vector<T> vector = pack(r);
#pragma unroll
        for (int j = 0; j < PACK; ++j) values[r][j] = to_float(vector.values[j]);
      }
      use(column(i), width - column(i), values);
    };
    if constexpr (KEPT == 0) {
      for (int i = 0; column(i) < width; ++i) visit(i, [&](int r) { return read(r, i); });
    }
#pragma unroll
    for (int i = 0; i < KEPT; ++i) {
      if (column(i) < width) visit(i, [&](int r) { return kept[r][i]; });
    }
  }

  /* combine over the threads of each row, in every one of them; always the same tree. `shared`: room for 32 values, other
     ones at every call of a kernel. */
  template <class Combine>
  __device__ __forceinline__ void together(float (&values)[ROWS], Combine &&combine, float *shared) const {
    const int span = BLOCK ? 32 : threads;
    for (int step = span / 2; step > 0; step /= 2) {
#pragma unroll
      for (int r = 0; r < ROWS; ++r) values[r] = combine(values[r], __shfl_xor_sync(0xffffffffu, values[r], step));
    }
    if constexpr (BLOCK) {
      if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = values[0];
      __syncthreads();
      values[0] = shared[0];
      for (int warp = 1; warp < threads / 32; ++warp) values[0] = combine(values[0], shared[warp]);
    }
  }
};

/* Calls launch(KEPT, ROWS, BLOCK) of the plan as compile-time constants. */
template <class T, class Launch>
void with_plan(const RowPlan &plan, Launch &&launch) {
  const auto with = [&](auto kept, auto rows) {
    if constexpr (rows > 1) launch(kept, rows, std::false_type{});
    else if (plan.is_block()) launch(kept, rows, std::true_type{});
    else if constexpr (kept > 0) launch(kept, rows, std::false_type{});
  };
  using One = std::integral_constant<int, 1>;
  if (plan.rows > 1) with(One{}, std::integral_constant<int, 4>{});
  else if (plan.kept == 0) with(std::integral_constant<int, 0>{}, One{});
  else if (plan.kept == 4) with(std::integral_constant<int, 4>{}, One{});
  else if constexpr (sizeof(T) == 4) with(std::integral_constant<int, 8>{}, One{});
}

/* Most threads of a block with so many packs a thread, as plan_rows has them. */
template <class T, int KEPT, bool BLOCK>
constexpr int row_threads = BLOCK && (KEPT != 4 || sizeof(T) == 2) ? 1024 : ROW_THREADS;

}  // namespace bl

#endif
