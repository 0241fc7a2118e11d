/* First-order statistics of input channels; reference: reference_channels.h. */
#include "../common.cuh"

namespace {

constexpr int COLUMNS = 32;
constexpr int ROWS = 32;

/* The larger, or a NaN where one of them is: it must not be lost. */
__device__ double larger(double most, double value) { return value > most || value != value ? value : most; }

/* A column a lane: each of ROWS warps sums every ROWS-th row in float64, and their sums are added in the order of warps. */
template <typename T>
__global__ void channel_sums(const T *x, int64_t stride, int64_t M, int64_t K, double *sums) {
  __shared__ double parts[3][ROWS][COLUMNS];
  const int64_t k = static_cast<int64_t>(blockIdx.x) * COLUMNS + threadIdx.x;
  double abs_sum = 0, most = 0, square = 0;
  if (k < K) {
    for (int64_t m = threadIdx.y; m < M; m += ROWS) {
      const double value = fabs(static_cast<double>(bl::to_float(x[m * stride + k])));
      abs_sum += value;
      square += value * value;
      most = larger(most, value);
    }
  }
  parts[0][threadIdx.y][threadIdx.x] = abs_sum;
  parts[1][threadIdx.y][threadIdx.x] = most;
  parts[2][threadIdx.y][threadIdx.x] = square;
  __syncthreads();
  if (threadIdx.y != 0 || k >= K) return;
  for (int row = 0; row < ROWS; ++row) {
    sums[k] += parts[0][row][threadIdx.x];
    sums[K + k] = larger(sums[K + k], parts[1][row][threadIdx.x]);
    sums[2 * K + k] += parts[2][row][threadIdx.x];
  }
}

}  // namespace

BL_EXPORT int bl_channel_sums(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, int64_t M, int64_t K, bl_ptr sums,
                              bl_stream stream) {
  BL_ENTER(ctx, "bl_channel_sums");
  BL_REQUIRE(M >= 0 && K >= 1 && x_stride >= K, "bl_channel_sums: M = %lld, K = %lld, rows %lld apart", (long long)M,
             (long long)K, (long long)x_stride);
  if (M == 0) return BL_OK;
  const unsigned blocks = static_cast<unsigned>(bl::divide_up(K, COLUMNS));
  return bl::with_dtype("bl_channel_sums", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    channel_sums<T><<<blocks, dim3(COLUMNS, ROWS), 0, bl::stream_of(stream)>>>(bl::pointer_to<const T>(x), x_stride, M, K,
                                                                               bl::pointer_to<double>(sums));
    return bl::launched("bl_channel_sums");
  });
}
