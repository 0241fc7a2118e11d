/* GPTQ's column loop: a kernel for each block of 128 columns, a product for the columns behind it; nothing waits. */
#include "checks.h"
#include "loop.cuh"

using namespace bl::quantize;

BL_EXPORT int bl_column_loop(bl_context *ctx, bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, int bits,
                             int symmetric, int range, int mse, bl_ptr group_of_step, int fit, bl_ptr codes,
                             bl_ptr scales, bl_ptr zeros, bl_ptr losses, bl_ptr errors, bl_stream stream) {
  BL_ENTER(ctx, "bl_column_loop");
  const Rule rule{bits, symmetric, range, mse};
  BL_TRY(check_rule("bl_column_loop", N, K, G, rule));
  if (N == 0) return BL_OK;
  const LoopArguments in = loop_arguments(w, upper, N, K, G, rule, group_of_step, fit, codes, scales, zeros, losses);
  return run_loop("bl_column_loop", ctx, in, bl::pointer_to<double>(errors), stream, [&](const LoopArguments &block) {
    return round_block<Keep::ALL_CODES>("bl_column_loop", ctx, block, bl::stream_of(stream));
  });
}

BL_EXPORT int bl_fit_grids(bl_context *ctx, bl_ptr w, int64_t N, int64_t K, int64_t G, int bits, int symmetric, int range,
                           int mse, bl_ptr scales, bl_ptr zeros, bl_stream stream) {
  BL_ENTER(ctx, "bl_fit_grids");
  const Rule rule{bits, symmetric, range, mse};
  BL_TRY(check_rule("bl_fit_grids", N, K, G, rule));
  if (N == 0) return BL_OK;
  const LoopArguments in = loop_arguments(w, 0, N, K, G, rule, 0, 1, 0, scales, zeros, 0);
  return fit("bl_fit_grids", in, in.groups, bl::stream_of(stream));
}
