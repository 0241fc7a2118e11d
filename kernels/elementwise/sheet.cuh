/* The shape of operations that treat every element by itself: a thread for each pack of each row. */
#ifndef BITLOSS_ELEMENTWISE_SHEET_CUH
#define BITLOSS_ELEMENTWISE_SHEET_CUH

#include "pack.cuh"

namespace bl {

constexpr int SHEET_THREADS = 256;

/* Blocks walk along a row before they go to the next ones, so that neighbours in time are neighbours in memory. */
template <int N, class Body>
__global__ void __launch_bounds__(SHEET_THREADS) sheet_kernel(int64_t rows, int64_t width, unsigned blocks_a_row, Body body) {
  const int64_t row = static_cast<int64_t>(blockIdx.x / blocks_a_row) * blockDim.y + threadIdx.y;
  const int64_t column = (static_cast<int64_t>(blockIdx.x % blocks_a_row) * blockDim.x + threadIdx.x) * N;
  if (row < rows && column < width) body(row, column, width - column);
}

/* Runs body(row, column, elements left in the row) for the packs of N elements of rows × width. */
template <int N, class Body>
int over_sheet(const char *op, int64_t rows, int64_t width, const Body &body, bl_stream stream) {
  BL_REQUIRE(rows >= 0 && width >= 0, "%s: %lld rows of %lld elements; neither may be negative", op, (long long)rows,
             (long long)width);
  if (rows == 0 || width == 0) return BL_OK;
  const int64_t packs = divide_up(width, N);
  dim3 threads(1);
  while (threads.x < SHEET_THREADS && threads.x < packs) threads.x *= 2;
  threads.y = SHEET_THREADS / threads.x;
  const int64_t blocks_a_row = divide_up(packs, threads.x), blocks = blocks_a_row * divide_up(rows, threads.y);
  BL_REQUIRE(blocks < INT32_MAX, "%s: %lld rows of %lld elements are too many for one call; split the rows", op,
             (long long)rows, (long long)width);
  sheet_kernel<N><<<static_cast<unsigned>(blocks), threads, 0, stream_of(stream)>>>(
      rows, width, static_cast<unsigned>(blocks_a_row), body);
  return launched(op);
}

/* Elements of a pack that is 16 bytes of the wider of two types. */
template <class A, class B>
constexpr int pack_of = 16 / static_cast<int>(sizeof(A) > sizeof(B) ? sizeof(A) : sizeof(B));

/* Which of outer × inner vectors. */
struct VectorIndex {
  int outer, inner;

  __device__ __forceinline__ VectorIndex(int64_t row, int inner_count) {
    // Rows are fewer than 2^31 (checked by the callers): 32-bit division is several times as fast.
    const auto index = static_cast<unsigned>(row);
    outer = static_cast<int>(inner_count == 1 ? index : index / static_cast<unsigned>(inner_count));
    inner = static_cast<int>(index - static_cast<unsigned>(outer) * inner_count);
  }
};

/* Where outer × inner vectors begin. */
struct Vectors {
  int64_t outer_stride, inner_stride;

  __device__ __forceinline__ int64_t start(const VectorIndex &index) const {
    return index.outer * outer_stride + index.inner * inner_stride;
  }
};

/* Checks the shape that outer × inner vectors have in every operation. */
inline int check_vectors(const char *op, int64_t outer, int64_t inner, int64_t width) {
  BL_REQUIRE(outer >= 0 && inner >= 1 && width >= 1 && width < INT32_MAX && inner < INT32_MAX &&
                 outer * inner < INT32_MAX,
             "%s: %lld × %lld vectors of %lld elements; inner and width must be positive, and the vectors fewer than 2^31", op,
             (long long)outer, (long long)inner, (long long)width);
  return BL_OK;
}

}  // namespace bl

#endif
