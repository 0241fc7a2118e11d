/* Matrices in shared memory whose rows a warp reads without bank conflicts, and how they get there. */
#ifndef BITLOSS_ATTENTION_SWIZZLED_CUH
#define BITLOSS_ATTENTION_SWIZZLED_CUH

#include "fragments.cuh"

namespace bl::attention {

/*
 * A matrix of 16-bit elements in shared memory, COLUMNS a multiple of 32. The 16-byte chunks of a row are permuted by the
 * row's number, so that 8 neighbouring rows of one column of chunks lie in different banks.
 */
template <int COLUMNS>
struct Swizzled {
  static constexpr int chunks = COLUMNS / 8;

  __device__ static __forceinline__ int turn(int row) { return chunks % 8 == 0 ? row & 7 : row >> 1 & 3; }
  __device__ static __forceinline__ unsigned offset(int row, int chunk) {
    return static_cast<unsigned>(row * chunks + (chunk ^ turn(row))) * 16;
  }
};

/* Starts copies of ROWS rows of `width` ≤ COLUMNS elements; address(row) is the row in global memory or null. */
template <class T, int ROWS, int COLUMNS, int THREADS, class Address>
__device__ __forceinline__ void copy_rows(unsigned to, int width, Address &&address) {
  constexpr int chunks = COLUMNS / 8;
#pragma unroll
  for (int i = 0; i < ROWS * chunks / THREADS; i += 1) {
    const int index = static_cast<int>(threadIdx.x) + i * THREADS;
    const int row = index / chunks, chunk = index % chunks;
    const T *from = address(row);
    const bool filled = from != nullptr && chunk * 8 < width;
    copy_async(to + Swizzled<COLUMNS>::offset(row, chunk), filled ? from + chunk * 8 : nullptr, filled);
  }
}

}  // namespace bl::attention

#endif
