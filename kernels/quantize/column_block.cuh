/*
 * One block of at most 128 columns of GPTQ's column loop, all in one kernel: LANES threads a row, the block's triangle of U and the
 * rows' weights in shared memory. Groups of at most 128 columns are fitted here, when all their columns carry every earlier
 * error; larger ones by a kernel before the block in which they begin.
 * Bound: a chain of some 12 float64 steps a column, about 130 cycles, as long as the rows fill the device once.
 */
#ifndef BITLOSS_QUANTIZE_COLUMN_BLOCK_CUH
#define BITLOSS_QUANTIZE_COLUMN_BLOCK_CUH

#include "row_work.cuh"

namespace bl {
namespace quantize {

template <int LANES, bool EVEN>
constexpr size_t block_bytes() {
  constexpr int rows = RowWork<LANES, EVEN>::ROWS;
  return sizeof(double) * (TRIANGLE + BLOCK_COLUMNS + rows * ROW_STRIDE + TILE) + rows * BLOCK_COLUMNS;
}

template <int LANES, bool EVEN, Keep KEEP>
__global__ void __launch_bounds__(BLOCK_THREADS) column_block(LoopArguments in) {
  constexpr int rows = RowWork<LANES, EVEN>::ROWS;
  extern __shared__ double shared[];
  double *triangle = shared, *reciprocals = triangle + TRIANGLE, *weights = reciprocals + BLOCK_COLUMNS;
  uint8_t *codes = reinterpret_cast<uint8_t *>(weights + rows * ROW_STRIDE + TILE);
  const int thread = threadIdx.x;
  const int64_t first = blockIdx.x * static_cast<int64_t>(rows);
  for (int at = thread; at < BLOCK_COLUMNS * BLOCK_COLUMNS; at += BLOCK_THREADS) {
    const int i = at / BLOCK_COLUMNS, j = at % BLOCK_COLUMNS;
    if (j < (i & ~1)) continue;
    const bool is_inside = i < in.columns && j < in.columns && j >= i;
    const double value = is_inside ? in.upper[(in.start + i) * in.K + in.start + j] : 0.0;
    triangle[triangle_row(i) + j] = value;
    if (i == j) reciprocals[i] = 1.0 / value;
  }
  if (thread < TILE) triangle[65 * BLOCK_COLUMNS + thread] = 0;
  for (int at = thread; at < rows * BLOCK_COLUMNS; at += BLOCK_THREADS) {
    const int r = at / BLOCK_COLUMNS, j = at % BLOCK_COLUMNS;
    const bool is_inside = first + r < in.N && j < in.columns;
    weights[r * ROW_STRIDE + j] = is_inside ? in.weights[(first + r) * in.K + in.start + j] : 0.0;
  }
  __syncthreads();
  const int r = thread / LANES;
  RowWork<LANES, EVEN, KEEP> work{in, triangle, reciprocals, weights + r * ROW_STRIDE, codes + r * BLOCK_COLUMNS,
                            first + r, thread % LANES, (1 << in.rule.bits) - 1, 0.0};
  work.run();
  if (work.lane == 0 && work.n < in.N) in.losses[work.n] = (in.start == 0 ? 0 : in.losses[work.n]) + work.loss;
  __syncthreads();
  for (int at = thread; at < rows * BLOCK_COLUMNS; at += BLOCK_THREADS) {
    const int row = at / BLOCK_COLUMNS, j = at % BLOCK_COLUMNS;
    if (first + row >= in.N || j >= in.columns) continue;
    in.errors[(first + row) * in.errors_stride + j] = weights[row * ROW_STRIDE + j];
    if constexpr (KEEP != Keep::KEPT_VALUES) in.codes[(first + row) * in.K + in.start + j] = codes[row * BLOCK_COLUMNS + j];
  }
}

/* Grids of `groups` groups of each row, the first beginning at `start`; one warp a group. */
static __global__ void __launch_bounds__(BLOCK_THREADS) fit_rows(LoopArguments in, int64_t groups) {
  const int64_t warp = blockIdx.x * static_cast<int64_t>(BLOCK_THREADS / 32) + threadIdx.x / 32;
  const int64_t n = warp / groups, first = in.start / in.G + warp % groups;
  const int lane = threadIdx.x % 32;
  if (n >= in.N) return;
  const double *weights = in.weights + n * in.K + first * in.G;
  Range range;
  for (int64_t i = lane; i < in.G; i += 32) range.add(weights[i]);
  range.merge(32);
  Grid grid = grid_of(range.low, range.high, in.rule);
  if (in.rule.mse) {
    grid = shrink([weights](int i) { return weights[i]; }, [](int) { return 1.0f; }, static_cast<int>(in.G), range.low,
                  range.high, in.rule, lane, 32);
  }
  if (!range.is_finite()) grid = Grid{NAN, 0};
  if (lane != 0) return;
  const int64_t g = n * in.groups + first;
  in.scales[g] = static_cast<float>(grid.scale);
  in.zeros[g] = static_cast<int16_t>(grid.zero);
}

}  // namespace quantize
}  // namespace bl

#endif
