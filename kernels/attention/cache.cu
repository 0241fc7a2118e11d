/* bl_cache_write: rows of keys or values into their pages. */
#include "../common.cuh"
#include "check.h"

namespace bl::attention {

/* A block a row; `width` and strides count units of type U. */
template <class U>
__global__ void write_pages(const U *x, int64_t x_stride, U *cache, const int *page_table, int64_t max_pages,
                            int page_size, const int *positions, const int *texts, int64_t width) {
  const int64_t row = blockIdx.x;
  const int position = positions[row];
  if (position < 0) return;
  const int64_t page = page_table[texts[row] * max_pages + position / page_size];
  U *to = cache + (page * page_size + position % page_size) * width;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) to[i] = x[row * x_stride + i];
}

}  // namespace bl::attention

BL_EXPORT int bl_cache_write(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr cache, bl_ptr page_table,
                             int64_t max_pages, int64_t page_size, bl_ptr positions, bl_ptr texts, int64_t M,
                             int64_t width, bl_stream stream) {
  BL_TRY(bl::attention::check_cache(dtype, x_stride, max_pages, page_size, M, width));
  BL_ENTER(ctx, "bl_cache_write");
  if (M == 0) return BL_OK;
  const int64_t bytes = bl::bytes_of(dtype);
  const auto write = [&](auto unit) {
    using U = decltype(unit);
    const int64_t size = sizeof(U);
    bl::attention::write_pages<U><<<static_cast<unsigned>(M), 128, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const U>(x), x_stride * bytes / size, bl::pointer_to<U>(cache),
        bl::pointer_to<const int>(page_table), max_pages, static_cast<int>(page_size),
        bl::pointer_to<const int>(positions), bl::pointer_to<const int>(texts), width * bytes / size);
    return bl::launched("bl_cache_write");
  };
  const bool vectors = x % 16 == 0 && cache % 16 == 0 && x_stride * bytes % 16 == 0 && width * bytes % 16 == 0;
  return vectors ? write(uint4{}) : bytes == 4 ? write(uint32_t{}) : write(uint16_t{});
}
