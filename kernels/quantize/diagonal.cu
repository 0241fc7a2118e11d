/* The diagonal of a matrix. */
#include "../common.cuh"

namespace {

__global__ void take_diagonal(const double *x, int64_t K, double *out) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < K) out[i] = x[i * K + i];
}

}  // namespace

BL_EXPORT int bl_diagonal(bl_context *ctx, bl_ptr x, int64_t K, bl_ptr out, bl_stream stream) {
  BL_ENTER(ctx, "bl_diagonal");
  BL_REQUIRE(K >= 1, "bl_diagonal: K = %lld", (long long)K);
  take_diagonal<<<static_cast<unsigned>(bl::divide_up(K, 256)), 256, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const double>(x), K, bl::pointer_to<double>(out));
  return bl::launched("bl_diagonal");
}
