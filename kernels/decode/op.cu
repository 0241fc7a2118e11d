/* Operations of a decode step: see bl.h. */
#include "around.cuh"
#include "plain_rows.cuh"
#include "tensor_rows.cuh"

using namespace bl;

/* Of one step. */
constexpr int MOST_TEXTS = 1024;
/* Blocks that are enough to fill a device. */
constexpr int64_t PLAIN_BLOCKS = 512;

template <class T>
static int launch_linear(const bl_context *ctx, FewRows p, bool is_aligned, cudaStream_t stream) {
  const char *op = "bl_decode_linear";
  if constexpr (sizeof(T) == 2) {
    if (is_aligned) {
      const auto groups = static_cast<unsigned>(divide_up(p.B, p.texts));
      const dim3 grid(static_cast<unsigned>(divide_up(p.N, p.gated ? 8 : 16)), groups), block(32 * ROWS_WARPS);
      if (p.B <= 8) return launch_early(ctx, op, tensor_rows<T, 1>, grid, block, 0, stream, p);
      if (p.B <= 16) return launch_early(ctx, op, tensor_rows<T, 2>, grid, block, 0, stream, p);
      if (p.B <= 32) return launch_early(ctx, op, tensor_rows<T, 4>, grid, block, 0, stream, p);
      return launch_early(ctx, op, tensor_rows<T, 8>, grid, block, 0, stream, p);
    }
  }
  const int64_t blocks = divide_up(p.N, PLAIN_WARPS);
  while (p.texts > PLAIN_TEXTS && blocks * divide_up(p.B, p.texts) < PLAIN_BLOCKS) p.texts /= 2;
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(divide_up(p.B, p.texts)));
  return launch_early(ctx, op, plain_rows<T>, grid, dim3(32 * PLAIN_WARPS), 0, stream, p);
}

BL_EXPORT int bl_decode_linear(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr w, bl_ptr bias, bl_ptr out,
                               int out_dtype, int64_t out_stride, int64_t B, int64_t N, int64_t K, int accumulate,
                               int activation, int gated, bl_stream stream) {
  BL_ENTER(ctx, "bl_decode_linear");
  BL_REQUIRE(B >= 1 && B <= MOST_TEXTS && N >= 1 && K >= 1, "bl_decode_linear: B = %lld, N = %lld, K = %lld; B is 1 to %d",
             (long long)B, (long long)N, (long long)K, MOST_TEXTS);
  BL_REQUIRE(x_stride >= K && out_stride >= N, "bl_decode_linear: strides %lld and %lld with K = %lld, N = %lld",
             (long long)x_stride, (long long)out_stride, (long long)K, (long long)N);
  BL_REQUIRE(out_dtype == dtype || out_dtype == BL_F32, "bl_decode_linear: out of type %d from type %d", out_dtype, dtype);
  BL_REQUIRE(activation >= -1 && activation <= BL_RELU && (!gated || activation >= 0),
             "bl_decode_linear: activation %d, gated %d", activation, gated);
  const FewRows p = {pointer_to<void>(x), x_stride, pointer_to<void>(w), pointer_to<float>(bias), pointer_to<void>(out),
                     out_stride, out_dtype == BL_F32, static_cast<int>(B), ROWS_TEXTS, N, K, accumulate, activation, gated};
  return with_dtype("bl_decode_linear", dtype, [&](auto of) {
    using T = typename decltype(of)::type;
    const bool aligned = is_aligned<T>(x, x_stride) && is_aligned<T>(w, K);
    return launch_linear<T>(ctx, p, aligned, stream_of(stream));
  });
}

BL_EXPORT int bl_decode_norm(bl_context *ctx, int kind, int dtype, bl_ptr x, int64_t x_stride, bl_ptr out,
                             int64_t out_stride, bl_ptr weight, bl_ptr bias, float eps, int unit_offset, int64_t B,
                             int64_t width, bl_stream stream) {
  BL_ENTER(ctx, "bl_decode_norm");
  BL_REQUIRE(B >= 1 && width >= 1 && x_stride >= width && out_stride >= width,
             "bl_decode_norm: B = %lld, width = %lld, strides %lld and %lld", (long long)B, (long long)width,
             (long long)x_stride, (long long)out_stride);
  BL_REQUIRE(kind == BL_RMS || kind == BL_LAYER, "bl_decode_norm: kind %d", kind);
  const Norm p = {pointer_to<float>(x), x_stride, pointer_to<void>(out), out_stride, pointer_to<float>(weight),
                  pointer_to<float>(bias), kind == BL_LAYER, eps, unit_offset ? 1.0f : 0.0f, width};
  return with_dtype("bl_decode_norm", dtype, [&](auto of) {
    using T = typename decltype(of)::type;
    return launch_early(ctx, "bl_decode_norm", norm_rows<T>, dim3(static_cast<unsigned>(B)), dim3(NORM_THREADS), 0,
                        stream_of(stream), p);
  });
}

BL_EXPORT int bl_decode_rotate(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, int heads, int kv_heads,
                               int qk_dim, int v_dim, bl_ptr cos, bl_ptr sin, bl_ptr rows, int half,
                               int interleaved, bl_ptr k_cache, bl_ptr v_cache, bl_ptr page_table, int64_t max_pages,
                               int64_t page_size, bl_ptr positions, int64_t B, bl_stream stream) {
  BL_ENTER(ctx, "bl_decode_rotate");
  BL_REQUIRE(heads >= 1 && kv_heads >= 1 && qk_dim >= 1 && v_dim >= 1 && half >= 0 && 2 * half <= qk_dim,
             "bl_decode_rotate: %d and %d heads of %d and %d values, %d pairs turn", heads, kv_heads, qk_dim, v_dim, half);
  BL_REQUIRE(B >= 1 && B <= 65535, "bl_decode_rotate: B = %lld", (long long)B);
  BL_REQUIRE((k_cache == 0) == (v_cache == 0) && (k_cache == 0 || (max_pages >= 1 && page_size >= 1)),
             "bl_decode_rotate: one cache without the other, or %lld pages of %lld positions", (long long)max_pages,
             (long long)page_size);
  const Rotation p = {pointer_to<void>(x), x_stride, heads, kv_heads, qk_dim, v_dim, pointer_to<float>(cos),
                      pointer_to<float>(sin), pointer_to<int>(rows), half, interleaved, pointer_to<void>(k_cache),
                      pointer_to<void>(v_cache), pointer_to<int>(page_table), max_pages, page_size,
                      pointer_to<int>(positions)};
  const dim3 grid(static_cast<unsigned>(heads + 2 * kv_heads), static_cast<unsigned>(B));
  return with_dtype("bl_decode_rotate", dtype, [&](auto of) {
    using T = typename decltype(of)::type;
    return launch_early(ctx, "bl_decode_rotate", rotate_heads<T>, grid, dim3(64), 0, stream_of(stream), p);
  });
}

BL_EXPORT int bl_decode_advance(bl_context *ctx, bl_ptr logits, int64_t stride, bl_ptr token, bl_ptr ids,
                                bl_ptr positions, bl_ptr rows, int64_t row_tables, int64_t row_stride, int64_t B,
                                bl_stream stream) {
  BL_ENTER(ctx, "bl_decode_advance");
  BL_REQUIRE(B >= 1 && B <= MOST_TEXTS && row_tables >= 0 && row_stride >= B,
             "bl_decode_advance: B = %lld, %lld tables of rows %lld apart", (long long)B, (long long)row_tables,
             (long long)row_stride);
  return launch_early(ctx, "bl_decode_advance", advance_texts, dim3(1), dim3(64), 0, stream_of(stream),
                      pointer_to<float>(logits), stride, pointer_to<int>(token), pointer_to<int>(ids),
                      pointer_to<int>(positions), pointer_to<int>(rows), row_tables, row_stride, B);
}
