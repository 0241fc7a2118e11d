/* bl_matmul: the vendor library where it has an algorithm, `tiled` everywhere else. */
#include "../common.cuh"
#include "tiled.cuh"
#include "vendor.h"

struct MatmulArguments {
  const char *op;
  int dtype;
  bl_ptr x;
  int64_t x_stride;
  bl_ptr w, out;
  int out_dtype;
  int64_t out_stride, M, N, K;
  int accumulate;
  cudaStream_t stream;
};

static int check(const MatmulArguments &a) {
  BL_REQUIRE(bl::is_dtype(a.dtype), "%s: dtype %d is none of 0, 1, 2", a.op, a.dtype);
  BL_REQUIRE(a.out_dtype == a.dtype || a.out_dtype == BL_F32, "%s: out_dtype %d is neither dtype %d nor 0 (float32)", a.op,
             a.out_dtype, a.dtype);
  BL_REQUIRE(a.M >= 0 && a.N > 0 && a.K > 0, "%s: M = %lld, N = %lld, K = %lld; the latter two must be positive", a.op,
             (long long)a.M, (long long)a.N, (long long)a.K);
  BL_REQUIRE(a.N < 1LL << 31 && a.K < 1LL << 31, "%s: N = %lld, K = %lld; 2^31 - 1 is the most", a.op, (long long)a.N,
             (long long)a.K);
  BL_REQUIRE(a.x_stride >= a.K && a.out_stride >= a.N, "%s: rows of %lld and %lld with strides of %lld and %lld", a.op,
             (long long)a.K, (long long)a.N, (long long)a.x_stride, (long long)a.out_stride);
  BL_REQUIRE(a.M == 0 || (a.x != 0 && a.w != 0 && a.out != 0), "%s: a null address", a.op);
  return BL_OK;
}

/* Whether the rows of x and w begin at multiples of 16 bytes. */
template <class T>
static bool is_aligned(const MatmulArguments &a) {
  return bl::is_aligned<T>(a.x, a.x_stride) && bl::is_aligned<T>(a.w, a.K);
}

/* Calls body(type of x and w, type of out). */
template <class Body>
static int with_types(const MatmulArguments &a, Body &&body) {
  return bl::with_dtype(a.op, a.dtype, [&](auto type) {
    return a.out_dtype == BL_F32 ? body(type, bl::Type<float>{}) : body(type, type);
  });
}

template <class T, class Out>
static int run_tiled(bl_context *ctx, const MatmulArguments &a, bool is_aligned) {
  vendor_note_slow(ctx, SLOW_MATMUL, a.dtype, a.N, a.K, is_aligned);
  const bl::Operand<T> x{bl::pointer_to<const T>(a.x), a.x_stride, 1, a.M};
  const bl::Operand<T> w{bl::pointer_to<const T>(a.w), a.K, 1, a.N};
  bl::launch_tiled(x, w, a.K, bl::pointer_to<Out>(a.out), a.out_stride, a.accumulate, a.stream);
  return bl::launched(a.op);
}

BL_EXPORT int bl_matmul(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr w, bl_ptr out, int out_dtype,
                        int64_t out_stride, int64_t M, int64_t N, int64_t K, int accumulate, bl_stream stream) {
  BL_ENTER(ctx, "bl_matmul");
  const MatmulArguments a{"bl_matmul", dtype,      x, x_stride, w, out,        out_dtype,
                          out_stride,  M,          N, K,        accumulate, bl::stream_of(stream)};
  BL_TRY(check(a));
  if (M == 0) return BL_OK;
  return with_types(a, [&](auto type, auto out_type) {
    using T = typename decltype(type)::type;
    using Out = typename decltype(out_type)::type;
    if (!is_aligned<T>(a)) return run_tiled<T, Out>(ctx, a, false);
    const int status = vendor_matmul(ctx, dtype, bl::pointer_to<void>(x), x_stride, bl::pointer_to<void>(w),
                                     bl::pointer_to<void>(out), out_dtype, out_stride, M, N, K, accumulate, stream);
    return status == BL_UNSUPPORTED ? run_tiled<T, Out>(ctx, a, true) : status;
  });
}
