/* Norms of vectors: RMS (Zhang and Sennrich 2019, arXiv:1910.07467, equation 4) and layer (Ba et al. 2016, arXiv:1607.06450,
   equation 4), one read of the vector; the bound is the memory. */
#include "row.cuh"

namespace {

struct Norm {
  int kind, out_dtype, width, inner;
  int64_t rows;
  bl::Vectors from, to;
  const void *x;
  void *out;
  const float *weight, *bias;
  float eps, around;  // what is added to the weights: 0 or 1
  bool x_aligned, out_aligned, weight_aligned, bias_aligned;
};

template <class T, int KEPT, bool BLOCK>
__global__ void __launch_bounds__(bl::row_threads<T, KEPT, BLOCK>, BLOCK ? 1 : 4) norm_kernel(const Norm norm, const int threads) {
  __shared__ float shared[2][32];
  constexpr int PACK = bl::lanes_of<T>;
  const int64_t number = bl::row_of_thread<BLOCK>(threads);
  // Threads without a row take part in the shuffles of their warp.
  const bool has_row = BLOCK || number < norm.rows;
  const bl::VectorIndex index(has_row ? number : norm.rows - 1, norm.inner);
  const bl::Row<T, KEPT, BLOCK> row(static_cast<const T *>(norm.x) + norm.from.start(index), norm.width, threads, norm.x_aligned);
  const float share = 1.0f / static_cast<float>(norm.width);
  const auto mean_of = [&](auto term, float *room) {
    float sum = 0;
    row.each([&](int, int left, const float(&values)[PACK]) {
      // Hardly any pack has a part behind its row; the others need no comparisons.
      if (left >= PACK) {
#pragma unroll
        for (int i = 0; i < PACK; ++i) sum += term(values[i]);
      } else {
#pragma unroll
        for (int i = 0; i < PACK; ++i) sum += i < left ? term(values[i]) : 0.0f;
      }
    });
    return share * row.together(sum, [](float a, float b) { return a + b; }, room);
  };

  const float mean = norm.kind == BL_LAYER ? mean_of([](float value) { return value; }, shared[0]) : 0.0f;
  const float square = mean_of([mean](float value) { return (value - mean) * (value - mean); }, shared[1]);
  const float factor = rsqrtf(square + norm.eps);
  if (!has_row) return;

  const auto write = [&](auto *out) {
    out += norm.to.start(index);
    row.each([&](int column, int left, const float(&values)[PACK]) {
      float gain[PACK], bias[PACK] = {}, result[PACK];
      bl::load_pack(norm.weight + column, left, norm.weight_aligned, gain);
      if (norm.bias != nullptr) bl::load_pack(norm.bias + column, left, norm.bias_aligned, bias);
#pragma unroll
      for (int i = 0; i < PACK; ++i) result[i] = (values[i] - mean) * factor * (gain[i] + norm.around) + bias[i];
      bl::store_pack(out + column, left, norm.out_aligned, result);
    });
  };
  if (norm.out_dtype == BL_F32) write(static_cast<float *>(norm.out));
  else if (norm.out_dtype == BL_F16) write(static_cast<__half *>(norm.out));
  else write(static_cast<__nv_bfloat16 *>(norm.out));
}

/* Whether packs of N elements can be accessed whole in all vectors. */
template <int N, class T>
bool vectors_fit(bl_ptr address, const bl::Vectors &vectors) {
  return bl::packs_fit<N, T>(address, vectors.outer_stride) && bl::packs_fit<N, T>(address, vectors.inner_stride);
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
  Norm norm = {kind, out_dtype, static_cast<int>(width), static_cast<int>(inner), outer * inner};
  norm.from = {x_outer, x_inner};
  norm.to = {out_outer, out_inner};
  norm.x = bl::pointer_to<void>(x);
  norm.out = bl::pointer_to<void>(out);
  norm.weight = bl::pointer_to<float>(weight);
  norm.bias = bl::pointer_to<float>(bias);
  norm.eps = eps;
  norm.around = unit_offset ? 1.0f : 0.0f;
  norm.weight_aligned = bl::is_aligned<float>(weight, 0);
  norm.bias_aligned = bl::is_aligned<float>(bias, 0);
  return bl::with_dtype(op, x_dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    constexpr int PACK = bl::lanes_of<T>;
    norm.x_aligned = vectors_fit<PACK, T>(x, norm.from);
    norm.out_aligned = out_dtype == BL_F32 ? vectors_fit<PACK, float>(out, norm.to) : vectors_fit<PACK, __half>(out, norm.to);
    const bl::RowPlan plan = bl::plan_rows<T>(width);
    bl::with_plan<T>(plan, [&](auto kept, auto is_block) {
      norm_kernel<T, decltype(kept)::value, decltype(is_block)::value>
          <<<static_cast<unsigned>(plan.blocks(norm.rows)), plan.block(), 0, bl::stream_of(stream)>>>(norm, plan.threads);
    });
    return bl::launched(op);
  });
}
