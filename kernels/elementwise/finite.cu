/* Whether hidden states have overflowed; one read, the bound is the memory. */
#include "pack.cuh"

namespace {

constexpr int THREADS = 256;
constexpr int PACK = 4;
constexpr int PACKS = 8;

__global__ void __launch_bounds__(THREADS) finite_kernel(const float *x, int64_t n, bool aligned, int32_t *flag) {
  const int64_t first = (static_cast<int64_t>(blockIdx.x) * THREADS * PACKS + threadIdx.x) * PACK;
  alignas(16) float values[PACKS][PACK];
  if (aligned && first + (PACKS - 1) * THREADS * PACK + PACK <= n) {
#pragma unroll
    for (int j = 0; j < PACKS; ++j)
      reinterpret_cast<float4 *>(values)[j] = __ldcs(reinterpret_cast<const float4 *>(x + first + j * THREADS * PACK));
  } else {
#pragma unroll
    for (int j = 0; j < PACKS; ++j) bl::load_pack(x + first + j * THREADS * PACK, n - first - j * THREADS * PACK, false, values[j]);
  }
  bool finite = true;
#pragma unroll
  for (int j = 0; j < PACKS; ++j) {
#pragma unroll
    for (int i = 0; i < PACK; ++i) finite = finite && isfinite(values[j][i]);
  }
  // All who write, write the same.
  if (!finite) *flag = 1;
}

}  // namespace

BL_EXPORT int bl_check_finite(bl_context *ctx, bl_ptr x, int64_t n, bl_ptr flag, bl_stream stream) {
  const char *op = "bl_check_finite";
  BL_ENTER(ctx, op);
  const int64_t blocks = bl::divide_up(n, static_cast<int64_t>(THREADS) * PACKS * PACK);
  BL_REQUIRE(n >= 0 && blocks < INT32_MAX, "%s: %lld values; at least 0 and at most 2^43 can be checked", op, (long long)n);
  if (n == 0) return BL_OK;
  finite_kernel<<<static_cast<unsigned>(blocks), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<float>(x), n, bl::is_aligned<float>(x, 0), bl::pointer_to<int32_t>(flag));
  return bl::launched(op);
}
