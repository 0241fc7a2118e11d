/*
 * The column loop for rounders that fit every group anew: a warp a row fits a group when its first column is reached, on weights
 * that carry every earlier error, then its columns are done in blocks of at most 128.
 */
#ifndef BITLOSS_BINARY_GROUPED_CUH
#define BITLOSS_BINARY_GROUPED_CUH

#include "feedback.cuh"

namespace bl {
namespace binary {

/* rounder.fit(weights of a row from column `start` on, n, start, lane), by whole warps. */
template <class Rounder>
__global__ void __launch_bounds__(32 * FEEDBACK_WARPS) fit_rows(const double *weights, int64_t N, int64_t K, int64_t start,
                                                                Rounder rounder) {
  const int64_t n = blockIdx.x * static_cast<int64_t>(FEEDBACK_WARPS) + threadIdx.x / 32;
  if (n < N) rounder.fit(weights + n * K + start, n, start, threadIdx.x % 32);
}

/* Queues all groups, of rounder.G columns. `op` is named in messages. */
template <class Rounder>
int run_groups(bl_context *ctx, const char *op, double *weights, Feedback in, const Rounder &rounder, bl_stream stream) {
  for (int64_t group = 0; group < in.K; group += rounder.G) {
    fit_rows<Rounder><<<bl::divide_up(in.N, FEEDBACK_WARPS), 32 * FEEDBACK_WARPS, 0, bl::stream_of(stream)>>>(weights, in.N, in.K,
                                                                                                            group, rounder);
    BL_TRY(bl::launched(op));
    for (in.start = group; in.start < group + rounder.G; in.start += BLOCK_COLUMNS) {
      const int64_t left = group + rounder.G - in.start;
      in.columns = static_cast<int>(left < BLOCK_COLUMNS ? left : BLOCK_COLUMNS);
      BL_TRY(run_block(ctx, op, weights, in, rounder, stream));
    }
  }
  return BL_OK;
}

}  // namespace binary
}  // namespace bl

#endif
