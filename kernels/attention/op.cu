/* bl_attention: the ladder of its rungs. */
#include "naive.cuh"
#include "tensor_core.h"
#include "warpgroup.h"

namespace bl::attention {

struct Rung {
  const char *name;
  bool (*fits)(int dtype, const Problem &problem);
  int (*launch)(int dtype, const Problem &problem, cudaStream_t stream);
};

static bool tensor_core_fits(int dtype, const Problem &problem) {
  const auto aligned = [](const void *address, int64_t stride) {
    return is_aligned<__half>(reinterpret_cast<bl_ptr>(address), stride);
  };
  return dtype != BL_F32 && problem.qk_dim % 8 == 0 && problem.qk_dim <= 256 && problem.v_dim % 8 == 0 &&
         problem.v_dim <= 256 && aligned(problem.q, problem.q_stride) && aligned(problem.k, problem.k_stride) &&
         aligned(problem.v, problem.v_stride) && aligned(problem.out, problem.out_stride);
}

static int tensor_core_launch(int dtype, const Problem &problem, cudaStream_t stream) {
  return dtype == BL_F16 ? launch_tensor_core_f16(problem, stream) : launch_tensor_core_bf16(problem, stream);
}

static bool warpgroup_fits(int dtype, const Problem &problem) {
  return tensor_core_fits(dtype, problem) && problem.qk_dim >= 48 && has_warpgroups();
}

static int warpgroup_launch(int dtype, const Problem &problem, cudaStream_t stream) {
  return dtype == BL_F16 ? launch_warpgroup_f16(problem, stream) : launch_warpgroup_bf16(problem, stream);
}

static const Rung ladder[] = {
    {"naive", naive_fits, naive_launch},
    {"tensor_core", tensor_core_fits, tensor_core_launch},
    {"warpgroup", warpgroup_fits, warpgroup_launch},
};
constexpr int rungs = sizeof ladder / sizeof *ladder;

/* The asked rung, or the highest that fits for −1. */
static int choose_rung(int dtype, const Problem &problem, int rung, const Rung **chosen) {
  BL_REQUIRE(rung >= -1 && rung < rungs, "bl_attention: rung %d is outside -1 … %d", rung, rungs - 1);
  for (int i = rungs - 1; i >= 0; i -= 1) {
    if ((rung == -1 || rung == i) && ladder[i].fits(dtype, problem)) {
      *chosen = &ladder[i];
      return BL_OK;
    }
  }
  return fail(BL_UNSUPPORTED,
              "bl_attention: rung %s does not take dtype %d, qk_dim %d, v_dim %d with these strides and addresses; -1 "
              "chooses one that does",
              ladder[rung].name, dtype, problem.qk_dim, problem.v_dim);
}

}  // namespace bl::attention

BL_EXPORT int bl_attention(bl_context *ctx, int dtype, bl_ptr q, int64_t q_stride, bl_ptr k, int64_t k_stride, bl_ptr v,
                           int64_t v_stride, bl_ptr out, int64_t out_stride, int heads, int kv_heads, int qk_dim,
                           int v_dim, float scale, float soft_cap, int window, bl_ptr slopes, float rounded_factor,
                           bl_ptr segments, int64_t S, int64_t max_queries, int rung, bl_stream stream) {
  using namespace bl::attention;
  BL_TRY(check("bl_attention", dtype, q_stride, out_stride, heads, kv_heads, qk_dim, v_dim, scale, soft_cap, window));
  BL_TRY(check_segments(k_stride, v_stride, kv_heads, qk_dim, v_dim, S, max_queries));
  BL_ENTER(ctx, "bl_attention");
  const Scoring scoring = {scale, soft_cap, window, bl::pointer_to<const float>(slopes), rounded_factor};
  const Problem problem = {bl::pointer_to<const void>(q),
                           bl::pointer_to<const void>(k),
                           bl::pointer_to<const void>(v),
                           bl::pointer_to<void>(out),
                           q_stride,
                           k_stride,
                           v_stride,
                           out_stride,
                           heads,
                           kv_heads,
                           heads / kv_heads,
                           qk_dim,
                           v_dim,
                           scoring,
                           bl::pointer_to<const Segment>(segments),
                           S,
                           max_queries,
                           segments_together(dtype, int64_t(kv_heads) * (qk_dim + v_dim), max_queries)};
  const Rung *chosen = nullptr;
  BL_TRY(choose_rung(dtype, problem, rung, &chosen));
  if (S == 0 || max_queries == 0) return BL_OK;
  // The naive rung has the smallest tiles; their number is the number of blocks.
  BL_REQUIRE(blocks_of(problem, naive_warps) < INT32_MAX,
             "bl_attention: %lld segments of up to %lld queries with %d heads are too many for one call",
             static_cast<long long>(S), static_cast<long long>(max_queries), heads);
  return chosen->launch(dtype, problem, bl::stream_of(stream));
}
