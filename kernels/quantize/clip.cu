/* Rounding behind a clamp, and the search for the clamp that loses least. */
#include "checks.h"
#include "../context/context.h"
#include "clipped.cuh"
#include "items.cuh"

using namespace bl::quantize;

namespace {

template <class T>
ClipArguments<T> clip_arguments(bl_ptr w, bl_ptr columns, int64_t N, int64_t K, int64_t G, const Rule &rule) {
  ClipArguments<T> in{bl::pointer_to<const T>(w), bl::pointer_to<const double>(columns), N * (K / G), K / G, G, rule, 1};
  while (in.lanes < 32 && in.lanes < G) in.lanes *= 2;
  return in;
}

template <class T>
unsigned clip_blocks(const ClipArguments<T> &in) {
  return static_cast<unsigned>(bl::divide_up(in.groups * in.lanes, CLIP_THREADS));
}

/* As many lanes a group as there are columns, up to a warp. */
template <class T>
__global__ void group_products(const T *x, const float *y, int64_t groups, int64_t G, int lanes, double *sums) {
  const int64_t thread = item(), g = thread / lanes;
  const int lane = static_cast<int>(thread % lanes);
  double sum = 0;
  if (g < groups) {
    for (int64_t i = lane; i < G; i += lanes)
      sum += static_cast<double>(bl::to_float(x[g * G + i])) * static_cast<double>(y[g * G + i]);
  }
  for (int step = lanes / 2; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
  if (lane == 0 && g < groups) sums[g] = sum;
}

__global__ void keep_least(const double *errors, int64_t n, double value, bool first, double *least, double *choice) {
  const int64_t i = item();
  if (i >= n) return;
  const double most = first ? HUGE_VAL : least[i];
  const bool is_less = errors[i] < most;
  if (is_less || first) choice[i] = value;
  if (is_less || first) least[i] = is_less ? errors[i] : most;
}

}  // namespace

BL_EXPORT int bl_rounding_losses(bl_context *ctx, int dtype, bl_ptr w, bl_ptr columns, int64_t N, int64_t K, int64_t G,
                                 int bits, int symmetric, int range, double share, int out_dtype, bl_ptr out,
                                 bl_stream stream) {
  BL_ENTER(ctx, "bl_rounding_losses");
  const Rule rule{bits, symmetric, range, 0};
  BL_TRY(check_rule("bl_rounding_losses", N, K, G, rule));
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_rounding_losses", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const auto in = clip_arguments<T>(w, columns, N, K, G, rule);
    return bl::with_dtype("bl_rounding_losses", out_dtype, [&](auto out_type) {
      using Out = typename decltype(out_type)::type;
      rounding_losses<T, Out><<<clip_blocks(in), CLIP_THREADS, 0, bl::stream_of(stream)>>>(in, share,
                                                                                         bl::pointer_to<Out>(out));
      return bl::launched("bl_rounding_losses");
    });
  });
}

BL_EXPORT int bl_group_products(bl_context *ctx, int dtype, bl_ptr x, bl_ptr y, int64_t N, int64_t K, int64_t G,
                                bl_ptr sums, bl_stream stream) {
  BL_ENTER(ctx, "bl_group_products");
  BL_TRY(check_groups("bl_group_products", N, K, G));
  if (N == 0) return BL_OK;
  int lanes = 1;
  while (lanes < 32 && lanes < G) lanes *= 2;
  const int64_t groups = N * (K / G);
  return bl::with_dtype("bl_group_products", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    group_products<T><<<blocks_for(groups * lanes), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const T>(x), bl::pointer_to<const float>(y), groups, G, lanes, bl::pointer_to<double>(sums));
    return bl::launched("bl_group_products");
  });
}

BL_EXPORT int bl_keep_least(bl_context *ctx, bl_ptr errors, int64_t n, double value, int first, bl_ptr least,
                            bl_ptr choice, bl_stream stream) {
  BL_ENTER(ctx, "bl_keep_least");
  BL_REQUIRE(n >= 0, "bl_keep_least: n = %lld", (long long)n);
  if (n == 0) return BL_OK;
  keep_least<<<blocks_for(n), THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<const double>(errors), n, value,
                                                                   first != 0, bl::pointer_to<double>(least),
                                                                   bl::pointer_to<double>(choice));
  return bl::launched("bl_keep_least");
}

BL_EXPORT int bl_round_clipped(bl_context *ctx, int dtype, bl_ptr w, int64_t N, int64_t K, int64_t G, int bits,
                               int symmetric, int range, bl_ptr shares, bl_ptr codes, bl_ptr scales, bl_ptr zeros,
                               bl_stream stream) {
  BL_ENTER(ctx, "bl_round_clipped");
  const Rule rule{bits, symmetric, range, 0};
  BL_TRY(check_rule("bl_round_clipped", N, K, G, rule));
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_round_clipped", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const auto in = clip_arguments<T>(w, 0, N, K, G, rule);
    round_clipped<T><<<clip_blocks(in), CLIP_THREADS, 0, bl::stream_of(stream)>>>(
        in, bl::pointer_to<const double>(shares), bl::pointer_to<uint8_t>(codes), bl::pointer_to<float>(scales),
        bl::pointer_to<int16_t>(zeros));
    return bl::launched("bl_round_clipped");
  });
}
