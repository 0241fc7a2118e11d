/* Weights and Hessians of inputs that are divided by factors; one thread an element, bound by memory. */
#include "checks.h"
#include "../context/context.h"
#include "items.cuh"

using namespace bl::quantize;

namespace {

template <class T, class Out>
__global__ void scale_weights(const T *w, const double *columns, const double *rows, int64_t N, int64_t K, Out *out) {
  const int64_t i = item();
  if (i >= N * K) return;
  double value = bl::to_float(w[i]);
  if (columns != nullptr) value *= columns[i % K];
  if (rows != nullptr) value *= rows[i / K];
  out[i] = bl::from_float<Out>(static_cast<float>(value));
}

__global__ void scale_hessian(double *hessian, const double *factors, int64_t K) {
  const int64_t i = item();
  if (i < K * K) hessian[i] *= factors[i / K] * factors[i % K];
}

template <class T>
__global__ void hessian_blocks(const double *hessian, int64_t K, int64_t G, T *out) {
  const int64_t i = item();
  if (i >= K * G) return;
  const int64_t row = i / G, column = row / G * G + i % G;
  out[i] = bl::from_float<T>(static_cast<float>(hessian[row * K + column]));
}

}  // namespace

BL_EXPORT int bl_scale_weights(bl_context *ctx, int dtype, bl_ptr w, bl_ptr columns, bl_ptr rows, int64_t N, int64_t K,
                               int out_dtype, bl_ptr out, bl_stream stream) {
  BL_ENTER(ctx, "bl_scale_weights");
  BL_REQUIRE(N >= 0 && K >= 1, "bl_scale_weights: N = %lld, K = %lld", (long long)N, (long long)K);
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_scale_weights", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    return bl::with_dtype("bl_scale_weights", out_dtype, [&](auto out_type) {
      using Out = typename decltype(out_type)::type;
      scale_weights<T, Out><<<blocks_for(N * K), THREADS, 0, bl::stream_of(stream)>>>(
          bl::pointer_to<const T>(w), bl::pointer_to<const double>(columns), bl::pointer_to<const double>(rows), N, K,
          bl::pointer_to<Out>(out));
      return bl::launched("bl_scale_weights");
    });
  });
}

BL_EXPORT int bl_scale_hessian(bl_context *ctx, bl_ptr hessian, bl_ptr factors, int64_t K, bl_stream stream) {
  BL_ENTER(ctx, "bl_scale_hessian");
  BL_REQUIRE(K >= 1, "bl_scale_hessian: K = %lld", (long long)K);
  scale_hessian<<<blocks_for(K * K), THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<double>(hessian),
                                                                          bl::pointer_to<const double>(factors), K);
  return bl::launched("bl_scale_hessian");
}

BL_EXPORT int bl_hessian_blocks(bl_context *ctx, bl_ptr hessian, int64_t K, int64_t G, int dtype, bl_ptr out,
                                bl_stream stream) {
  BL_ENTER(ctx, "bl_hessian_blocks");
  BL_TRY(check_groups("bl_hessian_blocks", 0, K, G));
  return bl::with_dtype("bl_hessian_blocks", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    hessian_blocks<T><<<blocks_for(K * G), THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<const double>(hessian), K,
                                                                               G, bl::pointer_to<T>(out));
    return bl::launched("bl_hessian_blocks");
  });
}
