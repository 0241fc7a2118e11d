/* The column loop on the host side: which columns make a block, and what is queued for each; nothing waits. */
#ifndef BITLOSS_QUANTIZE_LOOP_CUH
#define BITLOSS_QUANTIZE_LOOP_CUH

#include "../matmul/vendor.h"
#include "column_block.cuh"

namespace bl {
namespace quantize {

/* Blocks whose errors go to the columns behind them together: one product of depth 512 in place of four of 128. */
constexpr int64_t PANEL_BLOCKS = 4;

/* What all column loops are given, in the order of bl.h; without pruning. */
inline LoopArguments loop_arguments(bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, const Rule &rule,
                                    bl_ptr group_of_step, int fit, bl_ptr codes, bl_ptr scales, bl_ptr zeros,
                                    bl_ptr losses) {
  LoopArguments in{};
  in.weights = pointer_to<double>(w);
  in.upper = pointer_to<const double>(upper);
  in.N = N;
  in.K = K;
  in.G = G;
  in.groups = K / G;
  in.rule = rule;
  in.group_of_step = pointer_to<const int32_t>(group_of_step);
  in.fit = fit != 0;
  in.codes = pointer_to<uint8_t>(codes);
  in.scales = pointer_to<float>(scales);
  in.zeros = pointer_to<int16_t>(zeros);
  in.losses = pointer_to<double>(losses);
  in.errors_stride = PANEL_BLOCKS * BLOCK_COLUMNS;
  return in;
}

template <int LANES, bool EVEN, Keep KEEP>
int launch_block(const char *op, const LoopArguments &in, cudaStream_t stream) {
  constexpr int rows = RowWork<LANES, EVEN>::ROWS;
  constexpr size_t bytes = block_bytes<LANES, EVEN>();
  BL_TRY(allow_shared(op, column_block<LANES, EVEN, KEEP>, bytes));
  column_block<LANES, EVEN, KEEP><<<static_cast<unsigned>(divide_up(in.N, rows)), BLOCK_THREADS, bytes, stream>>>(in);
  return launched(op);
}

template <Keep KEEP>
int round_block(const char *op, bl_context *ctx, const LoopArguments &in, cudaStream_t stream) {
  const bool is_even = !(in.fit && in.G < BLOCK_COLUMNS) || in.G % 2 == 0;
  if (!is_even) return launch_block<4, false, KEEP>(op, in, stream);
  // More lanes a row fill the device with few rows, fewer waste less on many; a run lies in the columns of one lane.
  const bool is_tall = in.N > 128 * static_cast<int64_t>(ctx->multiprocessors) || in.run_m == 8;
  return is_tall ? launch_block<2, true, KEEP>(op, in, stream) : launch_block<4, true, KEEP>(op, in, stream);
}

/* Columns of a block, and of a panel of blocks: neither may end inside a group that is still to be fitted. */
struct Widths {
  int64_t block, panel;
};

inline Widths widths_of(const LoopArguments &in) {
  const int64_t G = in.G;
  const int64_t block = G <= BLOCK_COLUMNS ? BLOCK_COLUMNS / G * G : BLOCK_COLUMNS;
  const int64_t panel = PANEL_BLOCKS * block;
  const bool fits = !in.fit || G <= BLOCK_COLUMNS || panel % G == 0 || G % panel == 0;
  return {block, fits ? panel : 0};
}

inline int64_t block_end(const LoopArguments &in, int64_t start, int64_t panel_end, const Widths &widths) {
  int64_t end = start + widths.block;
  if (in.G > BLOCK_COLUMNS) end = end < (start / in.G + 1) * in.G ? end : (start / in.G + 1) * in.G;
  if (widths.panel > 0 && end > panel_end) end = panel_end;
  return end < in.K ? end : in.K;
}

inline int fit(const char *op, const LoopArguments &in, int64_t groups, cudaStream_t stream) {
  fit_rows<<<divide_up(in.N * groups, BLOCK_THREADS / 32), BLOCK_THREADS, 0, stream>>>(in, groups);
  return launched(op);
}

/* weights[:, from … to) −= errors[:, 0 … depth) · upper[first … first + depth, from … to). */
inline int push_errors(bl_context *ctx, const LoopArguments &in, const double *errors, int64_t first, int64_t depth,
                       int64_t from, int64_t to, bl_stream stream) {
  if (from >= to) return BL_OK;
  return vendor_gemm_f64(ctx, errors, in.errors_stride, in.upper + first * in.K + from, in.K, 0, in.weights + from, in.K,
                         in.N, to - from, depth, -1, 1, stream);
}

/* round(in) queues what becomes of one block. */
template <class Round>
int run_loop(const char *op, bl_context *ctx, LoopArguments in, double *errors, bl_stream stream, Round &&round) {
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
        BL_TRY(fit(op, in, 1, stream_of(stream)));
      }
      BL_TRY(round(in));
      BL_TRY(push_errors(ctx, in, in.errors, start, end - start, end, panel_end, stream));
      start = end;
    }
    if (widths.panel > 0) BL_TRY(push_errors(ctx, in, errors, panel, panel_end - panel, panel_end, in.K, stream));
    panel = panel_end;
  }
  return BL_OK;
}

}  // namespace quantize
}  // namespace bl

#endif
