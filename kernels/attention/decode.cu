/* bl_attention_decode and the size of its scratch memory. */
#include "decode.cuh"

namespace bl::attention {

int launch_decode_tensor_core(const bl_context *ctx, int dtype, const DecodeProblem &problem, int64_t B,
                              cudaStream_t stream);

template <class T, int HEADS, int E>
int launch_decode(const bl_context *ctx, const DecodeProblem &problem, int64_t B, cudaStream_t stream) {
  const size_t shared = sizeof(float) * HEADS * (size_t(problem.qk_dim) + size_t(decode_warps) * problem.v_dim);
  BL_TRY(allow_shared("bl_attention_decode", decode_run<T, HEADS, E>, shared));
  const auto blocks = static_cast<unsigned>(problem.kv_heads * divide_up(problem.group, HEADS));
  const dim3 grid(problem.runs, blocks, static_cast<unsigned>(B)), threads(decode_threads);
  BL_TRY(launch_early(ctx, "bl_attention_decode", decode_run<T, HEADS, E>, grid, threads, shared, stream, problem));
  return launch_join<T, false>(ctx, problem, B, stream);
}

/* As many heads a block as share keys, in powers of two, up to 8. */
static int launch_decode_f32(const bl_context *ctx, const DecodeProblem &problem, int64_t B, cudaStream_t stream) {
  constexpr int E = lanes_of<float>;
  if (problem.group == 1) return launch_decode<float, 1, E>(ctx, problem, B, stream);
  if (problem.group == 2) return launch_decode<float, 2, E>(ctx, problem, B, stream);
  if (problem.group <= 4) return launch_decode<float, 4, E>(ctx, problem, B, stream);
  return launch_decode<float, 8, E>(ctx, problem, B, stream);
}

}  // namespace bl::attention

BL_EXPORT int bl_attention_decode(bl_context *ctx, int dtype, bl_ptr q, int64_t q_stride, bl_ptr k_cache, bl_ptr v_cache,
                                  bl_ptr out, int64_t out_stride, int heads, int kv_heads, int qk_dim, int v_dim,
                                  float scale, float soft_cap, int window, bl_ptr slopes, float rounded_factor,
                                  bl_ptr page_table, int64_t max_pages, int64_t page_size, bl_ptr positions, int64_t B,
                                  bl_ptr scratch, bl_stream stream) {
  using namespace bl::attention;
  const char *op = "bl_attention_decode";
  BL_TRY(check(op, dtype, q_stride, out_stride, heads, kv_heads, qk_dim, v_dim, scale, soft_cap, window));
  BL_TRY(check_pages(op, max_pages, page_size, B));
  BL_REQUIRE(scratch % 16 == 0, "%s: the address of scratch, %llu, is not a multiple of 16", op,
             static_cast<unsigned long long>(scratch));
  BL_ENTER(ctx, op);
  if (B == 0) return BL_OK;
  const int lanes = static_cast<int>(16 / bl::bytes_of(dtype));
  const bool vectors = k_cache % 16 == 0 && v_cache % 16 == 0 && qk_dim % lanes == 0 && v_dim % lanes == 0;
  const bool on_tensor_cores =
      vectors && dtype != BL_F32 && qk_dim <= 256 && v_dim <= 256 && bl::is_aligned<__half>(q, q_stride);
  const int64_t runs = bl::divide_up(max_pages * page_size, on_tensor_cores ? tensor_run_keys : plain_run_keys);
  const Scoring scoring = {scale, soft_cap, window, bl::pointer_to<const float>(slopes), rounded_factor};
  const DecodeProblem problem = {bl::pointer_to<const void>(q),
                                 bl::pointer_to<const void>(k_cache),
                                 bl::pointer_to<const void>(v_cache),
                                 bl::pointer_to<void>(out),
                                 q_stride,
                                 out_stride,
                                 heads,
                                 kv_heads,
                                 heads / kv_heads,
                                 qk_dim,
                                 v_dim,
                                 scoring,
                                 bl::pointer_to<const int>(page_table),
                                 max_pages,
                                 static_cast<int>(page_size),
                                 bl::pointer_to<const int>(positions),
                                 static_cast<int>(runs),
                                 bl::pointer_to<float>(scratch),
                                 bl::pointer_to<float>(scratch) + B * heads * runs * v_dim};
  if (on_tensor_cores) return launch_decode_tensor_core(ctx, dtype, problem, B, bl::stream_of(stream));
  if (vectors && dtype == BL_F32) return launch_decode_f32(ctx, problem, B, bl::stream_of(stream));
  return bl::with_dtype(op, dtype, [&](auto type) {
    return launch_decode<typename decltype(type)::type, 1, 1>(ctx, problem, B, bl::stream_of(stream));
  });
}

BL_EXPORT int bl_attention_scratch(int64_t B, int heads, int v_dim, int64_t max_positions, int64_t *bytes) {
  BL_REQUIRE(B >= 0 && heads > 0 && v_dim > 0 && max_positions >= 0,
             "bl_attention_scratch: B = %lld, heads = %d, v_dim = %d, max_positions = %lld must not be negative",
             static_cast<long long>(B), heads, v_dim, static_cast<long long>(max_positions));
  const int64_t runs = bl::divide_up(max_positions, bl::attention::tensor_run_keys);
  *bytes = B * heads * runs * (v_dim + 2) * static_cast<int64_t>(sizeof(float));
  return BL_OK;
}
