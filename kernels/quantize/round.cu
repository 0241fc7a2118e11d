/* Round to nearest, and what turns codes into weights, streams of bits and sums of errors. */
#include "checks.h"
#include "../context/context.h"
#include "groups.cuh"
#include "layout.cuh"

using namespace bl::quantize;

BL_EXPORT int bl_round_weights(bl_context *ctx, int dtype, bl_ptr w, int64_t N, int64_t K, int64_t G, int bits,
                               int symmetric, int range, int mse, bl_ptr importance, bl_ptr codes, bl_ptr scales,
                               bl_ptr zeros, bl_stream stream) {
  BL_ENTER(ctx, "bl_round_weights");
  const Rule rule{bits, symmetric, range, mse};
  BL_TRY(check_rule("bl_round_weights", N, K, G, rule));
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_round_weights", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    RoundArguments<T> in{};
    in.weights = bl::pointer_to<const T>(w);
    in.groups = N * (K / G);
    in.row_groups = K / G;
    in.G = G;
    in.rule = rule;
    in.importance = bl::pointer_to<const float>(importance);
    in.codes = bl::pointer_to<uint8_t>(codes);
    in.scales = bl::pointer_to<float>(scales);
    in.zeros = bl::pointer_to<int16_t>(zeros);
    const bool is_wide = bl::is_aligned<T>(w, G) && codes % bl::lanes_of<T> == 0;
    if (is_wide) return launch_round<T, bl::lanes_of<T>>(in, bl::stream_of(stream));
    return launch_round<T, 1>(in, bl::stream_of(stream));
  });
}

static CodeArguments code_arguments(bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_ptr group_of_column, int64_t N,
                                    int64_t K, int64_t G) {
  return {bl::pointer_to<const uint8_t>(codes), bl::pointer_to<const float>(scales), bl::pointer_to<const int16_t>(zeros),
          bl::pointer_to<const uint16_t>(group_of_column), N, K, G};
}

BL_EXPORT int bl_dequantize(bl_context *ctx, bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_ptr group_of_column,
                            int64_t N, int64_t K, int64_t G, int dtype, bl_ptr out, bl_stream stream) {
  BL_ENTER(ctx, "bl_dequantize");
  BL_TRY(check_groups("bl_dequantize", N, K, G));
  if (N == 0) return BL_OK;
  const CodeArguments in = code_arguments(codes, scales, zeros, group_of_column, N, K, G);
  return bl::with_dtype("bl_dequantize", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const bool is_wide = group_of_column == 0 && G % 8 == 0 && codes % 8 == 0 && out % 16 == 0;
    T *to = bl::pointer_to<T>(out);
    if (is_wide) dequantize_wide<T><<<blocks_for(N * K / 8), THREADS, 0, bl::stream_of(stream)>>>(in, to);
    else dequantize<T><<<blocks_for(N * K), THREADS, 0, bl::stream_of(stream)>>>(in, to);
    return bl::launched("bl_dequantize");
  });
}

BL_EXPORT int bl_code_errors(bl_context *ctx, int dtype, bl_ptr w, bl_ptr codes, bl_ptr scales, bl_ptr zeros,
                             bl_ptr group_of_column, int64_t N, int64_t K, int64_t G, bl_ptr sums, bl_stream stream) {
  BL_ENTER(ctx, "bl_code_errors");
  BL_TRY(check_groups("bl_code_errors", N, K, G));
  if (N == 0) return BL_OK;
  const CodeArguments in = code_arguments(codes, scales, zeros, group_of_column, N, K, G);
  return bl::with_dtype("bl_code_errors", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    code_errors<T><<<N, THREADS, 0, bl::stream_of(stream)>>>(in, bl::pointer_to<const T>(w), bl::pointer_to<double>(sums));
    return bl::launched("bl_code_errors");
  });
}

BL_EXPORT int bl_check_rounding(bl_context *ctx, int dtype, bl_ptr x, int64_t n, bl_ptr flag, bl_stream stream) {
  BL_ENTER(ctx, "bl_check_rounding");
  BL_REQUIRE(n >= 0 && flag != 0, "bl_check_rounding: n = %lld, and the flag must not be null", (long long)n);
  if (n == 0) return BL_OK;
  const unsigned most = 64 * static_cast<unsigned>(ctx->multiprocessors);
  const unsigned blocks = blocks_for(n) < most ? blocks_for(n) : most;
  return bl::with_dtype("bl_check_rounding", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    check_rounding<T><<<blocks, THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<const float>(x), n,
                                                                     bl::pointer_to<int32_t>(flag));
    return bl::launched("bl_check_rounding");
  });
}

BL_EXPORT int bl_pack(bl_context *ctx, bl_ptr codes, int64_t N, int64_t K, int bits, bl_ptr packed, bl_stream stream) {
  BL_ENTER(ctx, "bl_pack");
  BL_REQUIRE(N >= 0 && K >= 1 && bits >= 1 && bits <= 8, "bl_pack: N = %lld, K = %lld, %d bits", (long long)N,
             (long long)K, bits);
  if (N == 0) return BL_OK;
  pack<<<blocks_for(N * bl::divide_up(K, 8)), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const uint8_t>(codes), N, K, bits, bl::pointer_to<uint8_t>(packed));
  return bl::launched("bl_pack");
}

BL_EXPORT int bl_unpack(bl_context *ctx, bl_ptr packed, int64_t N, int64_t K, int bits, bl_ptr codes, bl_stream stream) {
  BL_ENTER(ctx, "bl_unpack");
  BL_REQUIRE(N >= 0 && K >= 1 && bits >= 1 && bits <= 8, "bl_unpack: N = %lld, K = %lld, %d bits", (long long)N,
             (long long)K, bits);
  if (N == 0) return BL_OK;
  unpack<<<blocks_for(N * bl::divide_up(K, 8)), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const uint8_t>(packed), N, K, bits, bl::pointer_to<uint8_t>(codes));
  return bl::launched("bl_unpack");
}

BL_EXPORT int bl_visit(bl_context *ctx, int dtype, bl_ptr w, bl_ptr order, bl_ptr dead, int64_t N, int64_t K, bl_ptr out,
                       bl_stream stream) {
  BL_ENTER(ctx, "bl_visit");
  BL_REQUIRE(N >= 0 && K >= 1, "bl_visit: N = %lld, K = %lld", (long long)N, (long long)K);
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_visit", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    visit<T><<<blocks_for(N * K), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const T>(w), bl::pointer_to<const int32_t>(order), bl::pointer_to<const uint8_t>(dead), N, K,
        bl::pointer_to<double>(out));
    return bl::launched("bl_visit");
  });
}

BL_EXPORT int bl_restore(bl_context *ctx, bl_ptr codes, bl_ptr order, int64_t N, int64_t K, bl_ptr out, bl_stream stream) {
  BL_ENTER(ctx, "bl_restore");
  BL_REQUIRE(N >= 0 && K >= 1, "bl_restore: N = %lld, K = %lld", (long long)N, (long long)K);
  if (N == 0) return BL_OK;
  restore<<<blocks_for(N * K), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const uint8_t>(codes), bl::pointer_to<const int32_t>(order), N, K, bl::pointer_to<uint8_t>(out));
  return bl::launched("bl_restore");
}

BL_EXPORT int bl_random(bl_context *ctx, int dtype, bl_ptr out, int64_t n, float deviation, uint64_t seed,
                        bl_stream stream) {
  BL_ENTER(ctx, "bl_random");
  BL_REQUIRE(n >= 0, "bl_random: n = %lld", (long long)n);
  if (n == 0) return BL_OK;
  return bl::with_dtype("bl_random", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    fill_normal<T><<<blocks_for(bl::divide_up(n, 4)), THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<T>(out), n,
                                                                                       deviation, seed);
    return bl::launched("bl_random");
  });
}
