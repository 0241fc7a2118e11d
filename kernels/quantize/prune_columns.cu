/* SparseGPT's column loop: that of GPTQ, with weights that go chosen before each block of columns or in it. */
#include "../prune/select.h"
#include "checks.h"
#include "loop.cuh"

using namespace bl::quantize;

/* |w / U_jj| of one block of columns, [N, columns]: it orders weights as w² / U_jj² does. */
static __global__ void block_scores(LoopArguments in, double *scores) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(BLOCK_THREADS) + threadIdx.x;
  if (i >= in.N * in.columns) return;
  const int64_t n = i / in.columns, k = in.start + i % in.columns;
  scores[i] = fabs(in.weights[n * in.K + k] / in.upper[k * in.K + k]);
}

/* The nearest whole number to a share of `size` weights. */
static int64_t share_of(double percent, int64_t size) {
  return static_cast<int64_t>(floor(static_cast<double>(size) * percent / 100 + 0.5));
}

/* A share of the block's weights, so that all blocks together lose the share exactly. */
static int drop_share(const LoopArguments &in, double percent, double *scores, void *scratch, cudaStream_t stream) {
  const int64_t size = in.N * in.columns, end = in.start + in.columns;
  const int64_t count = share_of(percent, in.N * end) - share_of(percent, in.N * in.start);
  block_scores<<<static_cast<unsigned>(bl::divide_up(size, BLOCK_THREADS)), BLOCK_THREADS, 0, stream>>>(in, scores);
  const bl::prune::Selection selection{scores, 1, size, count, in.kept + in.start, in.columns, in.K, scratch};
  return bl::prune::drop_smallest("bl_prune_columns", selection, stream);
}

static int check_pruning(int64_t N, int64_t K, int64_t G, const Rule &rule, double percent, int n, int m, int value_type,
                         int fit) {
  const char *op = "bl_prune_columns";
  if (rule.bits > 0) BL_TRY(check_rule(op, N, K, G, rule));
  else BL_REQUIRE(N >= 0 && K >= 1 && G == K && !fit && value_type >= BL_F32 && value_type <= BL_BF16,
                  "%s: kept values have type %d and one group of K = %lld columns, got %lld", op, value_type, (long long)K,
                  (long long)G);
  BL_REQUIRE(percent >= 0 && percent < 100, "%s: %g %% of the weights", op, percent);
  if (m == 0) return BL_OK;
  BL_REQUIRE((m == 2 || m == 4 || m == 8) && n > 0 && n < m && K % m == 0 && G % m == 0,
             "%s: %d of every %d weights of K = %lld columns in groups of %lld; runs of 2, 4 and 8 are possible", op, n, m,
             (long long)K, (long long)G);
  return BL_OK;
}

BL_EXPORT int bl_prune_columns(bl_context *ctx, bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, int bits,
                               int symmetric, int range, int mse, double percent, int run_n, int run_m, int value_type,
                               bl_ptr group_of_step, int fit, bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_ptr restored,
                               bl_ptr kept, bl_ptr losses, bl_ptr errors, bl_ptr scores, bl_ptr scratch,
                               bl_stream stream) {
  BL_ENTER(ctx, "bl_prune_columns");
  const Rule rule{bits, symmetric, range, mse};
  BL_TRY(check_pruning(N, K, G, rule, percent, run_n, run_m, value_type, fit));
  if (N == 0) return BL_OK;
  LoopArguments in = loop_arguments(w, upper, N, K, G, rule, group_of_step, fit, codes, scales, zeros, losses);
  in.kept = bl::pointer_to<uint8_t>(kept);
  in.run_n = run_n;
  in.run_m = run_m;
  in.value_type = value_type;
  in.restored = bl::pointer_to<float>(restored);
  const cudaStream_t queue = bl::stream_of(stream);
  const auto round = [&](const LoopArguments &block) {
    if (run_m == 0) {
      BL_TRY(drop_share(block, percent, bl::pointer_to<double>(scores), bl::pointer_to<void>(scratch), queue));
    }
    if (bits == 0) return round_block<Keep::KEPT_VALUES>("bl_prune_columns", ctx, block, queue);
    return round_block<Keep::KEPT_CODES>("bl_prune_columns", ctx, block, queue);
  };
  return run_loop("bl_prune_columns", ctx, in, bl::pointer_to<double>(errors), stream, round);
}
