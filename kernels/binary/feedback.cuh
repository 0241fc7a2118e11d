/*
 * One block of at most 128 columns of the column loop for any rounding: a warp a row, four columns a lane in registers, the
 * block's triangle of U in shared memory. A rounder is told its row and gives ŵ of a column that its lane owns.
 * Bound: a chain of about 150 cycles a column in each row; the rows of a processor hide each other's.
 */
#ifndef BITLOSS_BINARY_FEEDBACK_CUH
#define BITLOSS_BINARY_FEEDBACK_CUH

#include "../matmul/vendor.h"
#include "../quantize/row_work.cuh"
#include "levels.h"

namespace bl {
namespace binary {

constexpr int FEEDBACK_WARPS = 8;
/* Columns of a block that a lane owns: lane, lane + 32 … */
constexpr int SLOTS = BLOCK_COLUMNS / 32;
constexpr size_t FEEDBACK_BYTES = sizeof(double) * (quantize::TRIANGLE + BLOCK_COLUMNS);

struct Feedback {
  /* [N, K]. */
  const double *weights;
  const double *upper;
  int64_t N, K;
  /* [N, 128]: errors of this block from column 0 on. */
  double *errors;
  double *losses;
  int64_t start;
  int columns;
  /* Whether errors reach the later columns of the block. */
  bool inside;
};

template <class Rounder>
__global__ void __launch_bounds__(32 * FEEDBACK_WARPS) feedback_block(Feedback in, Rounder rounder) {
  extern __shared__ double triangle[];
  double *reciprocals = triangle + quantize::TRIANGLE;
  for (int at = threadIdx.x; at < BLOCK_COLUMNS * BLOCK_COLUMNS; at += blockDim.x) {
    const int i = at / BLOCK_COLUMNS, j = at % BLOCK_COLUMNS;
    if (j < (i & ~1)) continue;
    const bool is_inside = i < in.columns && j < in.columns && j >= i;
    const double value = is_inside ? in.upper[(in.start + i) * in.K + in.start + j] : 0.0;
    triangle[quantize::triangle_row(i) + j] = value;
    if (i == j) reciprocals[i] = 1.0 / value;
  }
  __syncthreads();
  const int lane = threadIdx.x % 32;
  const int64_t step = static_cast<int64_t>(gridDim.x) * FEEDBACK_WARPS;
  for (int64_t n = blockIdx.x * static_cast<int64_t>(FEEDBACK_WARPS) + threadIdx.x / 32; n < in.N; n += step) {
    double values[SLOTS];
#pragma unroll
    for (int s = 0; s < SLOTS; ++s) {
      const int j = lane + 32 * s;
      values[s] = j < in.columns ? in.weights[n * in.K + in.start + j] : 0.0;
    }
    typename Rounder::Row row(rounder, n, in.start, in.columns, lane);
    double loss = 0;
#pragma unroll
    for (int s = 0; s < SLOTS; ++s) {
      for (int owner = 0; owner < 32; ++owner) {
        const int i = 32 * s + owner;
        if (i >= in.columns) break;
        const double pivot = triangle[quantize::triangle_row(i) + i];
        const double difference = quantize::minus(values[s], row.round(s, values[s], lane == owner));
        double error = quantize::divide(difference, pivot, reciprocals[i]);
        error = __shfl_sync(0xffffffffu, error, owner);
        loss = quantize::plus(loss, quantize::times(error, error));
        if (lane == owner) in.errors[n * BLOCK_COLUMNS + i] = error;
        if (!in.inside) continue;
        // Columns that are done already change too; nobody reads them again.
#pragma unroll
        for (int t = s; t < SLOTS; ++t) {
          const double factor = triangle[quantize::triangle_row(i) + lane + 32 * t];
          if (lane + 32 * t > i) values[t] = quantize::minus(values[t], quantize::times(error, factor));
        }
      }
    }
    if (lane == 0) in.losses[n] = (in.start == 0 ? 0.0 : in.losses[n]) + loss;
  }
}

/* Queues one block and the correction of all columns behind it. `op` is named in messages. */
template <class Rounder>
int run_block(bl_context *ctx, const char *op, double *weights, const Feedback &in, const Rounder &rounder,
              bl_stream stream) {
  BL_TRY(bl::allow_shared(op, feedback_block<Rounder>, FEEDBACK_BYTES));
  const int64_t rows = bl::divide_up(in.N, FEEDBACK_WARPS), most = 4 * static_cast<int64_t>(ctx->multiprocessors);
  feedback_block<Rounder><<<rows < most ? rows : most, 32 * FEEDBACK_WARPS, FEEDBACK_BYTES, bl::stream_of(stream)>>>(in, rounder);
  BL_TRY(bl::launched(op));
  const int64_t end = in.start + in.columns;
  if (end == in.K) return BL_OK;
  return vendor_gemm_f64(ctx, in.errors, BLOCK_COLUMNS, in.upper + in.start * in.K + end, in.K, 0, weights + end, in.K, in.N,
                         in.K - end, in.columns, -1, 1, stream);
}

}  // namespace binary
}  // namespace bl

#endif
