/* bl_bias: adds a float32 vector to every row. Bound: memory. */
#include "../common.cuh"

static constexpr int THREADS = 256;

/* LANES elements a thread: 16 bytes, or 1. */
template <class T, int LANES>
static __global__ void __launch_bounds__(THREADS) add_bias(T *x, int64_t x_stride, const float *bias, int64_t M, int64_t N) {
  struct alignas(sizeof(T) * LANES) Piece {
    T values[LANES];
  };
  const int64_t pieces = N / LANES, index = static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x;
  const int64_t row = index / pieces, column = index % pieces * LANES;
  if (row >= M) return;
  Piece *place = reinterpret_cast<Piece *>(x + row * x_stride + column);
  Piece piece = *place;
#pragma unroll
  for (int i = 0; i < LANES; ++i) {
    piece.values[i] = bl::from_float<T>(bl::to_float(piece.values[i]) + bias[column + i]);
  }
  *place = piece;
}

BL_EXPORT int bl_bias(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr bias, int64_t M, int64_t N,
                      bl_stream stream) {
  BL_ENTER(ctx, "bl_bias");
  BL_REQUIRE(M >= 0 && N > 0 && x_stride >= N, "bl_bias: M = %lld, N = %lld, a stride of %lld", (long long)M, (long long)N,
             (long long)x_stride);
  BL_REQUIRE(bias != 0 && (x != 0 || M == 0), "bl_bias: a null address");
  if (M == 0) return BL_OK;
  return bl::with_dtype("bl_bias", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const bool vectors = bl::is_aligned<T>(x, x_stride) && N % bl::lanes_of<T> == 0;
    const auto kernel = vectors ? add_bias<T, bl::lanes_of<T>> : add_bias<T, 1>;
    const int64_t threads = M * (vectors ? N / bl::lanes_of<T> : N), blocks = bl::divide_up(threads, THREADS);
    BL_REQUIRE(blocks < 1LL << 31, "bl_bias: M = %lld rows of N = %lld are too many", (long long)M, (long long)N);
    kernel<<<static_cast<unsigned>(blocks), THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<T>(x), x_stride,
                                                                                bl::pointer_to<const float>(bias), M, N);
    return bl::launched("bl_bias");
  });
}
