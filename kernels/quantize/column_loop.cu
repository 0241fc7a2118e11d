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
  LoopArguments in{};
  in.weights = bl::pointer_to<double>(w);
  in.upper = bl::pointer_to<const double>(upper);
  in.N = N;
  in.K = K;
  in.G = G;
  in.groups = K / G;
  in.rule = rule;
  in.group_of_step = bl::pointer_to<const int32_t>(group_of_step);
  in.fit = fit != 0;
  in.codes = bl::pointer_to<uint8_t>(codes);
  in.scales = bl::pointer_to<float>(scales);
  in.zeros = bl::pointer_to<int16_t>(zeros);
  in.losses = bl::pointer_to<double>(losses);
  in.errors_stride = PANEL_BLOCKS * BLOCK_COLUMNS;
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
  LoopArguments in{};
  in.weights = bl::pointer_to<double>(w);
  in.N = N;
  in.K = K;
  in.G = G;
  in.groups = K / G;
  in.rule = rule;
  in.scales = bl::pointer_to<float>(scales);
  in.zeros = bl::pointer_to<int16_t>(zeros);
  return fit("bl_fit_grids", in, in.groups, bl::stream_of(stream));
}
