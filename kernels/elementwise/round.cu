/*
 * Rounding of activations, keys and values: the numbers that codes stand for (eval/engines/forward-quantizer.ts), with the
 * same codes as there: float32, IEEE division, halves to even. One read and one write; the bound is the memory.
 */
#include "row.cuh"

namespace {

struct Rounding {
  bl::Vectors vectors;
  int64_t groups;
  int groups_a_vector, G;
  float most, smallest_width;
  bool from_zero, aligned;
};

/* As fminf and fmaxf, but a NaN wins: a group with one has no grid. */
__device__ __forceinline__ float least(float a, float b) {
  float result;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
  return result;
}

__device__ __forceinline__ float greatest(float a, float b) {
  float result;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
  return result;
}

template <class T, int KEPT, bool BLOCK>
__global__ void __launch_bounds__(BLOCK ? 1024 : bl::ROW_THREADS) round_kernel(T *x, const Rounding job, const int threads) {
  __shared__ float shared[32];
  const int64_t index = bl::row_of_thread<BLOCK>(threads);
  const bool has_group = BLOCK || index < job.groups;
  const auto group = static_cast<unsigned>(has_group ? index : job.groups - 1);
  const unsigned vector = job.groups_a_vector == 1 ? group : group / static_cast<unsigned>(job.groups_a_vector);
  T *start = x + job.vectors.start(vector) + static_cast<int64_t>(group - vector * job.groups_a_vector) * job.G;
  const bl::Row<T, KEPT, BLOCK> row(start, job.G, threads, job.aligned);

  float low = job.from_zero ? 0.0f : INFINITY, high = job.from_zero ? 0.0f : -INFINITY;
  row.each([&](int, const float(&values)[bl::ROW_PACK], int left) {
#pragma unroll
    for (int i = 0; i < bl::ROW_PACK; ++i) {
      if (i >= left) continue;
      low = least(low, values[i]);
      high = greatest(high, values[i]);
    }
  });
  low = row.together(low, least, shared);
  high = row.together(high, greatest, shared);
  if (!has_group) return;

  const float scale = __fdiv_rn(greatest(__fsub_rn(high, low), job.smallest_width), job.most);
  const auto code_of = [&](float steps) { return fminf(fmaxf(steps, 0.0f), job.most) + 0.0f; };
  const float zero = code_of(rintf(__fdiv_rn(-low, scale)));
  row.each([&](int column, const float(&values)[bl::ROW_PACK], int left) {
    float rounded[bl::ROW_PACK];
#pragma unroll
    for (int i = 0; i < bl::ROW_PACK; ++i) {
      const float code = code_of(__fadd_rn(rintf(__fdiv_rn(values[i], scale)), zero));
      rounded[i] = __fmul_rn(__fsub_rn(code, zero), scale);
    }
    bl::store_pack(start + column, left, job.aligned, rounded);
  });
}

}  // namespace

BL_EXPORT int bl_round_groups(bl_context *ctx, int dtype, bl_ptr x, int64_t x_outer, int64_t x_inner, int64_t outer,
                              int64_t inner, int64_t width, int64_t G, int bits, int range, bl_stream stream) {
  const char *op = "bl_round_groups";
  BL_ENTER(ctx, op);
  BL_TRY(bl::check_vectors(op, outer, inner, width));
  BL_REQUIRE(G >= 1 && width % G == 0, "%s: groups of %lld do not divide %lld elements", op, (long long)G, (long long)width);
  BL_REQUIRE(bits >= 2 && bits <= 8, "%s: %d bits; 2 to 8 are supported", op, bits);
  BL_REQUIRE(range == BL_RANGE_ZERO || range == BL_RANGE_MINMAX, "%s: range %d is none of 0 (zero), 1 (minmax)", op, range);
  const int64_t groups = outer * inner * (width / G);
  BL_REQUIRE(groups < INT32_MAX, "%s: %lld groups are too many for one call; split the rows", op, (long long)groups);
  if (groups == 0) return BL_OK;
  Rounding job = {{x_outer, x_inner, static_cast<int>(inner)}, groups, static_cast<int>(width / G), static_cast<int>(G)};
  job.most = static_cast<float>((1 << bits) - 1);
  job.smallest_width = range == BL_RANGE_ZERO ? 1e-30f : 1e-5f;
  job.from_zero = range == BL_RANGE_ZERO;
  const bl::RowPlan plan = bl::plan_rows(G);
  return bl::with_dtype(op, dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    job.aligned = bl::packs_fit<bl::ROW_PACK, T>(x, x_outer) && x_inner % bl::ROW_PACK == 0 && G % bl::ROW_PACK == 0;
    bl::with_plan(plan, [&](auto kept, auto is_block) {
      round_kernel<T, decltype(kept)::value, decltype(is_block)::value>
          <<<static_cast<unsigned>(plan.blocks(groups)), plan.block(), 0, bl::stream_of(stream)>>>(bl::pointer_to<T>(x), job,
                                                                                                plan.threads);
    });
    return bl::launched(op);
  });
}
