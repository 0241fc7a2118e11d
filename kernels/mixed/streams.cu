/* Codes whose bits depend on their group as streams of bits, and weights from them; bound by memory. */
#include "../common.cuh"
#include "../quantize/checks.h"
#include "groups.h"

static constexpr int THREADS = 256;

namespace {

struct Streams {
  const uint8_t *bits;
  /* Where the stream of each group begins. */
  const int64_t *first;
  int64_t N, K, G;

  /* Of row n and group b. */
  __device__ __forceinline__ int64_t place(int64_t n, int64_t b) const { return first[b] + n * ((G * bits[b] + 7) / 8); }
};

/* Eight codes, or what is left of a row, become `bits` bytes. */
__global__ void __launch_bounds__(THREADS) pack_mixed(Streams in, const uint8_t *codes, uint8_t *packed) {
  const int64_t each = (in.G + 7) / 8, groups = in.K / in.G;
  const int64_t item = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  const int64_t n = item / (groups * each), b = item / each % groups, from = item % each * 8;
  if (n >= in.N) return;
  const int bits = in.bits[b], count = static_cast<int>(in.G - from < 8 ? in.G - from : 8), mask = (1 << bits) - 1;
  uint64_t stream = 0;
  for (int i = 0; i < count; ++i) stream |= static_cast<uint64_t>(codes[n * in.K + b * in.G + from + i] & mask) << (i * bits);
  uint8_t *to = packed + in.place(n, b) + from / 8 * bits;
  for (int i = 0; i < (count * bits + 7) / 8; ++i) to[i] = static_cast<uint8_t>(stream >> (8 * i));
}

template <class T>
__global__ void __launch_bounds__(THREADS) restore_mixed(Streams in, const uint8_t *packed, const float *scales, const float *zeros,
                                                         T *out) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i >= in.N * in.K) return;
  const int64_t n = i / in.K, b = i % in.K / in.G, g = i / in.G;
  const int bits = in.bits[b];
  const int64_t bit = i % in.G * bits;
  const uint8_t *from = packed + in.place(n, b) + bit / 8;
  const int shift = static_cast<int>(bit % 8);
  // The second byte may be behind the last one where the code does not reach into it.
  const int both = from[0] | (shift + bits > 8 ? from[1] << 8 : 0);
  const double weight = bl::mixed::mixed_weight(both >> shift & ((1 << bits) - 1), bits, scales[g], zeros[g]);
  out[i] = bl::from_float<T>(static_cast<float>(weight));
}

}  // namespace

static Streams streams_of(bl_ptr bits, bl_ptr first, int64_t N, int64_t K, int64_t G) {
  return Streams{bl::pointer_to<const uint8_t>(bits), bl::pointer_to<const int64_t>(first), N, K, G};
}

BL_EXPORT int bl_pack_mixed(bl_context *ctx, bl_ptr codes, bl_ptr bits, bl_ptr first, int64_t N, int64_t K, int64_t G,
                            bl_ptr packed, bl_stream stream) {
  BL_ENTER(ctx, "bl_pack_mixed");
  BL_TRY(bl::quantize::check_groups("bl_pack_mixed", N, K, G));
  if (N == 0) return BL_OK;
  const int64_t items = N * (K / G) * bl::divide_up(G, 8);
  pack_mixed<<<bl::divide_up(items, THREADS), THREADS, 0, bl::stream_of(stream)>>>(
      streams_of(bits, first, N, K, G), bl::pointer_to<const uint8_t>(codes), bl::pointer_to<uint8_t>(packed));
  return bl::launched("bl_pack_mixed");
}

BL_EXPORT int bl_restore_mixed(bl_context *ctx, bl_ptr packed, bl_ptr bits, bl_ptr first, bl_ptr scales, bl_ptr zeros, int64_t N,
                               int64_t K, int64_t G, int dtype, bl_ptr out, bl_stream stream) {
  BL_ENTER(ctx, "bl_restore_mixed");
  BL_TRY(bl::quantize::check_groups("bl_restore_mixed", N, K, G));
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_restore_mixed", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    restore_mixed<T><<<bl::divide_up(N * K, THREADS), THREADS, 0, bl::stream_of(stream)>>>(
        streams_of(bits, first, N, K, G), bl::pointer_to<const uint8_t>(packed), bl::pointer_to<const float>(scales),
        bl::pointer_to<const float>(zeros), bl::pointer_to<T>(out));
    return bl::launched("bl_restore_mixed");
  });
}
