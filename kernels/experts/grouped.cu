/* Products of the rows of each expert with its weights, in one launch. */
#include "../context/context.h"
#include "bulk_copy.cuh"
#include "checks.h"
#include "fused_add.cuh"
#include "tensor_core.cuh"
#include "tensor_map.h"

using namespace bl;
using namespace bl::experts;

namespace {

struct Product {
  bl_ptr x, experts, out, slots;
  int64_t E, rows, N, K;
  int dtype;
  const bl_context *ctx;
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

/** Whether the kernel with Hopper's own instructions is in the library for this device. */
template <class Element, class Out>
bool has_bulk_copies(const Product &p) {
  if (p.ctx->capability != 90 || p.E * p.N > INT32_MAX) return false;
  cudaFuncAttributes attributes;
  if (cudaFuncGetAttributes(&attributes, bulk_copy_kernel<Element, Out>) == cudaSuccess)
    return attributes.maxThreadsPerBlock >= Bulk::THREADS;
  cudaGetLastError();
  return false;
}

template <class Element, class Out>
int multiply_bulk(const Product &p) {
  CUtensorMap x, experts;
  BL_TRY(describe_matrix(OP, &x, p.dtype, p.x, p.rows, p.K, Bulk::ROWS));
  BL_TRY(describe_matrix(OP, &experts, p.dtype, p.experts, p.E * p.N, p.K, Bulk::COLUMNS));
  const auto kernel = bulk_copy_kernel<Element, Out>;
  BL_TRY(allow_shared(OP, kernel, Bulk::SHARED_BYTES));
  const unsigned most = blocks_of(p, Bulk::ROWS, Bulk::COLUMNS), fitting = static_cast<unsigned>(p.ctx->multiprocessors);
  kernel<<<most < fitting ? most : fitting, Bulk::THREADS, Bulk::SHARED_BYTES, p.stream>>>(
      x, experts, pointer_to<Out>(p.out), pointer_to<const int32_t>(p.slots), static_cast<int>(p.E),
      static_cast<int>(p.N), static_cast<int>(p.K));
  return launched(OP);
}

/** 96 KiB in all: fits on every device from sm_80 on. */
using Medium = Shape<128, 128, 64, 32, 3, 1>;
using Small = Shape<64, 128, 32, 32, 4, 1>;
/** A decoding step: as many bytes of weights in flight as fit, two or more blocks a multiprocessor. */
using Few = Shape<16, 64, 16, 16, 4, 2>;

/** Rows an expert gets on average decide the shape; results do not depend on it. */
template <class Element, class Out>
int pick_shape(const Product &p) {
  const int64_t mean = p.rows / p.E;
  if (mean < 24) return multiply<Element, Out, Few>(p);
  if (mean < 96) return multiply<Element, Out, Small>(p);
  if (has_bulk_copies<Element, Out>(p)) return multiply_bulk<Element, Out>(p);
  return multiply<Element, Out, Medium>(p);
}

template <class Element, class Out>
int run(const Product &p) {
  if constexpr (sizeof(Element) == 2) {
    const bool aligned = p.x % 16 == 0 && p.experts % 16 == 0 && p.out % (2 * sizeof(Out)) == 0;
    if (p.N % CHUNK == 0 && p.K % CHUNK == 0 && aligned) return pick_shape<Element, Out>(p);
  }
  return p.rows / p.E < 24 ? add<Element, Out, 1>(p) : add<Element, Out, 4>(p);
}

}  // namespace

BL_EXPORT int bl_grouped_matmul(bl_context *ctx, int dtype, bl_ptr x, bl_ptr experts, bl_ptr out, int out_dtype,
                                bl_ptr slots, int64_t E, int64_t rows, int64_t N, int64_t K, bl_stream stream) {
  BL_ENTER(ctx, OP);
  BL_TRY(check_grouped(OP, dtype, out_dtype, E, rows, N, K));
  if (rows == 0) return BL_OK;
  const Product product = {x, experts, out, slots, E, rows, N, K, dtype, ctx, stream_of(stream)};
  return with_dtype(OP, dtype, [&](auto type) {
    using Element = typename decltype(type)::type;
    return out_dtype == BL_F32 ? run<Element, float>(product) : run<Element, Element>(product);
  });
}
