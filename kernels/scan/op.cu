/* Convolution and recurrence of a selective state space layer. */
#include "chunked.cuh"
#include "conv.cuh"
#include "row_by_row.cuh"

using namespace bl;
using namespace bl::scan;

namespace {

constexpr int64_t MAX_BLOCKS = INT32_MAX;
/** Blocks along time that are enough to fill a device when there is one segment. */
constexpr int64_t STRIP_WALKERS = 256;

template <class Element, int WIDTH, int VECTOR>
int convolve(const char *op, const ConvOperands<Element> &to, int64_t max_rows, int levels, cudaStream_t stream) {
  const int64_t blocks = divide_up(to.C, CONV_THREADS * VECTOR) * to.S;
  const int64_t history_blocks = divide_up(to.C, CONV_THREADS) * to.S;
  BL_REQUIRE(history_blocks <= MAX_BLOCKS, "%s: S = %d segments of C = %d channels are too many for one call", op, to.S, to.C);
  const int64_t strips = divide_up(max_rows, STRIP);
  const int64_t most = STRIP_WALKERS / to.S;
  const int64_t walkers = strips < 1 || most < 1 ? 1 : strips < most ? strips : most;
  const int keep = to.history != nullptr && levels == 0 && walkers == 1;
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(walkers));
  conv_kernel<Element, WIDTH, VECTOR><<<grid, CONV_THREADS, 0, stream>>>(to, keep);
  if (to.history != nullptr && !keep) {
    const auto all = static_cast<unsigned>(history_blocks);
    if (levels > 0) history_kernel<<<all, CONV_THREADS, 0, stream>>>(to, 1);
    history_kernel<<<all, CONV_THREADS, 0, stream>>>(to, 0);
  }
  return launched(op);
}

/** One launch a level: segments start when their parents have ended. */
template <class Element, int QUADS>
int scan_in_registers(const char *op, const Operands<Element> &to, int64_t max_rows, int levels, cudaStream_t stream) {
  using Own = Chunks<Element, QUADS>;
  const int64_t groups = divide_up(to.C, CHANNELS);
  const bool is_short = max_rows <= CHUNK_ROWS;
  const int64_t blocks = is_short ? divide_up(static_cast<int64_t>(to.S) * to.C * QUADS, ROW_THREADS) : groups * to.S;
  BL_REQUIRE(blocks <= MAX_BLOCKS, "%s: S = %d segments of C = %d channels are too many for one call", op, to.S, to.C);
  const auto kernel = chunked_kernel<Element, QUADS>;
  BL_TRY(allow_shared(op, kernel, sizeof(typename Own::Shared)));
  for (int level = 0; level <= levels; ++level) {
    if (is_short) row_by_row_kernel<Element, QUADS><<<static_cast<unsigned>(blocks), ROW_THREADS, 0, stream>>>(to, level);
    else kernel<<<static_cast<unsigned>(blocks), CHUNK_THREADS, sizeof(typename Own::Shared), stream>>>(to, level);
  }
  return launched(op);
}

template <class Element>
int scan_any(const char *op, const Operands<Element> &to, int levels, cudaStream_t stream) {
  const int64_t blocks = divide_up(static_cast<int64_t>(to.S) * to.C, ROW_THREADS);
  BL_REQUIRE(blocks <= MAX_BLOCKS, "%s: S = %d segments of C = %d channels are too many for one call", op, to.S, to.C);
  for (int level = 0; level <= levels; ++level)
    any_states_kernel<<<static_cast<unsigned>(blocks), ROW_THREADS, 0, stream>>>(to, level);
  return launched(op);
}

}  // namespace

BL_EXPORT int bl_causal_conv(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr out, int64_t out_stride,
                             bl_ptr weight, bl_ptr bias, bl_ptr segments, int64_t S, int64_t max_rows, int levels,
                             int64_t C, int64_t width, bl_ptr history, bl_stream stream) {
  constexpr const char *OP = "bl_causal_conv";
  BL_ENTER(ctx, OP);
  BL_TRY(check_segments(OP, dtype, S, max_rows, levels, C));
  BL_TRY(check_conv(OP, C, width, x_stride, out_stride));
  if (S == 0) return BL_OK;
  return with_dtype(OP, dtype, [&](auto type) {
    using Element = typename decltype(type)::type;
    const ConvOperands<Element> to = {
        pointer_to<const Element>(x), pointer_to<Element>(out), x_stride, out_stride, pointer_to<const float>(weight),
        pointer_to<const float>(bias), pointer_to<const Segment>(segments), pointer_to<float>(width > 1 ? history : 0),
        static_cast<int>(S), static_cast<int>(C), static_cast<int>(width)};
    constexpr int VECTOR = 4;
    // With a row or a few, more threads are better than wide ones.
    const bool wide = max_rows > AHEAD && x % (VECTOR * sizeof(Element)) == 0 && out % (VECTOR * sizeof(Element)) == 0 &&
                      x_stride % VECTOR == 0 && out_stride % VECTOR == 0 && C % VECTOR == 0;
    if (width == 4 && wide) return convolve<Element, 4, VECTOR>(OP, to, max_rows, levels, stream_of(stream));
    if (width == 4) return convolve<Element, 4, 1>(OP, to, max_rows, levels, stream_of(stream));
    return convolve<Element, 0, 1>(OP, to, max_rows, levels, stream_of(stream));
  });
}

BL_EXPORT int bl_selective_scan(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr step,
                                int64_t step_stride, bl_ptr b, int64_t b_stride, bl_ptr c, int64_t c_stride, bl_ptr z,
                                int64_t z_stride, bl_ptr out, int64_t out_stride, bl_ptr log_decay, bl_ptr skip,
                                bl_ptr segments, int64_t S, int64_t max_rows, int levels, int64_t C, int64_t n,
                                bl_ptr state, int resume, bl_stream stream) {
  constexpr const char *OP = "bl_selective_scan";
  BL_ENTER(ctx, OP);
  BL_TRY(check_segments(OP, dtype, S, max_rows, levels, C));
  BL_TRY(check_scan(OP, C, n, x_stride, step_stride, z_stride, out_stride));
  if (S == 0) return BL_OK;
  return with_dtype(OP, dtype, [&](auto type) {
    using Element = typename decltype(type)::type;
    const Operands<Element> to = {
        pointer_to<const Element>(x), pointer_to<const float>(step), pointer_to<const float>(b),
        pointer_to<const float>(c), pointer_to<const Element>(z), pointer_to<Element>(out),
        x_stride, step_stride, b_stride, c_stride, z_stride, out_stride,
        pointer_to<const float>(log_decay), pointer_to<const float>(skip), pointer_to<const Segment>(segments),
        pointer_to<float>(state), static_cast<int>(S), static_cast<int>(C), static_cast<int>(n), resume,
        n % 4 == 0 && state % 16 == 0 && log_decay % 16 == 0};
    if (n <= 16) return scan_in_registers<Element, 4>(OP, to, max_rows, levels, stream_of(stream));
    if (n <= 32) return scan_in_registers<Element, 8>(OP, to, max_rows, levels, stream_of(stream));
    return scan_any(OP, to, levels, stream_of(stream));
  });
}
