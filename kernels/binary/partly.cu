/* PB-LLM's column loop, the compact form of its codes, and its weights again. */
#include "../quantize/checks.h"
#include "feedback.cuh"

using namespace bl::binary;

static constexpr int THREADS = 256;

namespace {

/* Signs around the mean of a group, or codes of the grid of a row. */
struct PartlyBinary {
  const uint8_t *is_binary;
  const float *means, *deviations, *scales;
  const int16_t *zeros;
  int64_t K, G;
  uint8_t *codes;

  struct Row {
    bool marked[SLOTS];
    double mean[SLOTS], deviation[SLOTS];
    double scale, reciprocal;
    int zero;
    uint8_t *codes;

    __device__ Row(const PartlyBinary &of, int64_t n, int64_t start, int columns, int lane) {
      codes = of.codes + n * of.K + start + lane;
      scale = of.scales[n];
      reciprocal = 1.0 / scale;
      zero = of.zeros[n];
#pragma unroll
      for (int s = 0; s < SLOTS; ++s) {
        const bool is_inside = lane + 32 * s < columns;
        const int64_t k = is_inside ? start + lane + 32 * s : start, g = n * (of.K / of.G) + k / of.G;
        marked[s] = of.is_binary[n * of.K + k] != 0;
        mean[s] = of.means[g];
        deviation[s] = of.deviations[g];
      }
    }

    __device__ __forceinline__ double round(int s, double weight, bool is_owner) {
      const int sign = weight >= mean[s], code = bl::quantize::code_at(bl::quantize::divide(weight, scale, reciprocal), zero, 255);
      if (is_owner) codes[32 * s] = static_cast<uint8_t>(marked[s] ? sign : code);
      if (marked[s]) return plus(mean[s], sign ? deviation[s] : -deviation[s]);
      return times(scale, bl::quantize::double_of(code - zero));
    }
  };
};

}  // namespace

BL_EXPORT int bl_binary_loop(bl_context *ctx, bl_ptr w, bl_ptr upper, bl_ptr is_binary, int64_t N, int64_t K, int64_t G,
                             bl_ptr means, bl_ptr deviations, bl_ptr scales, bl_ptr zeros, bl_ptr codes, bl_ptr losses,
                             bl_ptr errors, bl_stream stream) {
  BL_ENTER(ctx, "bl_binary_loop");
  BL_TRY(bl::quantize::check_groups("bl_binary_loop", N, K, G));
  if (N == 0) return BL_OK;
  const PartlyBinary rounder{bl::pointer_to<const uint8_t>(is_binary), bl::pointer_to<const float>(means),
                             bl::pointer_to<const float>(deviations), bl::pointer_to<const float>(scales),
                             bl::pointer_to<const int16_t>(zeros), K, G, bl::pointer_to<uint8_t>(codes)};
  double *weights = bl::pointer_to<double>(w);
  Feedback in{weights, bl::pointer_to<const double>(upper), N, K, bl::pointer_to<double>(errors),
              bl::pointer_to<double>(losses), 0, 0, true};
  for (in.start = 0; in.start < K; in.start += BLOCK_COLUMNS) {
    in.columns = static_cast<int>(K - in.start < BLOCK_COLUMNS ? K - in.start : BLOCK_COLUMNS);
    BL_TRY(run_block(ctx, "bl_binary_loop", weights, in, rounder, stream));
  }
  return BL_OK;
}

/* A warp a row. */
__global__ void __launch_bounds__(THREADS) count_unmarked(const uint8_t *marks, int64_t N, int64_t K, int32_t *counts) {
  const int64_t n = blockIdx.x * static_cast<int64_t>(THREADS / 32) + threadIdx.x / 32;
  if (n >= N) return;
  int count = 0;
  for (int64_t k = threadIdx.x % 32; k < K; k += 32) count += marks[n * K + k] == 0;
  count = bl::warp_sum(count);
  if (threadIdx.x % 32 == 0) counts[n] = count;
}

/* Calls body(place in the compact array, place in the matrix) for each weight without a mark; a warp a row. */
template <class Body>
__device__ __forceinline__ void each_unmarked(const uint8_t *marks, const int64_t *first, int64_t N, int64_t K, Body body) {
  const int64_t n = blockIdx.x * static_cast<int64_t>(THREADS / 32) + threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  if (n >= N) return;
  int64_t next = first[n];
  for (int64_t begin = 0; begin < K; begin += 32) {
    const int64_t k = begin + lane;
    const bool is_unmarked = k < K && marks[n * K + k] == 0;
    const unsigned lanes = __ballot_sync(0xffffffffu, is_unmarked);
    if (is_unmarked) body(next + __popc(lanes & ((1u << lane) - 1)), n * K + k);
    next += __popc(lanes);
  }
}

__global__ void __launch_bounds__(THREADS) gather_high(const uint8_t *marks, const uint8_t *codes, const int64_t *first,
                                                       int64_t N, int64_t K, uint8_t *high) {
  each_unmarked(marks, first, N, K, [&](int64_t place, int64_t at) { high[place] = codes[at] >> 1; });
}

__global__ void __launch_bounds__(THREADS) spread_high(const uint8_t *marks, const uint8_t *high, const int64_t *first,
                                                       int64_t N, int64_t K, uint8_t *codes) {
  each_unmarked(marks, first, N, K,
                [&](int64_t place, int64_t at) { codes[at] = static_cast<uint8_t>((codes[at] & 1) | high[place] << 1); });
}

BL_EXPORT int bl_count_unmarked(bl_context *ctx, bl_ptr marks, int64_t N, int64_t K, bl_ptr counts, bl_stream stream) {
  BL_ENTER(ctx, "bl_count_unmarked");
  BL_TRY(bl::quantize::check_groups("bl_count_unmarked", N, K, K));
  if (N == 0) return BL_OK;
  count_unmarked<<<bl::divide_up(N, THREADS / 32), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const uint8_t>(marks), N, K, bl::pointer_to<int32_t>(counts));
  return bl::launched("bl_count_unmarked");
}

BL_EXPORT int bl_gather_high(bl_context *ctx, bl_ptr marks, bl_ptr codes, bl_ptr first, int64_t N, int64_t K, bl_ptr high,
                             bl_stream stream) {
  BL_ENTER(ctx, "bl_gather_high");
  BL_TRY(bl::quantize::check_groups("bl_gather_high", N, K, K));
  if (N == 0) return BL_OK;
  gather_high<<<bl::divide_up(N, THREADS / 32), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const uint8_t>(marks), bl::pointer_to<const uint8_t>(codes), bl::pointer_to<const int64_t>(first), N, K,
      bl::pointer_to<uint8_t>(high));
  return bl::launched("bl_gather_high");
}

BL_EXPORT int bl_spread_high(bl_context *ctx, bl_ptr marks, bl_ptr high, bl_ptr first, int64_t N, int64_t K, bl_ptr codes,
                             bl_stream stream) {
  BL_ENTER(ctx, "bl_spread_high");
  BL_TRY(bl::quantize::check_groups("bl_spread_high", N, K, K));
  if (N == 0) return BL_OK;
  spread_high<<<bl::divide_up(N, THREADS / 32), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const uint8_t>(marks), bl::pointer_to<const uint8_t>(high), bl::pointer_to<const int64_t>(first), N, K,
      bl::pointer_to<uint8_t>(codes));
  return bl::launched("bl_spread_high");
}
