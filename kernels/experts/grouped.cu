/* Products of the rows of each expert with its weights, in one launch. */
#include "../context/context.h"
#include "checks.h"
#include "fused_add.cuh"
#include "tensor_core.cuh"

using namespace bl;
using namespace bl::experts;

namespace {

struct Product {
  bl_ptr x, experts, out, slots;
  int64_t E, rows, N, K;
  cudaStream_t stream;
};

constexpr const char *OP = "bl_grouped_matmul";

unsigned blocks_of(const Product &product, int tile_rows, int tile_columns) {
  const int64_t columns = divide_up(product.N, tile_columns);
  return static_cast<unsigned>(most_tiles(product.rows, product.E, tile_rows, columns));
}

template <class Element, class Out, int ROWS>
int add(const Product &p) {
  fused_add_kernel<Element, Out, ROWS><<<blocks_of(p, 16 * ROWS, ADD_COLUMNS), ADD_THREADS, 0, p.stream>>>(
      pointer_to<const Element>(p.x), pointer_to<const Element>(p.experts), pointer_to<Out>(p.out),
      pointer_to<const int32_t>(p.slots), static_cast<int>(p.E), static_cast<int>(p.N), static_cast<int>(p.K));
  return launched(OP);
}

template <class Element, class Out, class S>
int multiply(const Product &p) {
  const auto kernel = tensor_core_kernel<Element, Out, S>;
  BL_TRY(allow_shared(OP, kernel, S::SHARED_BYTES));
  kernel<<<blocks_of(p, S::ROWS, S::COLUMNS), S::THREADS, S::SHARED_BYTES, p.stream>>>(
      pointer_to<const Element>(p.x), pointer_to<const Element>(p.experts), pointer_to<Out>(p.out),
      pointer_to<const int32_t>(p.slots), static_cast<int>(p.E), static_cast<int>(p.N), static_cast<int>(p.K));
  return launched(OP);
}

/** 48 KiB a stage: four fit in an H100's shared memory. */
using Large = Shape<128, 256, 64, 64, 4>;
/** 96 KiB in all: fits everywhere. */
using Medium = Shape<128, 128, 64, 32, 3>;
using Small = Shape<64, 128, 32, 32, 3>;
/** A decoding step: as many bytes of weights in flight as fit, two or more blocks a multiprocessor. */
using Few = Shape<16, 64, 16, 16, 8>;

/** Rows an expert gets on average decide the shape; results do not depend on it. */
template <class Element, class Out>
int pick_shape(const Product &p, int64_t shared_bytes) {
  const int64_t mean = p.rows / p.E;
  if (mean < 24) return multiply<Element, Out, Few>(p);
  if (mean < 96) return multiply<Element, Out, Small>(p);
  if (shared_bytes >= Large::SHARED_BYTES) return multiply<Element, Out, Large>(p);
  return multiply<Element, Out, Medium>(p);
}

template <class Element, class Out>
int run(const Product &p, int64_t shared_bytes) {
  if constexpr (sizeof(Element) == 2) {
    const bool aligned = p.x % 16 == 0 && p.experts % 16 == 0 && p.out % (2 * sizeof(Out)) == 0;
    if (p.N % CHUNK == 0 && p.K % CHUNK == 0 && aligned) return pick_shape<Element, Out>(p, shared_bytes);
  }
  return p.rows / p.E < 24 ? add<Element, Out, 1>(p) : add<Element, Out, 4>(p);
}

}  // namespace

BL_EXPORT int bl_grouped_matmul(bl_context *ctx, int dtype, bl_ptr x, bl_ptr experts, bl_ptr out, int out_dtype,
                                bl_ptr slots, int64_t E, int64_t rows, int64_t N, int64_t K, bl_stream stream) {
  BL_ENTER(ctx, OP);
  BL_TRY(check_grouped(OP, dtype, out_dtype, E, rows, N, K));
  if (rows == 0) return BL_OK;
  const Product product = {x, experts, out, slots, E, rows, N, K, stream_of(stream)};
  return with_dtype(OP, dtype, [&](auto type) {
    using Element = typename decltype(type)::type;
    return out_dtype == BL_F32 ? run<Element, float>(product, ctx->shared_bytes)
                               : run<Element, Element>(product, ctx->shared_bytes);
  });
}
