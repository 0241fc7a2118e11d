/*
 * Grouped product with plain float32 multiply-adds, for float32 and for 16-bit shapes that tensor cores cannot take: tiles in
 * shared memory, each sum one chain over k in ascending order. Bound: about 60 TFLOP/s on an H100.
 */
#ifndef BITLOSS_EXPERTS_FUSED_ADD_CUH
#define BITLOSS_EXPERTS_FUSED_ADD_CUH

#include "tiles.cuh"

namespace bl::experts {

constexpr int ADD_THREADS = 256;
constexpr int ADD_COLUMNS = 64;
constexpr int ADD_DEPTH = 16;

/** ROWS · 16 rows × 64 columns a block; thread (i, j) of 16 × 16 sums rows i + 16·r and columns j + 16·c. */
template <class Element, class Out, int ROWS>
__global__ void __launch_bounds__(ADD_THREADS) fused_add_kernel(const Element *x, const Element *experts, Out *out,
                                                                const int32_t *slots, int E, int N, int K) {
  constexpr int TILE_ROWS = 16 * ROWS;
  constexpr int COLUMNS = ADD_COLUMNS / 16;
  __shared__ float a[ADD_DEPTH][TILE_ROWS + 1];
  __shared__ float b[ADD_DEPTH][ADD_COLUMNS + 1];
  const Tile tile = find_tile(slots, E, blockIdx.x, TILE_ROWS, (N + ADD_COLUMNS - 1) / ADD_COLUMNS);
  if (tile.expert < 0) return;
  const Element *w = experts + static_cast<int64_t>(tile.expert) * N * K;
  const int first_column = tile.column * ADD_COLUMNS;
  const int i = threadIdx.x / 16, j = threadIdx.x % 16;
  float sums[ROWS][COLUMNS] = {};
  for (int from = 0; from < K; from += ADD_DEPTH) {
    const int k = from + j;
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
      const int row = tile.first_row + i + 16 * r;
      a[j][i + 16 * r] = row < tile.end_row && k < K ? to_float(x[static_cast<int64_t>(row) * K + k]) : 0;
    }
#pragma unroll
    for (int c = 0; c < COLUMNS; ++c) {
      const int column = first_column + i + 16 * c;
      b[j][i + 16 * c] = column < N && k < K ? to_float(w[static_cast<int64_t>(column) * K + k]) : 0;
    }
    __syncthreads();
#pragma unroll
    for (int depth = 0; depth < ADD_DEPTH; ++depth) {
#pragma unroll
      for (int r = 0; r < ROWS; ++r)
#pragma unroll
        for (int c = 0; c < COLUMNS; ++c)
          sums[r][c] = fmaf(a[depth][i + 16 * r], b[depth][j + 16 * c], sums[r][c]);
    }
    __syncthreads();
  }
#pragma unroll
  for (int r = 0; r < ROWS; ++r) {
    const int row = tile.first_row + i + 16 * r;
    if (row >= tile.end_row) continue;
#pragma unroll
    for (int c = 0; c < COLUMNS; ++c) {
      const int column = first_column + j + 16 * c;
      if (column < N) out[static_cast<int64_t>(row) * N + column] = from_float<Out>(sums[r][c]);
    }
  }
}

}  // namespace bl::experts

#endif
