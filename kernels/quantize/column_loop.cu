/* GPTQ's column loop: a kernel for each block of 128 columns, a product for the columns behind it; nothing waits. */
#include "checks.h"
#include "../matmul/vendor.h"
#include "column_block.cuh"

using namespace bl::quantize;

/* Blocks whose errors go to the columns behind them together: one product of depth 512 in place of four of 128. */
static constexpr int64_t PANEL_BLOCKS = 4;

template <int LANES, bool EVEN>
static int launch_block(const LoopArguments &in, cudaStream_t stream) {
  constexpr int rows = RowWork<LANES, EVEN>::ROWS;
  constexpr size_t bytes = block_bytes<LANES, EVEN>();
  BL_TRY(bl::allow_shared("bl_column_loop", column_block<LANES, EVEN>, bytes));
  column_block<LANES, EVEN><<<bl::divide_up(in.N, rows), BLOCK_THREADS, bytes, stream>>>(in);
  return bl::launched("bl_column_loop");
}

static int round_block(bl_context *ctx, const LoopArguments &in, cudaStream_t stream) {
  const bool is_even = !(in.fit && in.G < BLOCK_COLUMNS) || in.G % 2 == 0;
  if (!is_even) return launch_block<4, false>(in, stream);
  // More lanes a row fill the device with few rows, fewer waste less on many.
  const bool is_tall = in.N > 128 * static_cast<int64_t>(ctx->multiprocessors);
  return is_tall ? launch_block<2, true>(in, stream) : launch_block<4, true>(in, stream);
}

/* Columns of a block, and of a panel of blocks: neither may end inside a group that is still to be fitted. */
struct Widths {
  int64_t block, panel;
};

static Widths widths_of(const LoopArguments &in) {
  const int64_t G = in.G;
  const int64_t block = G <= BLOCK_COLUMNS ? BLOCK_COLUMNS / G * G : BLOCK_COLUMNS;
  const int64_t panel = PANEL_BLOCKS * block;
  const bool fits = !in.fit || G <= BLOCK_COLUMNS || panel % G == 0 || G % panel == 0;
  return {block, fits ? panel : 0};
}

static int64_t block_end(const LoopArguments &in, int64_t start, int64_t panel_end, const Widths &widths) {
  int64_t end = start + widths.block;
  if (in.G > BLOCK_COLUMNS) end = end < (start / in.G + 1) * in.G ? end : (start / in.G + 1) * in.G;
  if (widths.panel > 0 && end > panel_end) end = panel_end;
  return end < in.K ? end : in.K;
}

static int fit(const LoopArguments &in, int64_t groups, cudaStream_t stream) {
  fit_rows<<<bl::divide_up(in.N * groups, BLOCK_THREADS / 32), BLOCK_THREADS, 0, stream>>>(in, groups);
  return bl::launched("bl_column_loop");
}

/* weights[:, from … to) −= errors[:, 0 … depth) · upper[first … first + depth, from … to). */
static int push_errors(bl_context *ctx, const LoopArguments &in, const double *errors, int64_t first, int64_t depth,
                       int64_t from, int64_t to, bl_stream stream) {
  if (from >= to) return BL_OK;
  return vendor_gemm_f64(ctx, errors, in.errors_stride, in.upper + first * in.K + from, in.K, 0, in.weights + from, in.K,
                         in.N, to - from, depth, -1, 1, stream);
}

static int run_loop(bl_context *ctx, LoopArguments in, double *errors, bl_stream stream) {
  const Widths widths = widths_of(in);
  for (int64_t panel = 0; panel < in.K;) {
    const int64_t limit = widths.panel > 0 ? panel + widths.panel : in.K;
    const int64_t panel_end = limit < in.K ? limit : in.K;
    int64_t start = panel;
    while (start < panel_end) {
      const int64_t end = block_end(in, start, panel_end, widths);
      in.start = start;
      in.columns = static_cast<int>(end - start);
      in.errors = errors + (widths.panel > 0 ? start - panel : 0);
      if (in.fit && in.G > BLOCK_COLUMNS && start % in.G == 0) {
        BL_TRY(fit(in, 1, bl::stream_of(stream)));
      }
      BL_TRY(round_block(ctx, in, bl::stream_of(stream)));
      BL_TRY(push_errors(ctx, in, in.errors, start, end - start, end, panel_end, stream));
      start = end;
    }
    if (widths.panel > 0) BL_TRY(push_errors(ctx, in, errors, panel, panel_end - panel, panel_end, in.K, stream));
    panel = panel_end;
  }
  return BL_OK;
}

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
  return run_loop(ctx, in, bl::pointer_to<double>(errors), stream);
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
  return fit(in, in.groups, bl::stream_of(stream));
}
