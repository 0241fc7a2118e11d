/* Activations, and gated linear units (Shazeer 2020, arXiv:2002.05202); the bound is the memory. */
#include "activations.cuh"
#include "sheet.cuh"

namespace {

template <class T, int ACTIVATION>
struct Activate {
  const T *x;
  T *out;
  int64_t x_stride, out_stride;
  bool x_aligned, out_aligned;

  __device__ __forceinline__ void operator()(int64_t row, int64_t column, int64_t left) const {
    constexpr int N = bl::lanes_of<T>;
    float values[N];
    bl::load_pack(x + row * x_stride + column, left, x_aligned, values);
#pragma unroll
    for (int i = 0; i < N; ++i) values[i] = bl::activate<ACTIVATION, sizeof(T) == 4>(values[i]);
    bl::store_pack(out + row * out_stride + column, left, out_aligned, values);
  }
};

template <class T, int ACTIVATION>
struct Glu {
  const T *gate, *up;
  T *out;
  int64_t gate_stride, up_stride, out_stride;
  bool gate_aligned, up_aligned, out_aligned;

  __device__ __forceinline__ void operator()(int64_t row, int64_t column, int64_t left) const {
    constexpr int N = bl::lanes_of<T>;
    float gates[N], ups[N];
    bl::load_pack(gate + row * gate_stride + column, left, gate_aligned, gates);
    bl::load_pack(up + row * up_stride + column, left, up_aligned, ups);
#pragma unroll
    for (int i = 0; i < N; ++i) ups[i] *= bl::activate<ACTIVATION, sizeof(T) == 4>(gates[i]);
    bl::store_pack(out + row * out_stride + column, left, out_aligned, ups);
  }
};

}  // namespace

BL_EXPORT int bl_activate(bl_context *ctx, int dtype, int activation, bl_ptr x, int64_t x_stride, bl_ptr out,
                          int64_t out_stride, int64_t M, int64_t width, bl_stream stream) {
  const char *op = "bl_activate";
  BL_ENTER(ctx, op);
  BL_REQUIRE(x_stride >= width && out_stride >= width, "%s: rows %lld and %lld apart, but %lld elements long", op,
             (long long)x_stride, (long long)out_stride, (long long)width);
  return bl::with_dtype(op, dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    constexpr int N = bl::lanes_of<T>;
    return bl::with_activation(op, activation, [&](auto which) {
      const Activate<T, decltype(which)::value> body = {bl::pointer_to<T>(x), bl::pointer_to<T>(out), x_stride, out_stride,
                                                        bl::packs_fit<N, T>(x, x_stride), bl::packs_fit<N, T>(out, out_stride)};
      return bl::over_sheet<N>(op, M, width, body, stream);
    });
  });
}

BL_EXPORT int bl_glu(bl_context *ctx, int dtype, int activation, bl_ptr gate, int64_t gate_stride, bl_ptr up,
                     int64_t up_stride, bl_ptr out, int64_t out_stride, int64_t M, int64_t width, bl_stream stream) {
  const char *op = "bl_glu";
  BL_ENTER(ctx, op);
  BL_REQUIRE(gate_stride >= width && up_stride >= width && out_stride >= width,
             "%s: rows %lld, %lld and %lld apart, but %lld elements long", op, (long long)gate_stride, (long long)up_stride,
             (long long)out_stride, (long long)width);
  return bl::with_dtype(op, dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    constexpr int N = bl::lanes_of<T>;
    return bl::with_activation(op, activation, [&](auto which) {
      const Glu<T, decltype(which)::value> body = {
          bl::pointer_to<T>(gate), bl::pointer_to<T>(up), bl::pointer_to<T>(out), gate_stride, up_stride, out_stride,
          bl::packs_fit<N, T>(gate, gate_stride), bl::packs_fit<N, T>(up, up_stride), bl::packs_fit<N, T>(out, out_stride)};
      return bl::over_sheet<N>(op, M, width, body, stream);
    });
  });
}
