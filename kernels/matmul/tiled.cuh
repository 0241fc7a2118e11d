/*
 * Rung `tiled`: products of any shape and alignment with float32 multiply-adds. Each block makes 64 × 64 results from
 * tiles of 16 in shared memory, 16 results a thread. Bound: the float32 pipeline (67 TFLOP/s on an H100), about half of
 * which it reaches; the vendor library has it where addresses and strides are multiples of 16 bytes.
 */
#ifndef BITLOSS_MATMUL_TILED_CUH
#define BITLOSS_MATMUL_TILED_CUH

#include "../common.cuh"

namespace bl {

constexpr int TILE = 64, TILE_DEPTH = 16, TILE_THREADS = 256;

/* A matrix whose element (row, k) is at row · row_step + k · k_step. */
template <class T>
struct Operand {
  const T *data;
  int64_t row_step, k_step, rows;

  __device__ float at(int64_t row, int64_t k, int64_t depth) const {
    return row < rows && k < depth ? to_float(data[row * row_step + k * k_step]) : 0.0f;
  }
};

/* out[a.rows, b.rows] (+)= Σ_k a(row, k) · b(column, k), k ascending. */
template <class T, class Out>
__global__ void __launch_bounds__(TILE_THREADS) tiled_product(Operand<T> a, Operand<T> b, int64_t depth, Out *out,
                                                              int64_t out_stride, int accumulate) {
  __shared__ float a_tile[TILE_DEPTH][TILE + 1], b_tile[TILE_DEPTH][TILE + 1];
  const int64_t row0 = static_cast<int64_t>(blockIdx.y) * TILE, column0 = static_cast<int64_t>(blockIdx.x) * TILE;
  const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
  float sums[4][4] = {};
  for (int64_t k0 = 0; k0 < depth; k0 += TILE_DEPTH) {
    for (int i = threadIdx.x; i < TILE * TILE_DEPTH; i += TILE_THREADS) {
      // Neighbouring threads read along whichever dimension is contiguous.
      const int row = a.k_step == 1 ? i / TILE_DEPTH : i % TILE, k = a.k_step == 1 ? i % TILE_DEPTH : i / TILE;
      a_tile[k][row] = a.at(row0 + row, k0 + k, depth);
      b_tile[k][row] = b.at(column0 + row, k0 + k, depth);
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < TILE_DEPTH; ++k) {
      float left[4], right[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) left[i] = a_tile[k][ty + 16 * i], right[i] = b_tile[k][tx + 16 * i];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[i][j] = fmaf(left[i], right[j], sums[i][j]);
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      const int64_t row = row0 + ty + 16 * i, column = column0 + tx + 16 * j;
      if (row >= a.rows || column >= b.rows) continue;
      Out *to = out + row * out_stride + column;
      *to = from_float<Out>(accumulate ? to_float(*to) + sums[i][j] : sums[i][j]);
    }
  }
}

template <class T, class Out>
void launch_tiled(Operand<T> a, Operand<T> b, int64_t depth, Out *out, int64_t out_stride, int accumulate,
                  cudaStream_t stream) {
  // The second dimension of a grid ends at 65535 blocks: more rows take several launches.
  const int64_t most = 65535LL * TILE;
  for (int64_t row = 0; row < a.rows; row += most) {
    Operand<T> part = a;
    part.data += row * a.row_step;
    part.rows = a.rows - row < most ? a.rows - row : most;
    const dim3 grid(static_cast<unsigned>(divide_up(b.rows, TILE)), static_cast<unsigned>(divide_up(part.rows, TILE)));
    tiled_product<<<grid, TILE_THREADS, 0, stream>>>(part, b, depth, out + row * out_stride, out_stride, accumulate);
  }
}

}  // namespace bl

#endif
