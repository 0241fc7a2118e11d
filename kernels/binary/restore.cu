/* Weights from their codes and levels. */
#include "../common.cuh"
#include "../quantize/checks.h"
#include "levels.h"

using namespace bl::binary;

static constexpr int THREADS = 256;

struct PartlyCodes {
  const uint8_t *is_binary, *codes;
  const float *means, *deviations, *scales;
  const int16_t *zeros;
};

template <class T>
__global__ void __launch_bounds__(THREADS) restore_binary(PartlyCodes in, int64_t N, int64_t K, int64_t G, T *out) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i >= N * K) return;
  const int64_t n = i / K, g = n * (K / G) + i % K / G;
  const int code = in.codes[i];
  const double deviation = in.deviations[g];
  const double sign = plus(static_cast<double>(in.means[g]), code == 1 ? deviation : -deviation);
  const double salient = times(static_cast<double>(in.scales[n]), static_cast<double>(code - in.zeros[n]));
  out[i] = bl::from_float<T>(static_cast<float>(in.is_binary[i] != 0 ? sign : salient));
}

template <class T>
__global__ void __launch_bounds__(THREADS) restore_blocks(const uint8_t *codes, const float *levels, const uint8_t *salient,
                                                          int64_t N, int64_t K, int64_t G, T *out) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i >= N * K) return;
  const int64_t g = i / K * (K / G) + i % K / G;
  const double weight = block_weight(codes[i], salient[i % K] != 0, levels + g * LEVELS);
  out[i] = bl::from_float<T>(static_cast<float>(weight));
}

BL_EXPORT int bl_restore_binary(bl_context *ctx, bl_ptr is_binary, bl_ptr codes, bl_ptr means, bl_ptr deviations,
                                bl_ptr scales, bl_ptr zeros, int64_t N, int64_t K, int64_t G, int dtype, bl_ptr out,
                                bl_stream stream) {
  BL_ENTER(ctx, "bl_restore_binary");
  BL_TRY(bl::quantize::check_groups("bl_restore_binary", N, K, G));
  if (N == 0) return BL_OK;
  const PartlyCodes in{bl::pointer_to<const uint8_t>(is_binary), bl::pointer_to<const uint8_t>(codes),
                       bl::pointer_to<const float>(means), bl::pointer_to<const float>(deviations),
                       bl::pointer_to<const float>(scales), bl::pointer_to<const int16_t>(zeros)};
  return bl::with_dtype("bl_restore_binary", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    restore_binary<T><<<bl::divide_up(N * K, THREADS), THREADS, 0, bl::stream_of(stream)>>>(in, N, K, G, bl::pointer_to<T>(out));
    return bl::launched("bl_restore_binary");
  });
}

BL_EXPORT int bl_restore_blocks(bl_context *ctx, bl_ptr codes, bl_ptr levels, bl_ptr salient, int64_t N, int64_t K, int64_t G,
                                int dtype, bl_ptr out, bl_stream stream) {
  BL_ENTER(ctx, "bl_restore_blocks");
  BL_TRY(bl::quantize::check_groups("bl_restore_blocks", N, K, G));
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_restore_blocks", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    restore_blocks<T><<<bl::divide_up(N * K, THREADS), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const uint8_t>(codes), bl::pointer_to<const float>(levels), bl::pointer_to<const uint8_t>(salient), N,
        K, G, bl::pointer_to<T>(out));
    return bl::launched("bl_restore_blocks");
  });
}
