/*
 * Rounding of activations, keys and values: the numbers that codes stand for (eval/engines/forward-quantizer.ts), with the
 * same codes as there: float32, IEEE division, halves to even. One read and one write; the bound is the memory.
 */
#include "row.cuh"

namespace {

struct Rounding {
  bl::Vectors vectors;
  int64_t groups;
  int inner, groups_a_vector, G;
  float most, steps, smallest_width, clip;
  float outliers;  // NaN: none, since nothing compares with it
  float middle;    // code of 0 where grids are symmetric, else −1
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

/* A scale whose quotients can be refined without underflow or overflow where they are not below a half. */
__device__ __forceinline__ bool is_moderate(float scale) { return scale > 0x1p-60f && scale < 0x1p60f; }

/* x / scale for a moderate scale, as IEEE rounds it: with inverse = 1 / scale to the nearest, the first refinement brings the
   quotient within one unit of its last place, the second rounds it correctly (Markstein 1990, IBM J. Res. Dev. 34(1)).
   Quotients below a half may lose digits; they are rounded to 0 all the same. */
__device__ __forceinline__ float quotient(float x, float scale, float inverse) {
  float result = __fmul_rn(x, inverse);
  result = __fmaf_rn(__fmaf_rn(-scale, result, x), inverse, result);
  return __fmaf_rn(__fmaf_rn(-scale, result, x), inverse, result);
}

template <class T, int KEPT, bool BLOCK>
__global__ void __launch_bounds__(bl::row_threads<T, KEPT, BLOCK>, BLOCK ? 1 : 4) round_kernel(T *x, const Rounding job, const int threads) {
  __shared__ float shared[2][32];
  constexpr int PACK = bl::lanes_of<T>;
  const int64_t number = bl::row_of_thread<BLOCK>(threads);
  // Threads without a group take part in the shuffles of their warp.
  const bool has_group = BLOCK || number < job.groups;
  const bl::VectorIndex group(has_group ? number : job.groups - 1, job.groups_a_vector);
  x += job.vectors.start(bl::VectorIndex(group.outer, job.inner)) + static_cast<int64_t>(group.inner) * job.G;
  const bl::Row<T, KEPT, BLOCK> row(x, job.G, threads, job.aligned);
  float low = job.from_zero ? 0.0f : INFINITY, high = job.from_zero ? 0.0f : -INFINITY;
  row.each([&](int, int, const float(&values)[PACK]) {
#pragma unroll
    for (int i = 0; i < PACK; ++i) {
      const float value = fabsf(values[i]) >= job.outliers ? 0.0f : values[i];
      low = least(low, value);
      high = greatest(high, value);
    }
  });
  low = __fmul_rn(row.together(low, least, shared[0]), job.clip);
  high = __fmul_rn(row.together(high, greatest, shared[1]), job.clip);
  if (!has_group) return;

  const bool symmetric = job.middle >= 0.0f;
  const float width = symmetric ? greatest(-low, high) : __fsub_rn(high, low);
  const float scale = __fdiv_rn(greatest(width, job.smallest_width), job.steps), inverse = __frcp_rn(scale);
  const float zero = symmetric ? job.middle : fminf(fmaxf(rintf(__fdiv_rn(-low, scale)), 0.0f), job.most);
  // Steps plus SHIFT have no bits for a fraction, so the addition rounds them, halves to even; codes are cut off in this form too.
  constexpr float SHIFT = 0x1.8p23f;
  const float least_steps = SHIFT - zero, most_steps = SHIFT + (job.most - zero);
  const auto round_with = [&](auto divide) {
    row.each([&](int column, int left, const float(&values)[PACK]) {
      float rounded[PACK];
#pragma unroll
      for (int i = 0; i < PACK; ++i) {
        const float steps = fminf(fmaxf(__fadd_rn(divide(values[i]), SHIFT), least_steps), most_steps);
        rounded[i] = fabsf(values[i]) >= job.outliers ? values[i] : __fmul_rn(__fsub_rn(steps, SHIFT), scale);
      }
      bl::store_pack(x + column, left, job.aligned, rounded);
    });
  };
  if (is_moderate(scale)) round_with([&](float value) { return quotient(value, scale, inverse); });
  else round_with([&](float value) { return __fdiv_rn(value, scale); });
}

}  // namespace

BL_EXPORT int bl_round_groups(bl_context *ctx, int dtype, bl_ptr x, int64_t x_outer, int64_t x_inner, int64_t outer,
                              int64_t inner, int64_t width, int64_t G, int bits, int range, int symmetric, float clip,
                              float outliers, bl_stream stream) {
  const char *op = "bl_round_groups";
  BL_ENTER(ctx, op);
  BL_TRY(bl::check_vectors(op, outer, inner, width));
  BL_REQUIRE(G >= 1 && width % G == 0, "%s: groups of %lld do not divide %lld elements", op, (long long)G, (long long)width);
  BL_REQUIRE(bits >= 2 && bits <= 8, "%s: %d bits; 2 to 8 are supported", op, bits);
  BL_REQUIRE(range == BL_RANGE_ZERO || range == BL_RANGE_MINMAX, "%s: range %d is none of 0 (zero), 1 (minmax)", op, range);
  BL_REQUIRE(clip > 0 && clip <= 1, "%s: a clip of %g is not above 0 and at most 1", op, clip);
  const int64_t groups = outer * inner * (width / G);
  BL_REQUIRE(groups < INT32_MAX, "%s: %lld groups are too many for one call; split the rows", op, (long long)groups);
  if (groups == 0) return BL_OK;
  Rounding job = {{x_outer, x_inner}, groups};
  job.inner = static_cast<int>(inner);
  job.groups_a_vector = static_cast<int>(width / G);
  job.G = static_cast<int>(G);
  job.most = static_cast<float>((1 << bits) - 1);
  job.smallest_width = range == BL_RANGE_ZERO ? 1e-30f : 1e-5f;
  job.steps = symmetric ? static_cast<float>((1 << (bits - 1)) - 1) : job.most;
  job.middle = symmetric ? static_cast<float>(1 << (bits - 1)) : -1.0f;
  job.clip = clip;
  job.outliers = outliers > 0 ? outliers : NAN;
  job.from_zero = range == BL_RANGE_ZERO || symmetric;
  return bl::with_dtype(op, dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    constexpr int PACK = bl::lanes_of<T>;
    job.aligned = bl::packs_fit<PACK, T>(x, x_outer) && x_inner % PACK == 0 && G % PACK == 0;
    const bl::RowPlan plan = bl::plan_rows<T>(G);
    bl::with_plan<T>(plan, [&](auto kept, auto is_block) {
      round_kernel<T, decltype(kept)::value, decltype(is_block)::value>
          <<<static_cast<unsigned>(plan.blocks(groups)), plan.block(), 0, bl::stream_of(stream)>>>(bl::pointer_to<T>(x), job,
                                                                                                plan.threads);
    });
    return bl::launched(op);
  });
}
