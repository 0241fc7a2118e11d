/* bl_gram: half of a symmetric product in panels of rows, then the other half as its mirror image. */
#include "../common.cuh"
#include "tiled.cuh"
#include "vendor.h"

/* Rows of the result that one product makes. Fewer: less wasted above the diagonal; more: better use of the device. */
static constexpr int64_t PANEL = 2048;
/* Columns of one product at most: cuBLASLt has no algorithm without workspace for wider ones. */
static constexpr int64_t WIDTH = 4096;

static constexpr int MIRROR_TILE = 32, MIRROR_ROWS = 8;

/* gram[i, j] = gram[j, i] for i < j. */
static __global__ void mirror(float *gram, int64_t K) {
  __shared__ float tile[MIRROR_TILE][MIRROR_TILE + 1];
  if (blockIdx.x > blockIdx.y) return;
  const int64_t row0 = static_cast<int64_t>(blockIdx.y) * MIRROR_TILE, column0 = static_cast<int64_t>(blockIdx.x) * MIRROR_TILE;
  for (int i = threadIdx.y; i < MIRROR_TILE; i += MIRROR_ROWS) {
    const int64_t row = row0 + i, column = column0 + threadIdx.x;
    if (row < K && column < K) tile[i][threadIdx.x] = gram[row * K + column];
  }
  __syncthreads();
  for (int i = threadIdx.y; i < MIRROR_TILE; i += MIRROR_ROWS) {
    const int64_t row = column0 + i, column = row0 + threadIdx.x;
    if (row < column && column < K) gram[row * K + column] = tile[threadIdx.x][i];
  }
}

template <class T>
static int run_panels(bl_context *ctx, int dtype, const T *x, int64_t x_stride, int64_t M, int64_t K, float *gram,
                      int accumulate, bl_stream stream) {
  const bool aligned = bl::is_aligned<T>(reinterpret_cast<bl_ptr>(x), x_stride);
  for (int64_t row = 0; row < K; row += PANEL) {
    const int64_t rows = K - row < PANEL ? K - row : PANEL;
    for (int64_t column = 0; column < row + rows; column += WIDTH) {
      const int64_t left = row + rows - column, columns = left < WIDTH ? left : WIDTH;
      float *to = gram + row * K + column;
      const int status = aligned ? vendor_gram_block(ctx, dtype, x + row, x + column, x_stride, M, rows, columns, to, K,
                                                     accumulate ? 1.0f : 0.0f, stream)
                                 : BL_UNSUPPORTED;
      if (status == BL_OK) continue;
      if (status != BL_UNSUPPORTED) return status;
      vendor_note_slow(ctx, SLOW_GRAM, dtype, rows, columns, aligned);
      const bl::Operand<T> a{x + row, 1, x_stride, rows}, b{x + column, 1, x_stride, columns};
      bl::launch_tiled(a, b, M, to, K, accumulate, bl::stream_of(stream));
      BL_TRY(bl::launched("bl_gram"));
    }
  }
  const auto tiles = static_cast<unsigned>(bl::divide_up(K, MIRROR_TILE));
  mirror<<<dim3(tiles, tiles), dim3(MIRROR_TILE, MIRROR_ROWS), 0, bl::stream_of(stream)>>>(gram, K);
  return bl::launched("bl_gram");
}

BL_EXPORT int bl_gram(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, int64_t M, int64_t K, bl_ptr gram,
                      int accumulate, bl_stream stream) {
  BL_ENTER(ctx, "bl_gram");
  BL_REQUIRE(M >= 0 && K > 0 && K <= 1 << 20 && x_stride >= K, "bl_gram: M = %lld, K = %lld, a stride of %lld", (long long)M,
             (long long)K, (long long)x_stride);
  BL_REQUIRE(gram != 0 && (x != 0 || M == 0), "bl_gram: a null address");
  float *to = bl::pointer_to<float>(gram);
  if (M == 0) {
    if (!accumulate) BL_CUDA_TRY("bl_gram", cudaMemsetAsync(to, 0, K * K * sizeof(float), bl::stream_of(stream)));
    return BL_OK;
  }
  return bl::with_dtype("bl_gram", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    return run_panels<T>(ctx, dtype, bl::pointer_to<const T>(x), x_stride, M, K, to, accumulate, stream);
  });
}
