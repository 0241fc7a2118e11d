/* Rows that are looked up, added or copied, with conversion; the bound is the memory. */
#include "sheet.cuh"

namespace {

template <class T>
struct Gather {
  const T *table;
  const int32_t *ids;
  int64_t offset, width;
  float scale;
  float *out;
  bool accumulate, aligned;

  static constexpr int N = bl::lanes_of<T>;

  __device__ __forceinline__ void operator()(int64_t row, int64_t column, int64_t left) const {
    float values[N], sum[N] = {};
    bl::load_pack(table + (ids[row] + offset) * width + column, left, aligned, values);
    float *to = out + row * width + column;
    if (accumulate) bl::load_pack(to, left, aligned, sum);
#pragma unroll
    for (int i = 0; i < N; ++i) sum[i] += scale * values[i];
    bl::store_pack(to, left, aligned, sum);
  }
};

template <class T>
struct Add {
  float *to;
  const T *from;
  int64_t to_stride, from_stride;
  float factor;
  bool to_aligned, from_aligned;

  static constexpr int N = 4;

  __device__ __forceinline__ void operator()(int64_t row, int64_t column, int64_t left) const {
    float values[N], sum[N];
    float *target = to + row * to_stride + column;
    bl::load_pack(from + row * from_stride + column, left, from_aligned, values);
    bl::load_pack(target, left, to_aligned, sum);
#pragma unroll
    for (int i = 0; i < N; ++i) sum[i] += factor * values[i];
    bl::store_pack(target, left, to_aligned, sum);
  }
};

template <class A, class B>
struct Move {
  const A *x;
  B *out;
  bl::Vectors from, to;
  int inner;
  bool x_aligned, out_aligned;

  static constexpr int N = bl::pack_of<A, B>;

  __device__ __forceinline__ void operator()(int64_t row, int64_t column, int64_t left) const {
    const bl::VectorIndex index(row, inner);
    float values[N];
    bl::load_pack(x + from.start(index) + column, left, x_aligned, values);
    bl::store_pack(out + to.start(index) + column, left, out_aligned, values);
  }
};

}  // namespace

BL_EXPORT int bl_gather_rows(bl_context *ctx, int dtype, bl_ptr table, bl_ptr ids, int64_t offset, float scale, bl_ptr out,
                             int64_t T, int64_t width, int accumulate, bl_stream stream) {
  const char *op = "bl_gather_rows";
  BL_ENTER(ctx, op);
  return bl::with_dtype(op, dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    constexpr int N = Gather<E>::N;
    const bool aligned = bl::packs_fit<N, E>(table, width) && bl::packs_fit<N, float>(out, width);
    const Gather<E> gather = {bl::pointer_to<E>(table), bl::pointer_to<int32_t>(ids), offset, width, scale,
                              bl::pointer_to<float>(out), accumulate != 0, aligned};
    return bl::over_sheet<N>(op, T, width, gather, stream);
  });
}

BL_EXPORT int bl_add(bl_context *ctx, bl_ptr to, int64_t to_stride, int from_dtype, bl_ptr from, int64_t from_stride,
                     float factor, int64_t M, int64_t width, bl_stream stream) {
  const char *op = "bl_add";
  BL_ENTER(ctx, op);
  BL_REQUIRE(to_stride >= width && from_stride >= width, "%s: rows %lld and %lld apart, but %lld elements long", op,
             (long long)to_stride, (long long)from_stride, (long long)width);
  return bl::with_dtype(op, from_dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    const Add<E> add = {bl::pointer_to<float>(to), bl::pointer_to<E>(from), to_stride, from_stride, factor,
                        bl::packs_fit<4, float>(to, to_stride), bl::packs_fit<4, E>(from, from_stride)};
    return bl::over_sheet<4>(op, M, width, add, stream);
  });
}

BL_EXPORT int bl_move(bl_context *ctx, int x_dtype, bl_ptr x, int64_t x_outer, int64_t x_inner, int out_dtype, bl_ptr out,
                      int64_t out_outer, int64_t out_inner, int64_t outer, int64_t inner, int64_t width, bl_stream stream) {
  const char *op = "bl_move";
  BL_ENTER(ctx, op);
  BL_TRY(bl::check_vectors(op, outer, inner, width));
  return bl::with_dtype(op, x_dtype, [&](auto x_type) {
    using A = typename decltype(x_type)::type;
    return bl::with_dtype(op, out_dtype, [&](auto out_type) {
      using B = typename decltype(out_type)::type;
      constexpr int N = Move<A, B>::N;
      const Move<A, B> move = {bl::pointer_to<A>(x), bl::pointer_to<B>(out),
                               {x_outer, x_inner}, {out_outer, out_inner}, static_cast<int>(inner),
                               bl::packs_fit<N, A>(x, x_outer) && x_inner % N == 0,
                               bl::packs_fit<N, B>(out, out_outer) && out_inner % N == 0};
      return bl::over_sheet<N>(op, outer * inner, width, move, stream);
    });
  });
}
