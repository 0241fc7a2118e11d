/* Norms of vectors: RMS (Zhang and Sennrich 2019, arXiv:1910.07467, equation 4) and layer (Ba et al. 2016, arXiv:1607.06450,
   equation 4), one read of the vector; the bound is the memory. */
#include "row.cuh"

namespace {

struct Norm {
  int kind, out_dtype, unit_offset, width;
  int64_t rows;
  bl::Vectors from, to;
  const void *x;
  void *out;
  const float *weight, *bias;
  float eps;
  bool x_aligned, out_aligned;
};

template <class T, int KEPT, bool BLOCK>
__global__ void __launch_bounds__(BLOCK ? 1024 : bl::ROW_THREADS) norm_kernel(const Norm norm, const int threads) {
  __shared__ float shared[32];
  const int64_t index = bl::row_of_thread<BLOCK>(threads);
  // Threads without a row take part in the shuffles of their warp.
  const bool has_row = BLOCK || index < norm.rows;
  const int64_t at = has_row ? index : norm.rows - 1;
  const auto *x = static_cast<const T *>(norm.x) + norm.from.start(at);
  const bl::Row<T, KEPT, BLOCK> row(x, norm.width, threads, norm.x_aligned);
  const auto sum_of = [&](auto term) {
    float sum = 0;
    row.each([&](int, const float(&values)[bl::ROW_PACK], int left) {
#pragma unroll
      for (int i = 0; i < bl::ROW_PACK; ++i) sum += i < left ? term(values[i]) : 0.0f;
    });
    return row.together(sum, [](float a, float b) { return a + b; }, shared);
  };

  const float count = static_cast<float>(norm.width);
  const float mean = norm.kind == BL_LAYER ? sum_of([](float value) { return value; }) / count : 0.0f;
  const float square = sum_of([mean](float value) { return (value - mean) * (value - mean); }) / count;
  const float factor = 1.0f / sqrtf(square + norm.eps);
  if (!has_row) return;

  const auto write = [&](auto *out) {
    out += norm.to.start(at);
    row.each([&](int column, const float(&values)[bl::ROW_PACK], int left) {
      float weight[bl::ROW_PACK], bias[bl::ROW_PACK] = {}, result[bl::ROW_PACK];
      // Weights are rows of the model's own memory; where a caller cuts them oddly, elements are read one by one.
      bl::load_pack(norm.weight + column, left, reinterpret_cast<uintptr_t>(norm.weight) % 16 == 0, weight);
      if (norm.bias != nullptr) bl::load_pack(norm.bias + column, left, reinterpret_cast<uintptr_t>(norm.bias) % 16 == 0, bias);
#pragma unroll
      for (int i = 0; i < bl::ROW_PACK; ++i) {
        const float gain = norm.unit_offset ? 1.0f + weight[i] : weight[i];
        result[i] = (values[i] - mean) * factor * gain + bias[i];
      }
      bl::store_pack(out + column, left, norm.out_aligned, result);
    });
  };
  if (norm.out_dtype == BL_F32) write(static_cast<float *>(norm.out));
  else if (norm.out_dtype == BL_F16) write(static_cast<__half *>(norm.out));
  else write(static_cast<__nv_bfloat16 *>(norm.out));
}

bool packs_of_rows_fit(int dtype, bl_ptr address, int64_t outer_stride, int64_t inner_stride) {
  const int64_t bytes = bl::bytes_of(dtype) * bl::ROW_PACK;
  return address % bytes == 0 && outer_stride % bl::ROW_PACK == 0 && inner_stride % bl::ROW_PACK == 0;
}

}  // namespace

BL_EXPORT int bl_norm(bl_context *ctx, int kind, int x_dtype, bl_ptr x, int64_t x_outer, int64_t x_inner, int out_dtype,
                      bl_ptr out, int64_t out_outer, int64_t out_inner, bl_ptr weight, bl_ptr bias, float eps,
                      int unit_offset, int64_t outer, int64_t inner, int64_t width, bl_stream stream) {
  const char *op = "bl_norm";
  BL_ENTER(ctx, op);
  BL_REQUIRE(kind == BL_RMS || kind == BL_LAYER, "%s: kind %d is none of 0 (RMS), 1 (layer)", op, kind);
  BL_REQUIRE(bl::is_dtype(out_dtype), "%s: out_dtype %d is none of 0 (float32), 1 (float16), 2 (bfloat16)", op, out_dtype);
  BL_TRY(bl::check_vectors(op, outer, inner, width));
  BL_REQUIRE(weight != 0, "%s: no weight for vectors of %lld elements", op, (long long)width);
  if (outer == 0) return BL_OK;
  Norm norm = {kind, out_dtype, unit_offset, static_cast<int>(width), outer * inner};
  norm.from = {x_outer, x_inner, static_cast<int>(inner)};
  norm.to = {out_outer, out_inner, static_cast<int>(inner)};
  norm.x = bl::pointer_to<void>(x);
  norm.out = bl::pointer_to<void>(out);
  norm.weight = bl::pointer_to<float>(weight);
  norm.bias = bl::pointer_to<float>(bias);
  norm.eps = eps;
  norm.x_aligned = packs_of_rows_fit(x_dtype, x, x_outer, x_inner);
  norm.out_aligned = packs_of_rows_fit(out_dtype, out, out_outer, out_inner);
  const bl::RowPlan plan = bl::plan_rows(width);
  return bl::with_dtype(op, x_dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    bl::with_plan(plan, [&](auto kept, auto is_block) {
      norm_kernel<T, decltype(kept)::value, decltype(is_block)::value>
          <<<static_cast<unsigned>(plan.blocks(norm.rows)), plan.block(), 0, bl::stream_of(stream)>>>(norm, plan.threads);
    });
    return bl::launched(op);
  });
}
